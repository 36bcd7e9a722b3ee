/* Name Binding Protocol: lookups, confirmations and registrations under way (Inside AppleTalk, chapter 7).
 *
 * A call transmits its packet `count` times, `interval` times 8 ticks apart, and completes when it has what it wants or
 * after the last interval.  `count` goes down with each transmission. */
#include "appletalk_internal.h"

enum { nbpBrRq = 0x10, nbpLkUp = 0x20, nbpReply = 0x30 };

typedef struct {
    MPPParamBlock *pb;          /* 0: free */
    volatile uint16_t tag;      /* changes when the call is over, which calls off a frame not yet sent */
    int16_t ticks;
    uint16_t used;              /* bytes of the lookup buffer filled */
    uint8_t id;
} NBPCall;

static NBPCall calls[maxNBPCalls];
static uint8_t next_id;

static const uint8_t *wanted_entity(const NBPCall *call) {
    return call->pb->csCode == registerName ? call->pb->ntQElPtr->entityData : call->pb->entityPtr;
}

static void finish(NBPCall *call, OSErr result) {
    uint16_t sr = mask_scc();
    MPPParamBlock *pb = call->pb;
    call->pb = 0;
    call->tag++;
    unmask_scc(sr);
    if (!pb) return;
    if (pb->csCode == registerName && result == noErr) result = nbp_add_name(pb->ntQElPtr);
    appletalk_complete(pb, result);
}

/* Sends the call's packet: a LkUp to the node asked for (confirmName) or to all, or a BrRq to a router. */
static void transmit(NBPCall *call) {
    uint8_t packet[2 + 5 + 99];
    uint16_t sr = mask_scc();
    StillWanted wanted = {&call->tag, call->tag};
    AddrBlock to = {0, lapBroadcast, nisSocket};
    WDSElement wds[2];
    const uint8_t *entity;
    int length;

    if (!call->pb) {
        unmask_scc(sr);
        return;
    }
    entity = wanted_entity(call);
    length = nbp_entity_length(entity);
    packet[0] = nbpLkUp | 1;
    if (call->pb->csCode == confirmName) {
        to.aNet = call->pb->confirmAddr.aNet;
        to.aNode = call->pb->confirmAddr.aNode;
    } else if (ddp_router) {
        to.aNode = ddp_router;
        packet[0] = nbpBrRq | 1;
    }
    packet[1] = call->id;
    put16(packet + 2, ddp_this_net);
    packet[4] = llap_address;
    packet[5] = nisSocket;
    packet[6] = 0;
    memcpy(packet + 7, entity, (size_t)length);
    unmask_scc(sr);
    wds[0].entryLength = (uint16_t)(7 + length);
    wds[0].entryPtr = packet;
    wds[1].entryLength = 0;
    ddp_send(nisSocket, to, ddpNBP, wds, 0, &wanted);
}

OSErr nbp_start(MPPParamBlock *pb) {
    NBPCall *call;
    uint16_t sr;
    const uint8_t *entity = pb->csCode == registerName ? pb->ntQElPtr->entityData : pb->entityPtr;

    if (nbp_entity_length(entity) < 0) return nbpNISErr;
    if (pb->csCode == registerName) {
        if (nbp_has_wildcards(entity)) return nbpNISErr;
        if (nbp_find_local(entity)) return nbpDuplicate;
        if (!pb->verifyFlag) return nbp_add_name(pb->ntQElPtr);
    }
    if (pb->csCode == lookupName) pb->numGotten = 0;
    sr = mask_scc();
    for (call = calls; call < calls + maxNBPCalls; call++) {
        if (!call->pb) {
            call->pb = pb;
            call->id = ++next_id;
            call->used = 0;
            call->ticks = (int16_t)(pb->interval ? pb->interval * 8 : 8);
            break;
        }
    }
    unmask_scc(sr);
    if (call == calls + maxNBPCalls) return tooManyReqs;
    transmit(call);
    return 1;
}

OSErr nbp_kill(MPPParamBlock *victim) {
    NBPCall *call;
    for (call = calls; call < calls + maxNBPCalls; call++) {
        if (victim && call->pb == victim) {
            finish(call, reqAborted);
            return noErr;
        }
    }
    return cbNotFound;
}

void nbp_shut_down(void) {
    NBPCall *call;
    for (call = calls; call < calls + maxNBPCalls; call++) finish(call, reqAborted);
    nbp_names = 0;
}

/* Runs in the retrace task, at its interrupt level. */
void nbp_timer(int ticks) {
    NBPCall *call;
    for (call = calls; call < calls + maxNBPCalls; call++) {
        uint16_t sr;
        MPPParamBlock *pb;
        int due, again;
        if (!call->pb) continue;
        sr = mask_scc();
        pb = call->pb;
        due = pb && (call->ticks = (int16_t)(call->ticks - ticks)) <= 0;
        if (due && pb->count) pb->count--;
        again = due && pb->count;
        if (again) {
            call->ticks = (int16_t)(pb->interval ? pb->interval * 8 : 8);
        }
        unmask_scc(sr);
        if (again) transmit(call);
        else if (due) finish(call, pb->csCode == confirmName ? nbpNoConfirm : noErr);
    }
}

/* Adds a tuple to the caller's buffer unless it is there already; true when the call has all it asked for. */
static int collect(NBPCall *call, const uint8_t *tuple, int size, OSErr *result) {
    MPPParamBlock *pb = call->pb;
    uint8_t *have = pb->retBuffPtr, *end = have + call->used;

    *result = noErr;
    while (have < end) {
        if (memcmp(have, tuple, 5) == 0) return 0;
        have += 5 + nbp_entity_length(have + 5);
    }
    if (call->used + size > pb->retBuffSize) {
        *result = nbpBuffOvr;
        return 1;
    }
    memcpy(end, tuple, (size_t)size);
    call->used = (uint16_t)(call->used + size);
    pb->numGotten++;
    return pb->numGotten >= pb->maxToGet;
}

static void reply_tuple(NBPCall *call, const uint8_t *tuple, int size) {
    MPPParamBlock *pb = call->pb;
    OSErr result;

    switch (pb->csCode) {
    case registerName:
        finish(call, nbpDuplicate);
        break;
    case confirmName:
        if (!nbp_matches(pb->entityPtr, tuple + 5)) break;
        pb->newSocket = tuple[3];
        finish(call, tuple[3] == pb->confirmAddr.aSocket ? noErr : nbpConfDiff);
        break;
    default:
        if (collect(call, tuple, size, &result)) finish(call, result);
    }
}

/* The names information socket. */
void nbp_listener(const DDPPacket *packet) {
    const uint8_t *p = packet->data + 2, *end = packet->data + packet->length;
    int count, function;

    if (packet->type != ddpNBP || packet->length < 2) return;
    function = packet->data[0] & 0xF0;
    for (count = packet->data[0] & 15; count > 0 && end - p >= 8; count--) {
        int size = nbp_entity_length(p + 5), i;
        if (size < 0 || end - p < 5 + size) return;
        size += 5;
        /* A BrRq is for a router; in the absence of any this node answers it.  A FwdReq is for routers only. */
        if (function == nbpLkUp || (function == nbpBrRq && !ddp_router)) {
            nbp_answer_lookup(packet, p);
        } else if (function == nbpReply) {
            for (i = 0; i < maxNBPCalls; i++)
                if (calls[i].pb && calls[i].id == packet->data[1]) reply_tuple(&calls[i], p, size);
        }
        p += size;
    }
}
