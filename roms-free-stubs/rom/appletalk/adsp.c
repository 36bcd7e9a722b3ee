/* The .DSP driver: Control calls, packets, timers of the AppleTalk Data Stream Protocol (Inside AppleTalk, chapter 12; calls:
 * Inside Macintosh: Networking, chapter 5).  Opening is in adsp_open.c, the stream in adsp_data.c, attention messages, forward
 * resets and closing in adsp_attention.c.
 *
 * All state of an end lies in its CCB, so there are as many ends as programs bring memory for.  As with .ATP, calls leave the
 * Device Manager's queue at once, packets are handled in the SCC interrupt, timers in a retrace task. */
#include "adsp_internal.h"
#include "interrupt_tasks.h"
#include "rom_traps.h"

enum { timerTicks = 8 };
enum { probeInterval = 1800, lastProbe = 4, defaultSendBlocking = 16, defaultBadSeqMax = 3 };

End *adsp_ends;
static int16_t last_ref_num;
static uint16_t last_cid;
static volatile uint16_t removals;                          /* changes when memory of an end goes back to its owner */
static uint8_t sweep;

int adsp_passes(AddrBlock filter, AddrBlock a) {
    return (!filter.aNet || !a.aNet || filter.aNet == a.aNet) && (!filter.aNode || filter.aNode == a.aNode) &&
           (!filter.aSocket || filter.aSocket == a.aSocket);
}

int adsp_same_address(AddrBlock a, AddrBlock b) {
    return a.aNode == b.aNode && a.aSocket == b.aSocket && (!a.aNet || !b.aNet || a.aNet == b.aNet);
}

static End *find_end(int16_t ref_num) {
    End *e;
    for (e = adsp_ends; e; e = e->link) if (e->refNum == ref_num) return e;
    return 0;
}

/* "Generates a new identifier by incrementing LastConnID until it reaches a value that is not being used"; 0 is none. */
uint16_t adsp_new_cid(void) {
    for (;;) {
        End *e;
        if (!++last_cid) continue;
        for (e = adsp_ends; e && e->localCID != last_cid; e = e->link) {}
        if (!e) return last_cid;
    }
}

void adsp_wait(Waiting *list, DSPParamBlock *pb) {
    uint16_t sr = mask_scc();
    DSPParamBlock **p = &list->first;
    while (*p) p = (DSPParamBlock **)&(*p)->qLink;
    pb->qLink = 0;
    *p = pb;
    unmask_scc(sr);
}

DSPParamBlock *adsp_next(Waiting *list) {
    uint16_t sr = mask_scc();
    DSPParamBlock *pb = list->first;
    if (pb) list->first = pb->qLink;
    unmask_scc(sr);
    return pb;
}

/* Those that wait now: a completion routine may make another one wait. */
void adsp_complete_all(Waiting *list, OSErr result) {
    uint16_t sr = mask_scc();
    Waiting taken = *list;
    DSPParamBlock *pb;
    list->first = 0;
    unmask_scc(sr);
    while ((pb = adsp_next(&taken))) appletalk_complete(pb, result);
}

void adsp_event(End *e, uint8_t flag) {
    e->userFlags |= flag;
    if (e->userRoutine) {
        register void *a1 __asm__("a1") = e;
        register void *a0 __asm__("a0") = e->userRoutine;
        __asm__ volatile("movem.l %%d2-%%d7/%%a2-%%a6,-(%%sp)\n\tjsr (%%a0)\n\tmovem.l (%%sp)+,%%d2-%%d7/%%a2-%%a6"
                         : "+a"(a0), "+a"(a1) : : "d0", "d1", "cc", "memory");
    }
}

uint16_t adsp_window(const End *e) { return (uint16_t)(e->receive.size - e->receive.count); }

/* A packet waits for the line with its data still in the send queue.  What is acknowledged meanwhile may be overwritten: the
   receiver has it and looks only at what lies behind.  When an end is removed, packets that wait are given up. */
void adsp_send_to(uint8_t socket, AddrBlock to, int checksum, const uint8_t *header, uint16_t length, const WDSElement *data) {
    WDSElement wds[4];
    StillWanted wanted = {&removals, removals};
    int n = 1;
    wds[0].entryLength = length;
    wds[0].entryPtr = (void *)header;
    if (data) while (n < 3 && data->entryLength) wds[n++] = *data++;
    wds[n].entryLength = 0;
    (void)ddp_send(socket, to, ddpADSP, wds, checksum, &wanted);
}

void adsp_send(End *e, uint8_t descriptor, uint32_t first, const WDSElement *data) {
    uint8_t header[adspHeader];
    int attention = descriptor & adspAttention;
    uint16_t window = adsp_window(e);
    put16(header, e->localCID);
    put32(header + 2, first);
    put32(header + 6, attention ? e->AttnRecvSeq : e->RecvSeq);
    put16(header + 10, attention ? 0 : window);
    header[12] = descriptor;
    if (!attention) e->toldWindow = window;
    adsp_send_to(e->localSocket, e->remoteAddress, e->useCheckSum, header, sizeof header, data);
}

void adsp_send_control(End *e, uint8_t descriptor) { adsp_send(e, (uint8_t)(adspControl | descriptor), e->SendSeq, 0); }

void adsp_send_open(End *e, uint8_t code) {
    uint8_t parameters[adspOpenParameters];
    WDSElement data[2] = {{sizeof parameters, parameters}, {0, 0}};
    put16(parameters, adspVersion);
    put16(parameters + 2, code == ctlOpenRequest ? 0 : e->remoteCID);
    put32(parameters + 4, e->AttnRecvSeq);
    adsp_send(e, (uint8_t)(adspControl | code), e->FirstRtmtSeq, data);
}

void adsp_deny(uint8_t socket, AddrBlock to, uint16_t cid) {
    uint8_t packet[adspHeader + adspOpenParameters];
    memset(packet, 0, sizeof packet);
    packet[12] = adspControl | ctlOpenDenial;
    put16(packet + adspHeader, adspVersion);
    put16(packet + adspHeader + 2, cid);
    adsp_send_to(socket, to, 0, packet, sizeof packet, 0);
}

void adsp_heard(End *e) {
    e->probes = 0;
    e->probeTicks = probeInterval;
}

/* The memory goes back to its owner.  Harmless when that has happened already. */
static OSErr remove(End *e) {
    uint16_t sr = mask_scc();
    End **p, *other;
    uint8_t socket = e->localSocket;
    for (p = &adsp_ends; *p && *p != e; p = &(*p)->link) {}
    if (*p) *p = e->link;
    removals++;
    for (other = adsp_ends; other && other->localSocket != socket; other = other->link) {}
    if (!other) ddp_close_socket(socket);
    unmask_scc(sr);
    adsp_complete_all(&e->opens, errAborted);
    adsp_complete_all(&e->reads, errAborted);
    adsp_complete_all(&e->closes, errAborted);
    return noErr;
}

/* Reads get what is there, since "you can continue to read bytes as long as data is in the receive queue".  What waits for
   the end to be closed is done, and a dspRemove among it takes the end away. */
void adsp_closed(End *e, uint8_t flag, OSErr opening) {
    DSPParamBlock *pb;
    uint16_t sr = mask_scc();
    e->state = sClosed;
    e->established = e->acknowledged = e->initiated = 0;
    e->openTicks = e->sendTicks = e->rtmtTicks = e->attnTicks = e->resetTicks = e->probeTicks = 0;
    e->send.count = 0;
    e->sendGeneration++;
    unmask_scc(sr);
    adsp_complete_all(&e->opens, opening);
    adsp_complete_all(&e->writes, errAborted);
    adsp_complete_all(&e->attentions, errAborted);
    adsp_complete_all(&e->resets, errAborted);
    adsp_serve_reads(e);
    if (flag) adsp_event(e, flag);
    while ((pb = adsp_next(&e->closes))) {
        int removed = pb->csCode == dspRemove;
        if (removed) remove(e);
        appletalk_complete(pb, noErr);
        if (removed) return;
    }
}

static void listener(const DDPPacket *packet) {
    ADSPPacket p;
    const uint8_t *d = packet->data;
    End *e;
    if (packet->type != ddpADSP || packet->length < adspHeader) {
        appletalk_stats.ddp_errors++;
        return;
    }
    p.from.aNet = packet->srcNet;
    p.from.aNode = packet->srcNode;
    p.from.aSocket = packet->srcSocket;
    p.socket = packet->dstSocket;
    p.connection = get16(d);
    p.first = get32(d + 2);
    p.next = get32(d + 6);
    p.window = get16(d + 10);
    p.descriptor = d[12];
    p.data = d + adspHeader;
    p.length = (uint16_t)(packet->length - adspHeader);
    if ((p.descriptor & (adspControl | adspAttention)) == adspControl && (p.descriptor & adspCode) >= ctlOpenRequest &&
        (p.descriptor & adspCode) <= ctlOpenDenial) {
        adsp_open_in(&p);
        return;
    }
    for (e = adsp_ends; e; e = e->link) {
        if ((e->state == sOpen || e->state == sClosing) && e->localSocket == p.socket && e->remoteCID == p.connection &&
            adsp_same_address(e->remoteAddress, p.from)) {
            adsp_heard(e);
            if (p.descriptor & adspAttention) adsp_attention_in(e, &p);
            else adsp_data_in(e, &p);
            return;
        }
    }
}

/* Ends share a socket when they are made with its number. */
static OSErr open_socket(uint8_t *socket) {
    End *e;
    for (e = adsp_ends; e; e = e->link) if (*socket && e->localSocket == *socket) return noErr;
    return ddp_open_socket(socket, listener, 1);
}

static OSErr init(DSPParamBlock *pb, int listening) {
    End *e = (End *)pb->u.initParams.ccbPtr;
    uint8_t socket = pb->u.initParams.localSocket;
    uint16_t sr;
    OSErr err;
    if (!listening && (pb->u.initParams.sendQSize < minDSPQueueSize || pb->u.initParams.recvQSize < minDSPQueueSize ||
                       !pb->u.initParams.sendQueue || !pb->u.initParams.recvQueue)) return errDSPQueueSize;
    err = open_socket(&socket);
    if (err != noErr) return err;
    memset(e, 0, sizeof(TRCCB));
    e->state = listening ? sListening : sClosed;
    e->localSocket = socket;
    if (!listening) {
        e->userRoutine = pb->u.initParams.userRoutine;
        e->attnPtr = pb->u.initParams.attnPtr;
        queue_init(&e->send, pb->u.initParams.sendQueue, pb->u.initParams.sendQSize);
        queue_init(&e->receive, pb->u.initParams.recvQueue, pb->u.initParams.recvQSize);
    }
    e->sendBlocking = defaultSendBlocking;
    e->badSeqMax = defaultBadSeqMax;
    e->toldWindow = e->receive.size;
    do if (++last_ref_num <= 0) last_ref_num = 1; while (find_end(last_ref_num));
    sr = mask_scc();
    e->refNum = last_ref_num;
    e->link = adsp_ends;
    adsp_ends = e;
    unmask_scc(sr);
    pb->u.initParams.localSocket = socket;
    pb->ccbRefNum = last_ref_num;
    return noErr;
}

/* dspRemove waits as dspClose does; who waited then removes the end. */
static OSErr close_or_remove(End *e, DSPParamBlock *pb) {
    OSErr result = adsp_close(e, pb);
    if (result <= 0 && pb->csCode == dspRemove) result = remove(e);
    return result;
}

static OSErr status(End *e, DSPParamBlock *pb) {
    pb->u.statusParams.ccbPtr = (TRCCB *)e;
    pb->u.statusParams.sendQPending = e->send.count;
    pb->u.statusParams.sendQFree = (uint16_t)(e->send.size - e->send.count);
    pb->u.statusParams.recvQPending = e->receive.count;
    pb->u.statusParams.recvQFree = adsp_window(e);
    return noErr;
}

static OSErr options(End *e, DSPParamBlock *pb) {
    uint16_t blocking = pb->u.optionParams.sendBlocking;
    if (blocking) e->sendBlocking = blocking > adspMaxData ? adspMaxData : blocking;
    if (pb->u.optionParams.badSeqMax) e->badSeqMax = pb->u.optionParams.badSeqMax;
    e->useCheckSum = pb->u.optionParams.useCheckSum;
    return noErr;
}

static OSErr write_or_read(End *e, DSPParamBlock *pb) {
    int writing = pb->csCode == dspWrite;
    if (e->state != sOpen && (writing || (e->state != sClosing && e->state != sClosed))) return errState;
    pb->u.ioParams.actCount = 0;
    if (!writing) pb->u.ioParams.eom = 0;
    adsp_wait(writing ? &e->writes : &e->reads, pb);
    if (writing) adsp_serve_writes(e);
    else adsp_serve_reads(e);
    return 1;
}

static OSErr attention(End *e, DSPParamBlock *pb) {
    if (pb->u.attnParams.attnSize > attnBufSize) return errAttention;
    if (e->state != sOpen) return errState;
    adsp_wait(&e->attentions, pb);
    if (e->attentions.first == pb) adsp_send_attention(e);
    return 1;
}

static OSErr perform(void *block) {
    DSPParamBlock *pb = block;
    End *e;
    if (pb->csCode == dspInit || pb->csCode == dspCLInit) return init(pb, pb->csCode == dspCLInit);
    if (pb->csCode < dspNewCID || pb->csCode > dspInit) return controlErr;
    e = find_end(pb->ccbRefNum);
    if (!e) return errRefNum;
    if ((e->state == sListening) != (pb->csCode >= dspCLDeny && pb->csCode <= dspCLRemove)) return errState;
    switch (pb->csCode) {
    case dspRemove: case dspClose: return close_or_remove(e, pb);
    case dspOpen: return adsp_open(e, pb);
    case dspCLRemove: return remove(e);
    case dspCLListen:
        adsp_wait(&e->opens, pb);
        return 1;
    case dspCLDeny:
        adsp_deny(e->localSocket, pb->u.openParams.remoteAddress, pb->u.openParams.remoteCID);
        return noErr;
    case dspStatus: return status(e, pb);
    case dspRead: case dspWrite: return write_or_read(e, pb);
    case dspAttention: return attention(e, pb);
    case dspOptions: return options(e, pb);
    case dspReset: return adsp_reset(e, pb);
    default:
        if (e->state != sClosed) return errState;
        pb->u.newCIDParams.newCID = e->localCID = adsp_new_cid();
        return noErr;
    }
}

static int due(int16_t *ticks, int passed) {
    if (*ticks <= 0) return 0;
    *ticks = (int16_t)(*ticks > passed ? *ticks - passed : 0);
    return !*ticks;
}

/* The connection timer: "failure to receive any packet ... before the timer has expired for the fourth time". */
static void probe(End *e) {
    if (++e->probes >= lastProbe) {
        adsp_send_control(e, ctlClose);
        adsp_closed(e, eTearDown, errOpening);
    } else {
        e->probeTicks = probeInterval;
        adsp_send_control(e, adspAckRequest | ctlProbe);
    }
}

static void run_timers(End *e, int ticks) {
    uint16_t sr = mask_scc();
    int open = due(&e->openTicks, ticks), send = due(&e->sendTicks, ticks), retransmit = due(&e->rtmtTicks, ticks);
    int attn = due(&e->attnTicks, ticks), reset = due(&e->resetTicks, ticks), silent = due(&e->probeTicks, ticks);
    if (send) e->flushSeq = e->FirstRtmtSeq + e->send.count;
    unmask_scc(sr);
    if (open) adsp_open_timer(e);
    if (send) adsp_pump(e);
    if (retransmit) adsp_retransmit_timer(e);
    if (attn) adsp_send_attention(e);
    if (reset) adsp_send_reset(e);
    if (silent) probe(e);
}

/* Completion routines may make and remove ends: the walk begins anew after each end, and each is met once. */
void adsp_timer(int ticks);
void adsp_timer(int ticks) {
    End *e;
    sweep++;
    for (;;) {
        uint16_t sr = mask_scc();
        for (e = adsp_ends; e && e->sweep == sweep; e = e->link) {}
        if (e) e->sweep = sweep;
        unmask_scc(sr);
        if (!e) return;
        run_timers(e, ticks);
    }
}

static VBLTask timer_task;
static void timer(void) {
    timer_task.vblCount = timerTicks;
    adsp_timer(timerTicks);
}

OSErr dsp_open(ParmBlkPtr pb, DCtlPtr dce);
OSErr dsp_open(ParmBlkPtr pb, DCtlPtr dce) {
    if (dce->dCtlFlags & dOpenedMask) return noErr;
    if (!appletalk_is_open()) return portNotCf;
    last_cid = appletalk_random();
    timer_task.qType = vType;
    timer_task.vblAddr = (ProcPtr)timer;
    timer_task.vblCount = timerTicks;
    timer_task.vblPhase = 0;
    return VInstall(&timer_task);
}

OSErr dsp_control(ParmBlkPtr pb, DCtlPtr dce);
OSErr dsp_control(ParmBlkPtr pb, DCtlPtr dce) { return appletalk_control(pb, dce, perform); }

OSErr dsp_refuse(ParmBlkPtr pb, DCtlPtr dce);
OSErr dsp_refuse(ParmBlkPtr pb, DCtlPtr dce) { return controlErr; }

/* Every end is torn down and goes back to its owner. */
void adsp_shut_down(void);
void adsp_shut_down(void) {
    End *e;
    while ((e = adsp_ends)) {
        if (e->established) adsp_send_control(e, ctlClose);
        if (e->state != sListening && e->state != sClosed) adsp_closed(e, eClosed, errAborted);
        remove(e);
    }
}

OSErr dsp_close(ParmBlkPtr pb, DCtlPtr dce);
OSErr dsp_close(ParmBlkPtr pb, DCtlPtr dce) {
    (void)VRemove(&timer_task);
    adsp_shut_down();
    return noErr;
}

DRIVER(dsp_driver, ".DSP", 0x0400, 0, 0, dsp_open, dsp_refuse, dsp_control, dsp_refuse, dsp_close)

ROM_INIT(71, adsp_init);
void adsp_init(void) { DrvrInstall(&dsp_driver, dspRefNum); }
