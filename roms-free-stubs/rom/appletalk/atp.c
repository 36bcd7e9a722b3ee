/* The .ATP driver: Control calls, packets and the socket listener of the AppleTalk Transaction Protocol
   (Inside AppleTalk, chapter 9).  Requests are in atp_requests.c, responses in atp_responses.c. */
#include "appletalk_internal.h"

static OSErr open_socket(ATPParamBlock *pb);
static OSErr close_socket(ATPParamBlock *pb);

enum { maxATPSockets = 48 };            /* version 58 of the real driver: 126 (Apple Q&A NW 02) */
static struct { uint8_t socket; AddrBlock filter; } atp_sockets[maxATPSockets];

int atp_socket_is_open(uint8_t socket) {
    int i;
    for (i = 0; i < maxATPSockets; i++) if (socket && atp_sockets[i].socket == socket) return 1;
    return 0;
}

/* openATPSkt's addrBlock says from whom requests are accepted; zero fields stand for any. */
static int accepts(uint8_t socket, const DDPPacket *packet) {
    int i;
    for (i = 0; i < maxATPSockets; i++) {
        AddrBlock f = atp_sockets[i].filter;
        if (atp_sockets[i].socket == socket)
            return (!f.aNet || f.aNet == packet->srcNet) && (!f.aNode || f.aNode == packet->srcNode) &&
                   (!f.aSocket || f.aSocket == packet->srcSocket);
    }
    return 0;
}

OSErr atp_send_packet(uint8_t source, AddrBlock to, uint8_t control, uint8_t bitmap, uint16_t tid, uint32_t user,
                      const void *data, uint16_t length, int checksum, const StillWanted *wanted) {
    uint8_t header[8];
    WDSElement wds[3];
    header[0] = control;
    header[1] = bitmap;
    put16(header + 2, tid);
    put32(header + 4, user);
    wds[0].entryLength = sizeof header;
    wds[0].entryPtr = header;
    wds[1].entryLength = length;
    wds[1].entryPtr = (void *)data;
    wds[2].entryLength = 0;
    return ddp_send(source, to, ddpATP, wds, checksum, wanted);
}

void atp_listener(const DDPPacket *packet) {
    if (packet->type != ddpATP || packet->length < 8) return;
    switch (packet->data[0] & atpFunction) {
    case atpTReq:
        if (accepts(packet->dstSocket, packet)) atp_request_in(packet);
        break;
    case atpTResp:
        appletalk_stats.atp_responses_in++;
        atp_response_in(packet);
        break;
    case atpTRel:
        appletalk_stats.atp_releases_in++;
        atp_release_in(packet);
        break;
    }
}

void atp_timer(int ticks) {
    atp_request_timer(ticks);
    atp_response_timer(ticks);
}

static OSErr open_socket(ATPParamBlock *pb) {
    int i;
    OSErr err = tooManySkts;
    uint16_t sr = mask_scc();
    for (i = 0; i < maxATPSockets; i++) {
        if (!atp_sockets[i].socket) {
            err = ddp_open_socket(&pb->atpSocket, atp_listener, 1);
            if (err == noErr) {
                atp_sockets[i].filter = pb->addrBlock;
                atp_sockets[i].socket = pb->atpSocket;
            } else {
                err = tooManySkts;
            }
            break;
        }
    }
    unmask_scc(sr);
    return err;
}

static void shut_socket(int i) {
    uint8_t socket = atp_sockets[i].socket;
    atp_sockets[i].socket = 0;
    ddp_close_socket(socket);
    atp_abort_requests(socket);
    atp_abort_responses(socket);
}

static OSErr close_socket(ATPParamBlock *pb) {
    int i;
    if (!atp_socket_is_open(pb->atpSocket)) return badATPSkt;
    for (i = 0; i < maxATPSockets; i++)
        if (atp_sockets[i].socket == pb->atpSocket) shut_socket(i);
    return noErr;
}

static OSErr perform(void *block) {
    ATPParamBlock *pb = block;
    switch (pb->csCode) {
    case openATPSkt: return open_socket(pb);
    case closeATPSkt: return close_socket(pb);
    case sendRequest: return atp_start_request(pb, 0);
    case nSendRequest: return atp_start_request(pb, 1);
    case relTCB: return atp_release_tcb(pb->transID, pb->addrBlock);
    case killSendReq: return atp_kill_request(pb->aKillQEl);
    case getRequest: return atp_get_request(pb);
    case sendResponse: return atp_send_response(pb);
    case addResponse: return atp_add_response(pb);
    case relRspCB: return atp_release_rspcb(pb->atpSocket, pb->addrBlock, pb->transID);
    case killGetReq: return atp_kill_get_request(pb->aKillQEl);
    case killAllGetReq: return atp_kill_all_get_requests(pb->atpSocket);
    default: return controlErr;
    }
}

OSErr atp_open(ParmBlkPtr pb, DCtlPtr dce);
OSErr atp_open(ParmBlkPtr pb, DCtlPtr dce) {
    if (dce->dCtlFlags & dOpenedMask) return noErr;
    if (!appletalk_is_open()) return portNotCf;
    return atp_requester_init();
}

OSErr atp_control(ParmBlkPtr pb, DCtlPtr dce);
OSErr atp_control(ParmBlkPtr pb, DCtlPtr dce) { return appletalk_control(pb, dce, perform); }

OSErr atp_refuse(ParmBlkPtr pb, DCtlPtr dce);
OSErr atp_refuse(ParmBlkPtr pb, DCtlPtr dce) { return readErr; }

OSErr atp_close(ParmBlkPtr pb, DCtlPtr dce);
OSErr atp_close(ParmBlkPtr pb, DCtlPtr dce) {
    int i;
    for (i = 0; i < maxATPSockets; i++) if (atp_sockets[i].socket) shut_socket(i);
    atp_requester_close();
    return noErr;
}

DRIVER(atp_driver, ".ATP", 0x0C00, 0, 0, atp_open, atp_refuse, atp_control, appletalk_status, atp_close)
