/* The .XPP driver, as far as a node needs it for the Zone Information Protocol: GetMyZone, GetLocalZones and GetZoneList ask a
 * router's zone information socket by ATP (Inside AppleTalk, chapter 8; Inside Macintosh: Networking, chapter 4).  The AppleTalk
 * Session Protocol, the driver's other half, is missing. */
#include "appletalk_internal.h"

enum { zisSocket = 6, zipGetMyZoneCommand = 7, zipGetZoneListCommand = 8, zipGetLocalZonesCommand = 9 };
enum { zoneBufferSize = 578, oneZoneSize = 33 };

/* What a call keeps in the caller's zipInfoField, which is exactly as long. */
typedef struct {
    uint16_t zones_so_far;
    ATPParamBlock request;
    BDSElement answer;
    XPPParamBlock *caller;
} __attribute__((packed, aligned(2))) ZoneCall;
#ifdef __m68k__
_Static_assert(sizeof(ZoneCall) == sizeof ((XPPParamBlock *)0)->zipInfoField, "zipInfoField");
#endif

void xpp_request_over(ATPParamBlock *request) __attribute__((used));
__asm__(".text\n\t.balign 2\nxpp_completion:\n\tmove.l %a0,-(%sp)\n\tjsr xpp_request_over\n\taddq.l #4,%sp\n\trts");
extern const uint8_t xpp_completion[];

/* The response's user bytes: last flag, 0, count of zones. */
void xpp_request_over(ATPParamBlock *request) {
    ZoneCall *call = (ZoneCall *)((uint8_t *)request - __builtin_offsetof(ZoneCall, request));
    XPPParamBlock *pb = call->caller;
    OSErr result = request->ioResult;
    if (result == noErr && !request->numOfResps) result = reqFailed;
    if (result == noErr) {
        uint32_t user = call->answer.userBytes;
        pb->zipNumZones = pb->xppSubCode == zipGetMyZone ? 1 : (uint16_t)user;
        pb->zipLastFlag = pb->xppSubCode == zipGetMyZone || user >> 24 != 0 || !pb->zipNumZones;
        call->zones_so_far = (uint16_t)(call->zones_so_far + pb->zipNumZones);
    }
    appletalk_complete(pb, result);
}

static OSErr ask_router(XPPParamBlock *pb) {
    ZoneCall *call = (ZoneCall *)pb->zipInfoField;
    ATPParamBlock *request = &call->request;
    uint16_t first = (uint16_t)(call->zones_so_far + 1);
    uint32_t command;

    switch (pb->xppSubCode) {
    case zipGetMyZone: command = zipGetMyZoneCommand, first = 0; break;
    case zipGetZoneList: command = zipGetZoneListCommand; break;
    case zipGetLocalZones: command = zipGetLocalZonesCommand; break;
    default: return paramErr;
    }
    if (!ddp_router) return noBridgeErr;
    memset(request, 0, sizeof *request);
    request->ioTrap = (int16_t)(0xA004 | 1 << asyncTrpBit);
    request->ioCompletion = (void *)xpp_completion;
    request->csCode = sendRequest;
    request->userData = command << 24 | first;
    request->addrBlock.aNet = ddp_this_net;
    request->addrBlock.aNode = ddp_router;
    request->addrBlock.aSocket = zisSocket;
    request->bdsPointer = &call->answer;
    request->numOfBuffs = 1;
    request->timeOutVal = pb->xppTimeout;
    request->retryCount = pb->xppRetry;
    call->answer.buffSize = pb->xppSubCode == zipGetMyZone ? oneZoneSize : zoneBufferSize;
    call->answer.buffPtr = pb->zipBuffPtr;
    call->answer.userBytes = 0;
    call->caller = pb;
    return atp_start_request(request, 0);
}

static OSErr perform(void *block) {
    XPPParamBlock *pb = block;
    return pb->csCode == xCall ? ask_router(pb) : controlErr;
}

OSErr xpp_open(ParmBlkPtr pb, DCtlPtr dce);
OSErr xpp_open(ParmBlkPtr pb, DCtlPtr dce) { return appletalk_is_open() ? noErr : portNotCf; }

OSErr xpp_control(ParmBlkPtr pb, DCtlPtr dce);
OSErr xpp_control(ParmBlkPtr pb, DCtlPtr dce) { return appletalk_control(pb, dce, perform); }

OSErr xpp_refuse(ParmBlkPtr pb, DCtlPtr dce);
OSErr xpp_refuse(ParmBlkPtr pb, DCtlPtr dce) { return readErr; }

/* A call under way ends when .ATP ends its request. */
OSErr xpp_close(ParmBlkPtr pb, DCtlPtr dce);
OSErr xpp_close(ParmBlkPtr pb, DCtlPtr dce) { return noErr; }

DRIVER(xpp_driver, ".XPP", 0x0400, 0, 0, xpp_open, xpp_refuse, xpp_control, xpp_refuse, xpp_close)
