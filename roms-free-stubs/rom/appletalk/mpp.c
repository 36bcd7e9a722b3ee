/* The .MPP driver: LAP protocol handlers, DDP sockets, NBP, as Control calls of the Device Manager.
 *
 * Both AppleTalk drivers take a parameter block out of their Device Manager queue at once and leave the driver idle, since
 * many calls (every getRequest) are under way at the same time and calls come from completion routines while another is
 * transmitting.  A call that is over when its work in the trap is over (writeDDP, openSkt, ...) completes there, as with any
 * driver that jumps to IODone from its Control routine. */
#include "appletalk_internal.h"
#include "interrupt_tasks.h"
#include "os_utils.h"
#include "rom_traps.h"

enum { maxHandlers = 4, timerTicks = 8, rhaSize = 24 };
enum { useFree = 0, useATalk = 1, portFree = 0x80 };        /* SPConfig's and PortBUse's low bits; PortBUse: nobody has it open */
enum { phase2 = 53 };                                       /* the first version of these drivers with AppleTalk phase 2 */

typedef struct { uint8_t type; void *handler; } ProtocolHandler;

AppleTalkStatistics appletalk_stats = {.magic = appleTalkStatsMagic};
uint8_t llap_self_send;
const uint8_t *mpp_read_pointer;
static ProtocolHandler handlers[maxHandlers];
static uint8_t server_address;

/* Low memory ABusVars points here.  The read header area at offset 1, then the router's node and the network number, is the
   layout the equates of Inside Macintosh II-328 give; the node number at 0 is ours. */
struct {
    uint8_t node, rha[rhaSize], sysABridge;
    uint16_t sysNetNum;
    uint8_t vSCCEnable;
} __attribute__((packed, aligned(2))) mpp_variables;

/* Fills the read header area for a handler outside these drivers; returns where the handler may go on in it. */
uint8_t *mpp_read_header_area(const uint8_t *frame, int length);
uint8_t *mpp_read_header_area(const uint8_t *frame, int length) {
    if (length > rhaSize) length = rhaSize;
    memcpy(mpp_variables.rha, frame, (size_t)length);
    return mpp_variables.rha + length;
}

/* A data frame with good FCS, the SCC masked.  A protocol handler finds five bytes in the read header area: the LAP header
   and the first two of the data, which by LAP's convention are their length; D1 says how many are left. */
void llap_deliver(uint8_t *frame, int length) {
    ProtocolHandler *h;
    if (frame[2] == lapShortDDP || frame[2] == lapLongDDP) {
        ddp_receive(frame, length);
        return;
    }
    for (h = handlers; h < handlers + maxHandlers; h++) {
        if (h->handler && h->type == frame[2] && length >= 5) {
            uint32_t left = (uint32_t)(length - 5);
            mpp_read_pointer = frame + 5;
            mpp_call_handler(h->handler, 0, left, mpp_read_header_area(frame, 5));
            return;
        }
    }
    appletalk_stats.no_protocol++;
}

static OSErr attach_handler(uint8_t type, void *handler) {
    uint16_t sr;
    ProtocolHandler *h, *free = 0;
    OSErr err = lapProtErr;
    if (type == 0 || type >= 0x80 || type == lapShortDDP || type == lapLongDDP || !handler) return lapProtErr;
    sr = mask_scc();
    for (h = handlers; h < handlers + maxHandlers; h++) {
        if (h->handler && h->type == type) break;
        if (!h->handler) free = h;
    }
    if (h == handlers + maxHandlers && free) {
        free->type = type;
        free->handler = handler;
        err = noErr;
    }
    unmask_scc(sr);
    return err;
}

static OSErr detach_handler(uint8_t type) {
    ProtocolHandler *h;
    for (h = handlers; h < handlers + maxHandlers; h++) {
        if (h->handler && h->type == type) {
            h->handler = 0;
            return noErr;
        }
    }
    return lapProtErr;
}

static OSErr write_lap(const WDSElement *wds) {
    const uint8_t *header = wds->entryPtr;
    int length = 0;
    const WDSElement *e;
    for (e = wds; e->entryLength; e++) length += e->entryLength;
    if (wds->entryLength < 3 || header[2] == 0 || header[2] >= 0x80) return lapProtErr;
    if (length > 3 + lapMaxData) return ddpLenErr;
    return llap_transmit(wds, 0);
}

/* Inside Macintosh: Networking, chapter 2.  A LocalTalk is no extended network: no data link address and no zone name. */
static OSErr get_info(MPPParamBlock *pb) {
    DCtlHandle dce = GetDCtlEntry(mppRefNum);
    if (pb->info.version > 1) return paramErr;
    pb->info.version = 1;
    pb->info.varsPtr = &mpp_variables;
    pb->info.DCEPtr = dce ? *dce : 0;
    pb->info.portID = 0;
    pb->info.configuration = server_address ? (int32_t)(1u << SrvAdrBit) : 0;
    pb->info.selfSend = llap_self_send;
    pb->info.netLo = pb->info.netHi = ddp_this_net;
    pb->info.ourAddr = (uint32_t)ddp_this_net << 16 | (uint32_t)llap_address << 8;
    pb->info.routerAddr = ddp_router ? (uint32_t)ddp_this_net << 16 | (uint32_t)ddp_router << 8 : 0;
    pb->info.numOfPHs = maxHandlers + 2;
    pb->info.numOfSkts = maxStaticSockets;
    pb->info.numNBPEs = maxNBPCalls;
    pb->info.nTQueue = nbp_names;
    pb->info.LAlength = 0;
    return noErr;
}

static OSErr perform(void *block) {
    MPPParamBlock *pb = block;
    switch (pb->csCode) {
    case writeLAP: return write_lap(pb->lapWds);
    case attachPH: return attach_handler(pb->protType, pb->handler);
    case detachPH: return detach_handler(pb->protType);
    case writeDDP: return ddp_write(pb->socket, pb->wdsPointer, pb->checksumFlag);
    case openSkt: return ddp_open_socket(&pb->socket, pb->listener, 0);
    case closeSkt: return ddp_close_socket(pb->socket);
    case loadNBP: case unloadNBP: return noErr; /* NBP's code is always there, as it is since the 128K ROM */
    case confirmName: case lookupName: case registerName: return nbp_start(pb);
    case removeName: return nbp_remove_name(pb->entityPtr);
    case killNBP: return nbp_kill(pb->nKillQEl);
    case setSelfSend:
        pb->oldSelfFlag = llap_self_send;
        llap_self_send = pb->newSelfFlag;
        return noErr;
    case GetATalkInfo: return get_info(pb);
    case ATalkClosePrep: return lap_close_prep(&pb->appName);
    default: return controlErr;
    }
}

void appletalk_complete(void *block, OSErr result) {
    CntrlParam *pb = block;
    void *completion = pb->ioTrap & 1 << asyncTrpBit ? pb->ioCompletion : 0;
    pb->ioResult = result;
    if (completion) appletalk_call_completion(completion, pb, result);
}

OSErr appletalk_control(ParmBlkPtr block, DCtlPtr dce, OSErr (*perform)(void *)) {
    CntrlParam *pb = &block->cntrlParam;
    uint16_t sr;
    OSErr result;
    if ((pb->ioTrap & 0xFF) == 6) return noErr;             /* KillIO: nothing waits in the queue */
    if (pb->ioTrap & 1 << noQueueBit) return perform(pb);
    sr = mask_scc();
    Dequeue(pb, &dce->dCtlQHdr);
    dce->dCtlFlags &= ~drvrActiveMask;
    unmask_scc(sr);
    result = perform(pb);
    if (result <= 0) appletalk_complete(pb, result);
    return ioInProgress;
}

/* Status of both drivers. */
static OSErr perform_status(void *block) {
    MPPParamBlock *pb = block;
    if (pb->csCode != appleTalkCounters) return statusErr;
    pb->counters = &appletalk_stats;
    pb->countersLength = sizeof appletalk_stats;
    return noErr;
}
OSErr appletalk_status(ParmBlkPtr pb, DCtlPtr dce) { return appletalk_control(pb, dce, perform_status); }

int appletalk_is_open(void) {
    DCtlHandle mpp = GetDCtlEntry(mppRefNum);
    return mpp && (*mpp)->dCtlFlags & dOpenedMask;
}

static VBLTask timer_task;

/* Every 8 ticks, NBP's unit.  Retransmissions go out from here: up to a frame's time of a retrace task, and longer on a
   busy line. */
static void timer(void) {
    timer_task.vblCount = timerTicks;
    nbp_timer(timerTicks);
    atp_timer(timerTicks);
    rtmp_timer(timerTicks);
    mpp_variables.sysABridge = ddp_router;
    mpp_variables.sysNetNum = ddp_this_net;
}

static ProcPtr receive_before, special_before;

/* Opening takes real time: a node address is claimed on the wire.  A set sign bit in ioMisc asks for one in the server
   range (Inside Macintosh: Networking, chapter 2). */
OSErr mpp_open(ParmBlkPtr pb, DCtlPtr dce);
OSErr mpp_open(ParmBlkPtr pb, DCtlPtr dce) {
    uint8_t rtmp = rtmpSocket, nis = nisSocket, echoer = echoerSocket, use = SPConfig & 15;
    uint16_t sr;

    if (dce->dCtlFlags & dOpenedMask) return noErr;
    if (SPValid == 0xA8 && use != useFree && use != useATalk) return portNotCf;
    if (!(PortBUse & portFree) && (PortBUse & 15) != useATalk) return portInUse;
    PortBUse = useATalk;
    ABusVars = (Ptr)&mpp_variables;
    dce->dCtlQHdr.qFlags = (int16_t)((dce->dCtlQHdr.qFlags & 0xFF00) | phase2);    /* where programs look for the version */
    ddp_open_socket(&rtmp, rtmp_listener, 1);
    ddp_open_socket(&nis, nbp_listener, 1);
    ddp_open_socket(&echoer, aep_listener, 1);
    sr = mask_scc();
    receive_before = Lvl2DT[2];
    special_before = Lvl2DT[3];
    Lvl2DT[2] = scc_receive_interrupt;                     /* channel B: receive character available, */
    Lvl2DT[3] = scc_receive_interrupt;                     /* special receive condition */
    unmask_scc(sr);
    scc_set_up();
    server_address = (uint32_t)pb->ioParam.ioMisc >> 31;
    llap_acquire_address(server_address, SPValid == 0xA8 ? SPATalkB : 0);
    mpp_variables.node = llap_address;
    if (SPValid == 0xA8 && SPATalkB != llap_address) {      /* the next start begins with this address */
        SPATalkB = llap_address;
        (void)WriteParam();
    }
    timer_task.qType = vType;
    timer_task.vblAddr = (ProcPtr)timer;
    timer_task.vblCount = timerTicks;
    timer_task.vblPhase = 0;
    (void)VInstall(&timer_task);
    dce->dCtlFlags |= dOpenedMask;
    rtmp_request();
    (void)OpenAppleTalkDriver((const uint8_t *)"\004.ATP", 0);
    (void)lap_transition(ATTransOpen, 0);
    return noErr;
}

OSErr mpp_control(ParmBlkPtr pb, DCtlPtr dce);
OSErr mpp_control(ParmBlkPtr pb, DCtlPtr dce) { return appletalk_control(pb, dce, perform); }

OSErr mpp_refuse(ParmBlkPtr pb, DCtlPtr dce);
OSErr mpp_refuse(ParmBlkPtr pb, DCtlPtr dce) { return readErr; }

/* For every program: the drivers above close, calls under way end with reqAborted, then the port is given back. */
OSErr mpp_close(ParmBlkPtr pb, DCtlPtr dce);
OSErr mpp_close(ParmBlkPtr pb, DCtlPtr dce) {
    uint16_t sr;
    (void)lap_transition(ATTransClose, 0);
    (void)CloseAppleTalkDriver(dspRefNum);
    (void)CloseAppleTalkDriver(xppRefNum);
    (void)CloseAppleTalkDriver(atpRefNum);
    (void)VRemove(&timer_task);
    nbp_shut_down();
    sr = mask_scc();
    ddp_close_all_sockets();
    memset(handlers, 0, sizeof handlers);
    scc_shut_down();
    llap_shut_down();
    Lvl2DT[2] = receive_before;
    Lvl2DT[3] = special_before;
    unmask_scc(sr);
    llap_self_send = 0;
    PortBUse = portFree;
    return noErr;
}

DRIVER(mpp_driver, ".MPP", 0x0C00, 0, 0, mpp_open, mpp_refuse, mpp_control, appletalk_status, mpp_close)

/* Opened at boot when parameter RAM says that port B is AppleTalk's, else by the first program that opens .MPP. */
ROM_INIT(70, appletalk_init);
void appletalk_init(void) {
    extern const DRVRHeader atp_driver, xpp_driver;
    PortBUse = portFree;
    lap_manager_init();
    DrvrInstall(&mpp_driver, mppRefNum);
    DrvrInstall(&atp_driver, atpRefNum);
    DrvrInstall(&xpp_driver, xppRefNum);
    if (SPValid == 0xA8 && (SPConfig & 15) == useATalk) MPPOpen();
}
