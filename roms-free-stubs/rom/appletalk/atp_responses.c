/* ATP, the responder's side: getRequest calls waiting, response control blocks of exactly-once transactions, release timers.
 *
 * A getRequest completes inside the SCC interrupt, at its level with the VIA's masked: that is the context of a server's
 * completion routine.  A repeated exactly-once request is filtered by its response control block; if the response is known,
 * the packets asked for are sent again from the same interrupt. */
#include "appletalk_internal.h"

/* A control block lives until the TRel comes or the release timer ends, half a minute after a lost TRel: at 5% of frames lost
   96 of them serve 64 requests a second.  Version 58 of the real driver had 32 (Apple Q&A NW 02). */
enum { maxRspCB = 96, noResponseYet = 0 };

typedef struct {
    uint8_t used, bitmap, socket, timeout_code;
    AddrBlock from;
    uint16_t tid;
    ATPParamBlock *pb;          /* the sendResponse that waits for the release; 0: none yet */
    volatile uint16_t tag;      /* changes when the transaction ends */
    int32_t ticks;
} RspCB;

static RspCB rspcbs[maxRspCB];
static ATPParamBlock *requests_wanted;      /* getRequest calls in the order they were made */

/* TRel timer indicator of the request's control byte: 30 s, 1, 2, 4, 8 minutes (AppleTalk phase 2; 0 is phase 1's 30 s). */
static int32_t release_ticks(uint8_t code) { return (int32_t)(30 * 60) << (code <= 4 ? code : 4); }

static RspCB *find(uint8_t socket, AddrBlock from, uint16_t tid) {
    RspCB *r;
    for (r = rspcbs; r < rspcbs + maxRspCB; r++)
        if (r->tid == tid && r->used && r->socket == socket && same_socket(r->from, from)) return r;
    return 0;
}

static void finish(RspCB *r, OSErr result) {
    uint16_t sr = mask_scc();
    ATPParamBlock *pb = r->used ? r->pb : 0;
    r->used = 0;
    r->pb = noResponseYet;
    r->tag++;
    unmask_scc(sr);
    if (pb) appletalk_complete(pb, result);
}

/* Sends those packets of a response that `bitmap` asks for.  atpFlags' EOM and STS apply to the last packet there is. */
static void send_packets(const ATPParamBlock *pb, uint8_t socket, AddrBlock to, uint16_t tid, uint8_t bitmap,
                         const StillWanted *wanted) {
    int i, last = pb->numOfBuffs - 1, count = pb->numOfBuffs, size = pb->bdsSize;
    uint8_t flags = pb->atpFlags;
    BDSElement *bds = pb->bdsPointer;

    if (size < count) size = count;
    for (i = 0; i < count; i++) {
        uint8_t control = atpTResp;
        if (!(bitmap >> i & 1)) continue;
        if (wanted && *wanted->tag != wanted->value) return;
        if (i == last) control |= flags & (atpEOM | atpSTS);
        appletalk_stats.atp_responses_out++;
        atp_send_packet(socket, to, control, (uint8_t)i, tid, bds[i].userBytes, bds[i].buffPtr, bds[i].buffSize,
                        flags & atpSendChkvalue, wanted);
    }
}

OSErr atp_get_request(ATPParamBlock *pb) {
    ATPParamBlock **link;
    uint16_t sr;
    if (!atp_socket_is_open(pb->atpSocket)) return badATPSkt;
    sr = mask_scc();
    pb->qLink = 0;
    for (link = &requests_wanted; *link; link = (ATPParamBlock **)&(*link)->qLink) {}
    *link = pb;
    unmask_scc(sr);
    return 1;
}

static ATPParamBlock *take_get_request(uint8_t socket, const ATPParamBlock *only) {
    uint16_t sr = mask_scc();
    ATPParamBlock **link, *pb = 0;
    for (link = &requests_wanted; *link; link = (ATPParamBlock **)&(*link)->qLink) {
        if (only ? *link == only : (*link)->atpSocket == socket) {
            pb = *link;
            *link = pb->qLink;
            break;
        }
    }
    unmask_scc(sr);
    return pb;
}

/* A TReq for an open ATP socket, inside the SCC interrupt. */
void atp_request_in(const DDPPacket *packet) {
    const uint8_t *p = packet->data;
    uint16_t tid = get16(p + 2), size = (uint16_t)(packet->length - 8);
    AddrBlock from = source_of(packet);
    RspCB *r = 0;
    ATPParamBlock *pb;

    appletalk_stats.atp_requests_in++;
    if (p[0] & atpXO) {
        r = find(packet->dstSocket, from, tid);
        if (r) {
            StillWanted wanted = {&r->tag, r->tag};
            appletalk_stats.atp_duplicates++;
            r->bitmap = p[1];
            r->ticks = release_ticks(r->timeout_code);
            if (r->pb) send_packets(r->pb, r->socket, from, tid, r->bitmap, &wanted);
            return;
        }
        for (r = rspcbs; r < rspcbs + maxRspCB; r++) if (!r->used) break;
        if (r == rspcbs + maxRspCB) {
            appletalk_stats.atp_no_rspcb++;
            return;
        }
    }
    pb = take_get_request(packet->dstSocket, 0);
    if (!pb) {
        appletalk_stats.atp_no_get_request++;
        return;
    }
    if (r) {
        r->used = 1;
        r->bitmap = p[1];
        r->socket = packet->dstSocket;
        r->from = from;
        r->tid = tid;
        r->pb = noResponseYet;
        r->timeout_code = p[0] & 7;
        r->ticks = release_ticks(r->timeout_code);
    }
    pb->userData = get32(p + 4);
    pb->atpFlags = p[0];
    pb->addrBlock = from;
    if (size < pb->reqLength) pb->reqLength = size;
    if (pb->reqLength) memcpy(pb->reqPointer, p + 8, pb->reqLength);
    pb->bitMap = p[1];
    pb->transID = tid;
    appletalk_complete(pb, noErr);
}

/* At-least-once: done when the packets are sent.  Exactly-once: done when the release comes, or with noRelErr. */
OSErr atp_send_response(ATPParamBlock *pb) {
    RspCB *r;
    uint16_t sr;
    uint8_t bitmap;
    uint16_t tid = pb->transID;
    AddrBlock to = pb->addrBlock;
    int i;

    if (!atp_socket_is_open(pb->atpSocket)) return badATPSkt;
    if (pb->numOfBuffs > atpMaxNum || pb->bdsSize > atpMaxNum) return badBuffNum;
    for (i = 0; i < pb->numOfBuffs; i++) if (pb->bdsPointer[i].buffSize > atpMaxData) return ddpLenErr;
    sr = mask_scc();
    r = find(pb->atpSocket, to, tid);
    if (r && r->pb) r = 0;                          /* answered already: send again, but wait for nothing */
    if (r) {
        StillWanted wanted = {&r->tag, r->tag};
        r->pb = pb;
        r->ticks = release_ticks(r->timeout_code);
        bitmap = r->bitmap;
        unmask_scc(sr);
        send_packets(pb, pb->atpSocket, to, tid, bitmap, &wanted);
        return 1;
    }
    unmask_scc(sr);
    send_packets(pb, pb->atpSocket, to, tid, 0xFF, 0);
    return noErr;
}

/* One more packet of a response.  An exactly-once response remembers it in the BDS of its sendResponse, so that it can be
   sent again. */
OSErr atp_add_response(ATPParamBlock *pb) {
    uint8_t control = atpTResp | (pb->atpFlags & (atpEOM | atpSTS));
    RspCB *r;
    uint16_t sr;

    if (!atp_socket_is_open(pb->atpSocket)) return badATPSkt;
    if (pb->rspNum >= atpMaxNum) return badBuffNum;
    if (pb->reqLength > atpMaxData) return ddpLenErr;
    sr = mask_scc();
    r = find(pb->atpSocket, pb->addrBlock, pb->rspTransID);
    if (r && !r->pb) {
        unmask_scc(sr);
        return noSendResp;
    }
    if (r) {
        ATPParamBlock *response = r->pb;
        if (pb->rspNum >= response->bdsSize) {
            unmask_scc(sr);
            return badBuffNum;
        }
        response->bdsPointer[pb->rspNum].buffPtr = pb->reqPointer;
        response->bdsPointer[pb->rspNum].buffSize = pb->reqLength;
        response->bdsPointer[pb->rspNum].userBytes = pb->userData;
        if (response->numOfBuffs <= pb->rspNum) response->numOfBuffs = (uint8_t)(pb->rspNum + 1);
        response->atpFlags |= pb->atpFlags & atpEOM;
    }
    unmask_scc(sr);
    appletalk_stats.atp_responses_out++;
    atp_send_packet(pb->atpSocket, pb->addrBlock, control, pb->rspNum, pb->rspTransID, pb->userData, pb->reqPointer,
                    pb->reqLength, pb->atpFlags & atpSendChkvalue, 0);
    return noErr;
}

/* A TRel, inside the SCC interrupt: the waiting sendResponse completes with the release's user bytes. */
void atp_release_in(const DDPPacket *packet) {
    RspCB *r = find(packet->dstSocket, source_of(packet), get16(packet->data + 2));
    if (!r) return;
    if (r->pb) r->pb->userData = get32(packet->data + 4);
    finish(r, noErr);
}

/* Runs in the retrace task. */
void atp_response_timer(int ticks) {
    RspCB *r;
    for (r = rspcbs; r < rspcbs + maxRspCB; r++) {
        uint16_t sr;
        int due;
        if (!r->used) continue;
        sr = mask_scc();
        due = r->used && (r->ticks -= ticks) <= 0;
        unmask_scc(sr);
        if (due) {
            appletalk_stats.atp_release_timeouts++;
            finish(r, noRelErr);
        }
    }
}

OSErr atp_release_rspcb(uint8_t socket, AddrBlock from, uint16_t tid) {
    RspCB *r = find(socket, from, tid);
    if (!r) return cbNotFound;
    finish(r, noErr);
    return noErr;
}

OSErr atp_kill_get_request(ATPParamBlock *victim) {
    ATPParamBlock *pb = victim ? take_get_request(0, victim) : 0;
    if (!pb) return cbNotFound;
    appletalk_complete(pb, reqAborted);
    return noErr;
}

OSErr atp_kill_all_get_requests(uint8_t socket) {
    ATPParamBlock *pb;
    OSErr err = cbNotFound;
    while ((pb = take_get_request(socket, 0))) {
        appletalk_complete(pb, reqAborted);
        err = noErr;
    }
    return err;
}

void atp_abort_responses(uint8_t socket) {
    RspCB *r;
    (void)atp_kill_all_get_requests(socket);
    for (r = rspcbs; r < rspcbs + maxRspCB; r++) if (r->used && r->socket == socket) finish(r, reqAborted);
}
