/* ADSP: the connection-opening dialog, connection listeners (Inside AppleTalk, chapter 12, "Connection opening"). */
#include "adsp_internal.h"

enum { ticksPerUnit = 10, defaultInterval = 6, defaultMaximum = 3, withoutEnd = 255 };

typedef struct { AddrBlock from; uint16_t cid, window; uint32_t next, attention; } Offer;

/* Takes over the other end's parameters: this end is established. */
static void establish(End *e, const Offer *o) {
    e->remoteAddress = o->from;
    e->remoteCID = o->cid;
    e->FirstRtmtSeq = e->SendSeq = e->flushSeq = o->next;
    e->sendLimit = o->next + o->window;
    e->AttnSendSeq = o->attention;
    e->established = 1;
}

static void ask_and_acknowledge(End *e) {
    e->openTicks = (int16_t)(e->openInterval * ticksPerUnit);
    adsp_send_open(e, ctlOpenRequestAck);
}

static void opened(End *e) {
    DSPParamBlock *pb;
    e->openTicks = 0;
    e->state = sOpen;
    adsp_heard(e);
    pb = adsp_next(&e->opens);
    if (pb) {
        pb->u.openParams.localCID = e->localCID;
        pb->u.openParams.remoteCID = e->remoteCID;
        pb->u.openParams.remoteAddress = e->remoteAddress;
        pb->u.openParams.sendSeq = e->SendSeq;
        pb->u.openParams.sendWindow = (uint16_t)(e->sendLimit - e->SendSeq);
        pb->u.openParams.attnSendSeq = e->AttnSendSeq;
        appletalk_complete(pb, noErr);
    }
}

OSErr adsp_open(End *e, DSPParamBlock *pb) {
    uint8_t mode = pb->u.openParams.ocMode;
    Offer o = {pb->u.openParams.remoteAddress, pb->u.openParams.remoteCID, pb->u.openParams.sendWindow,
               pb->u.openParams.sendSeq, pb->u.openParams.attnSendSeq};
    uint16_t sr;
    if (e->state != sClosed || mode < ocRequest || mode > ocEstablish) return errState;
    sr = mask_scc();
    e->receive.first = e->receive.count = e->send.first = e->send.count = 0;
    e->receiveGeneration++;
    e->sendGeneration++;
    e->userFlags = 0;
    e->RecvSeq = e->AttnRecvSeq = e->AttnSendSeq = 0;
    e->FirstRtmtSeq = e->SendSeq = e->flushSeq = e->sendLimit = 0;
    e->badSeqs = e->probes = 0;
    e->established = e->acknowledged = 0;
    e->initiated = mode == ocRequest;
    e->remoteCID = 0;
    e->remoteAddress = o.from;
    e->filter = pb->u.openParams.filterAddress;
    e->openInterval = pb->u.openParams.ocInterval ? pb->u.openParams.ocInterval : defaultInterval;
    e->openRetries = pb->u.openParams.ocMaximum ? pb->u.openParams.ocMaximum : defaultMaximum;
    if (mode != ocEstablish || !e->localCID) e->localCID = adsp_new_cid();
    if (mode == ocAccept || mode == ocEstablish) establish(e, &o);
    pb->u.openParams.localCID = e->localCID;
    if (mode == ocEstablish) {
        e->RecvSeq = pb->u.openParams.recvSeq;
        e->AttnRecvSeq = pb->u.openParams.attnRecvSeq;
        e->state = sOpen;
        adsp_heard(e);
        unmask_scc(sr);
        return noErr;
    }
    e->state = mode == ocPassive ? sPassive : sOpening;
    if (mode == ocRequest) e->openTicks = (int16_t)(e->openInterval * ticksPerUnit);
    adsp_wait(&e->opens, pb);
    unmask_scc(sr);
    if (mode == ocRequest) adsp_send_open(e, ctlOpenRequest);
    if (mode == ocAccept) ask_and_acknowledge(e);
    return 1;
}

void adsp_open_timer(End *e) {
    if (e->state != sOpening) return;
    if (!e->openRetries) {
        adsp_closed(e, 0, errOpening);
        return;
    }
    if (e->openRetries != withoutEnd) e->openRetries--;
    e->openTicks = (int16_t)(e->openInterval * ticksPerUnit);
    adsp_send_open(e, e->established ? ctlOpenRequestAck : ctlOpenRequest);
}

/* To whom a request is: the end that has had it already (perhaps through a connection listener), the one that asks its
   sender, a connection listener, a passive end. */
static End *wanted_by(const ADSPPacket *p) {
    End *e;
    for (e = adsp_ends; e; e = e->link)
        if (e->established && e->remoteCID == p->connection && adsp_same_address(e->remoteAddress, p->from)) return e;
    for (e = adsp_ends; e; e = e->link)
        if (e->localSocket == p->socket && e->state == sOpening && !e->established &&
            adsp_same_address(e->remoteAddress, p->from)) return e;
    for (e = adsp_ends; e; e = e->link) if (e->localSocket == p->socket && e->state == sListening) return e;
    for (e = adsp_ends; e; e = e->link) if (e->localSocket == p->socket && e->state == sPassive) return e;
    return 0;
}

/* The oldest dspCLListen whose filter lets the sender pass gets the request.  Without any the request is lost, and its sender
   repeats it (inference: a listener that is about to be told to listen again is not to deny). */
static void listen(End *e, const Offer *o, uint8_t socket) {
    DSPParamBlock **p = (DSPParamBlock **)&e->opens.first, *pb;
    uint16_t sr = mask_scc();
    int none = !*p;
    while (*p && !adsp_passes((*p)->u.openParams.filterAddress, o->from)) p = (DSPParamBlock **)&(*p)->qLink;
    pb = *p;
    if (pb) *p = pb->qLink;
    unmask_scc(sr);
    if (pb) {
        pb->u.openParams.remoteCID = o->cid;
        pb->u.openParams.remoteAddress = o->from;
        pb->u.openParams.sendSeq = o->next;
        pb->u.openParams.sendWindow = o->window;
        pb->u.openParams.attnSendSeq = o->attention;
        appletalk_complete(pb, noErr);
    } else if (!none) {
        adsp_deny(socket, o->from, o->cid);
    }
}

/* An end that is not open yet hears a Request, an Ack, or both. */
static void opening(End *e, const ADSPPacket *p, const Offer *o, int asks, int acknowledges) {
    int repeated = e->established;
    if (e->established) {
        if (e->remoteCID != o->cid || !adsp_same_address(e->remoteAddress, o->from)) {
            if (asks) adsp_deny(p->socket, o->from, o->cid);
            return;
        }
    } else if (asks) {
        if (!adsp_passes(e->filter, o->from)) {
            adsp_deny(p->socket, o->from, o->cid);
            return;
        }
        establish(e, o);
        e->state = sOpening;
    } else if (!adsp_same_address(e->remoteAddress, o->from)) {
        return;
    }
    if (acknowledges) e->acknowledged = 1;
    if (e->established && e->acknowledged) {
        if (asks) adsp_send_open(e, ctlOpenAck);
        opened(e);
    } else if (asks && e->initiated && !repeated) {
        adsp_send_open(e, ctlOpenAck);
    } else if (asks) {
        ask_and_acknowledge(e);
    }
}

void adsp_open_in(const ADSPPacket *p) {
    uint8_t code = p->descriptor & adspCode;
    int asks = code == ctlOpenRequest || code == ctlOpenRequestAck;
    int acknowledges = code == ctlOpenAck || code == ctlOpenRequestAck;
    uint16_t destination;
    Offer o;
    End *e;
    if (p->length < adspOpenParameters) return;
    o.from = p->from;
    o.cid = p->connection;
    o.window = p->window;
    o.next = p->next;
    o.attention = get32(p->data + 4);
    destination = get16(p->data + 2);
    if (get16(p->data) != adspVersion && code != ctlOpenDenial) {
        if (asks) adsp_deny(p->socket, o.from, o.cid);
        return;
    }
    if (code == ctlOpenRequest) {
        e = wanted_by(p);
    } else {
        for (e = adsp_ends; e; e = e->link)
            if (e->localSocket == p->socket && e->localCID == destination && e->state != sListening && e->state != sClosed) break;
    }
    if (!e) {
        if (asks) adsp_deny(p->socket, o.from, o.cid);
        return;
    }
    if (code == ctlOpenDenial) {
        if (e->state == sOpening) adsp_closed(e, 0, errOpenDenied);
    } else if (e->state == sListening) {
        listen(e, &o, p->socket);
    } else if (e->state == sPassive || e->state == sOpening) {
        if (e->state == sOpening || !acknowledges) opening(e, p, &o, asks, acknowledges);
    } else if (e->remoteCID == o.cid && adsp_same_address(e->remoteAddress, o.from)) {
        adsp_heard(e);
        /* Nothing has come from there yet: the acknowledgment was lost, and with it what followed (figure 12-15). */
        if (asks && p->first == e->RecvSeq) {
            adsp_send_open(e, ctlOpenAck);
            adsp_retransmit(e);
        }
        if (!asks) adsp_acknowledged(e, p);
    } else if (asks) {
        adsp_deny(p->socket, o.from, o.cid);
    }
}
