/* ATP, the requester's side: transaction control blocks, retries, responses coming in, releases.
 *
 * A transaction ends inside the SCC interrupt when its last wanted response arrives, or in the retrace task when its
 * retries are used up.  sendRequest uses one socket of the driver's own for all its transactions and tells them apart by
 * their IDs (inference: the real driver may use several). */
#include "appletalk_internal.h"

/* sendRequest: 12 at once in version 58 of the real driver (Apple Q&A NW 02).  nSendRequest: a count by the processor's speed
   there, what is left of ours here. */
enum { maxTCB = 32, maxSendRequests = 12, ticksPerSecond = 60 };

typedef struct {
    ATPParamBlock *pb;          /* 0: free */
    volatile uint16_t tag;      /* changes when the transaction ends, which calls off a frame not yet sent */
    int16_t ticks;
    uint16_t tid;
    AddrBlock to;
    uint8_t socket, control;
} TCB;

static TCB tcbs[maxTCB];
static uint8_t requester_socket;
static uint16_t next_tid;

OSErr atp_requester_init(void) {
    next_tid = appletalk_random();
    return ddp_open_socket(&requester_socket, atp_listener, 1) == noErr ? noErr : tooManySkts;
}

void atp_requester_close(void) {
    atp_abort_requests(requester_socket);
    ddp_close_socket(requester_socket);
    requester_socket = 0;
}

static int16_t timeout_ticks(const ATPParamBlock *pb) {
    return (int16_t)((pb->timeOutVal ? pb->timeOutVal : 1) * ticksPerSecond);
}

static void finish(TCB *t, OSErr result) {
    uint16_t sr = mask_scc();
    ATPParamBlock *pb = t->pb;
    t->pb = 0;
    t->tag++;
    unmask_scc(sr);
    if (pb) appletalk_complete(pb, result);
}

static void transmit(TCB *t) {
    uint16_t sr = mask_scc();
    ATPParamBlock *pb = t->pb;
    StillWanted wanted = {&t->tag, t->tag};
    uint8_t bitmap = pb ? pb->currBitMap : 0, control = t->control, socket = t->socket;
    AddrBlock to = t->to;
    uint16_t tid = t->tid;
    unmask_scc(sr);
    if (pb) atp_send_packet(socket, to, control, bitmap, tid, pb->userData, pb->reqPointer, pb->reqLength,
                            pb->atpFlags & atpSendChkvalue, &wanted);
}

OSErr atp_start_request(ATPParamBlock *pb, int own_socket) {
    TCB *t;
    uint16_t sr;
    uint8_t socket = own_socket ? pb->atpSocket : requester_socket;
    int i, under_way = 0;

    if (own_socket && !atp_socket_is_open(socket)) return badATPSkt;
    if (pb->reqLength > atpMaxData) return ddpLenErr;
    if (pb->numOfBuffs > atpMaxNum) return badBuffNum;
    sr = mask_scc();
    for (t = tcbs; t < tcbs + maxTCB; t++) under_way += t->pb && t->socket == requester_socket;
    for (t = tcbs; t < tcbs + maxTCB; t++) if (!t->pb) break;
    if (t == tcbs + maxTCB || (!own_socket && under_way >= maxSendRequests)) {
        unmask_scc(sr);
        return tooManyReqs;
    }
    if (!(pb->atpFlags & atpTIDValidvalue)) pb->reqTID = next_tid++;
    t->tid = pb->reqTID;
    t->to = pb->addrBlock;
    t->socket = socket;
    t->control = atpTReq | (pb->atpFlags & atpXO);
    if ((pb->atpFlags & (atpXO | atpTRelTimevalue)) == (atpXO | atpTRelTimevalue)) t->control |= pb->TRelTime & 7;
    if (own_socket) pb->intBuff = socket;
    pb->currBitMap = (uint8_t)((1 << pb->numOfBuffs) - 1);
    pb->numOfResps = 0;
    pb->atpFlags &= (uint8_t)~atpEOM;
    for (i = 0; i < pb->numOfBuffs; i++) pb->bdsPointer[i].dataSize = 0;
    t->ticks = timeout_ticks(pb);
    t->pb = pb;
    unmask_scc(sr);
    appletalk_stats.atp_requests_out++;
    transmit(t);
    if (!pb->numOfBuffs) finish(t, noErr);
    return 1;
}

/* A TResp, inside the SCC interrupt. */
void atp_response_in(const DDPPacket *packet) {
    const uint8_t *p = packet->data;
    uint16_t tid = get16(p + 2), size = (uint16_t)(packet->length - 8), kept;
    uint8_t sequence = p[1];
    ATPParamBlock *pb;
    BDSElement *element;
    TCB *t;

    for (t = tcbs; t < tcbs + maxTCB; t++)
        if (t->pb && t->tid == tid && t->socket == packet->dstSocket && same_socket(t->to, source_of(packet))) break;
    if (t == tcbs + maxTCB || sequence >= atpMaxNum) return;
    pb = t->pb;
    if (pb->currBitMap >> sequence & 1) {
        element = pb->bdsPointer + sequence;
        kept = size < element->buffSize ? size : element->buffSize;
        if (kept) memcpy(element->buffPtr, p + 8, kept);
        element->dataSize = size;
        element->userBytes = get32(p + 4);
        pb->currBitMap &= (uint8_t)~(1 << sequence);
        pb->numOfResps++;
        if (p[0] & atpEOM) {
            pb->currBitMap &= (uint8_t)((1 << sequence) - 1);
            pb->atpFlags |= atpEOM;
        }
    }
    if (pb->currBitMap) {
        if (p[0] & atpSTS) {
            t->ticks = timeout_ticks(pb);
            transmit(t);
        }
        return;
    }
    if (t->control & atpXO) {
        AddrBlock to = t->to;
        uint8_t socket = t->socket;
        t->pb = 0;
        t->tag++;
        atp_send_packet(socket, to, atpTRel, 0, tid, pb->userData, 0, 0, pb->atpFlags & atpSendChkvalue, 0);
        appletalk_complete(pb, noErr);
    } else {
        finish(t, noErr);
    }
}

/* Runs in the retrace task.  retryCount 255 means for ever. */
void atp_request_timer(int ticks) {
    TCB *t;
    for (t = tcbs; t < tcbs + maxTCB; t++) {
        uint16_t sr;
        ATPParamBlock *pb;
        int due, again;
        if (!t->pb) continue;
        sr = mask_scc();
        pb = t->pb;
        due = pb && (t->ticks = (int16_t)(t->ticks - ticks)) <= 0;
        again = due && pb->retryCount > 0;
        if (again) {
            if (pb->retryCount != 255) pb->retryCount--;
            t->ticks = timeout_ticks(pb);
        }
        unmask_scc(sr);
        if (again) {
            appletalk_stats.atp_retries++;
            transmit(t);
        } else if (due) {
            appletalk_stats.atp_failed++;
            finish(t, reqFailed);
        }
    }
}

/* relTCB, for sendRequest only: the transaction ends at the requester; the responder finds out by its release timer. */
OSErr atp_release_tcb(uint16_t tid, AddrBlock to) {
    TCB *t;
    for (t = tcbs; t < tcbs + maxTCB; t++) {
        if (t->pb && t->tid == tid && t->socket == requester_socket && same_socket(t->to, to)) {
            finish(t, reqAborted);
            return noErr;
        }
    }
    return cbNotFound;
}

OSErr atp_kill_request(ATPParamBlock *victim) {
    TCB *t;
    for (t = tcbs; t < tcbs + maxTCB; t++) {
        if (victim && t->pb == victim) {
            finish(t, reqAborted);
            return noErr;
        }
    }
    return cbNotFound;
}

void atp_abort_requests(uint8_t socket) {
    TCB *t;
    for (t = tcbs; t < tcbs + maxTCB; t++) if (t->pb && t->socket == socket) finish(t, reqAborted);
}
