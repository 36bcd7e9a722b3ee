/* ADSP: the stream of bytes in both directions (Inside AppleTalk, chapter 12, "Data flow").
 *
 * Programs copy into the send queue and out of the receive queue at their own level, while packets come and go in the SCC
 * interrupt: whoever is at a queue or at sending marks it, and one who interrupts leaves the rest to him. */
#include "adsp_internal.h"

/* Assumed: Inside AppleTalk leaves the retransmission interval and the send timer to the implementation. */
enum { retransmitInterval = 60, sendInterval = 10 };
enum { chunk = 1024 };                                      /* bytes copied between two looks at what has changed */

typedef struct { WDSElement parts[3]; uint32_t first; uint8_t descriptor; } DataPacket;

static uint16_t least(uint32_t a, uint32_t b) { return (uint16_t)(a < b ? a : b); }

static int is_open(const End *e) { return e->state == sOpen || e->state == sClosing; }

/* The next packet of new or repeated data, if the window and the client allow one; the SCC is masked.  The last one of a
   burst asks for an acknowledgment. */
static int next_packet(End *e, DataPacket *p) {
    uint16_t sent = (uint16_t)(e->SendSeq - e->FirstRtmtSeq), unsent = (uint16_t)(e->send.count - sent), places, n;
    int32_t room = adsp_distance(e->SendSeq, e->sendLimit);
    int mark;
    if (!is_open(e) || e->resets.first || !unsent) return 0;
    if (unsent >= e->sendBlocking) e->flushSeq = e->FirstRtmtSeq + e->send.count;
    if (adsp_distance(e->SendSeq, e->flushSeq) <= 0) {
        if (!e->sendTicks) e->sendTicks = sendInterval;
        return 0;
    }
    if (!e->rtmtTicks) e->rtmtTicks = retransmitInterval;
    if (room <= 0) return 0;
    places = least(unsent, (uint32_t)room);
    n = queue_run(&e->send, sent, least(places, adspMaxData));
    mark = n < places && queue_is_mark(&e->send, (uint16_t)(sent + n));
    queue_parts(&e->send, sent, n, p->parts);
    p->first = e->SendSeq;
    p->descriptor = (uint8_t)((mark ? adspEOM : 0) | (n + mark == places ? adspAckRequest : 0));
    e->SendSeq += (uint32_t)(n + mark);
    return 1;
}

void adsp_pump(End *e) {
    uint16_t sr = mask_scc();
    DataPacket packet;
    if (e->sending) {
        e->sendAgain = 1;
        unmask_scc(sr);
        return;
    }
    e->sending = 1;
    do {
        e->sendAgain = 0;
        while (next_packet(e, &packet)) {
            unmask_scc(sr);
            adsp_send(e, packet.descriptor, packet.first, packet.parts);
            sr = mask_scc();
        }
    } while (e->sendAgain);
    e->sending = 0;
    unmask_scc(sr);
}

/* Everything not acknowledged goes out once more, regrouped. */
void adsp_retransmit(End *e) {
    uint16_t sr = mask_scc();
    e->SendSeq = e->FirstRtmtSeq;
    e->flushSeq = e->FirstRtmtSeq + e->send.count;
    e->rtmtTicks = 0;
    unmask_scc(sr);
    adsp_pump(e);
}

/* With a closed window there is nothing to repeat: a probe asks for the window. */
void adsp_retransmit_timer(End *e) {
    if (!is_open(e) || e->resets.first || !e->send.count) return;
    if (e->SendSeq == e->FirstRtmtSeq) {
        e->rtmtTicks = retransmitInterval;
        adsp_send_control(e, adspAckRequest | ctlProbe);
    } else {
        adsp_retransmit(e);
    }
}

/* PktNextRecvSeq and PktRecvWdw of any packet of the stream. */
void adsp_acknowledged(End *e, const ADSPPacket *p) {
    uint16_t sr = mask_scc();
    uint32_t limit = p->next + p->window;
    uint16_t gone;
    if (!adsp_within(e->FirstRtmtSeq, p->next, e->SendSeq)) {
        unmask_scc(sr);
        return;
    }
    gone = (uint16_t)(p->next - e->FirstRtmtSeq);
    if (gone) {
        queue_drop(&e->send, gone);
        e->FirstRtmtSeq = p->next;
        if (adsp_distance(e->flushSeq, p->next) > 0) e->flushSeq = p->next;
        e->rtmtTicks = e->send.count ? retransmitInterval : 0;
    }
    /* "The value of SendWdwSeq should never decrease." */
    if (adsp_distance(e->sendLimit, limit) > 0) e->sendLimit = limit;
    unmask_scc(sr);
    if (gone) adsp_serve_writes(e);
    adsp_pump(e);
    adsp_finish_closing(e);
}

void adsp_serve_writes(End *e) {
    uint16_t sr = mask_scc();
    DSPParamBlock *pb;
    if (e->writing) {
        unmask_scc(sr);
        return;
    }
    e->writing = 1;
    while ((pb = e->writes.first) && is_open(e)) {
        uint16_t left = (uint16_t)(pb->u.ioParams.reqCount - pb->u.ioParams.actCount);
        uint16_t free = (uint16_t)(e->send.size - e->send.count), n = least(least(left, free), chunk);
        uint16_t at = queue_place(&e->send, e->send.count);
        int eom = pb->u.ioParams.eom & 1, mark = eom && n == left && free > n;
        uint8_t generation = e->sendGeneration;
        const uint8_t *from = pb->u.ioParams.dataPtr + pb->u.ioParams.actCount;
        if (!n && !mark && (left || eom)) break;            /* no room: it goes on when something is acknowledged */
        unmask_scc(sr);
        queue_put(&e->send, at, from, n);
        if (mark) queue_mark(&e->send, (uint16_t)((uint32_t)at + n >= e->send.size ? at + n - e->send.size : at + n));
        sr = mask_scc();
        if (generation != e->sendGeneration) continue;      /* a reset or the end of the connection has come in between */
        e->send.count = (uint16_t)(e->send.count + n + mark);
        pb->u.ioParams.actCount = (uint16_t)(pb->u.ioParams.actCount + n);
        if (n < left || (eom && !mark)) pb = 0;
        else e->writes.first = pb->qLink;
        if (!pb || pb->u.ioParams.flush) e->flushSeq = e->FirstRtmtSeq + e->send.count;
        unmask_scc(sr);
        adsp_pump(e);
        if (pb) appletalk_complete((void *)pb, noErr);
        sr = mask_scc();
    }
    e->writing = 0;
    unmask_scc(sr);
}

/* An end that knew of less than a packet's room hears of more at once, since it can do nothing but wait. */
static void tell_window(End *e) {
    uint16_t enough = least(e->receive.size / 2, adspMaxData);
    if (is_open(e) && e->toldWindow < enough && adsp_window(e) >= enough) adsp_send_control(e, ctlProbe);
}

void adsp_serve_reads(End *e) {
    uint16_t sr = mask_scc();
    DSPParamBlock *pb;
    if (e->reading) {
        unmask_scc(sr);
        return;
    }
    e->reading = 1;
    while ((pb = e->reads.first)) {
        uint16_t want = (uint16_t)(pb->u.ioParams.reqCount - pb->u.ioParams.actCount), have = e->receive.count;
        uint16_t n = queue_run(&e->receive, 0, least(least(want, have), chunk)), i;
        int eom = want && n < have && queue_is_mark(&e->receive, n), done;
        uint8_t generation = e->receiveGeneration, *to = pb->u.ioParams.dataPtr + pb->u.ioParams.actCount;
        WDSElement parts[3];
        if (want && !n && !eom && e->state != sClosed) break;
        queue_parts(&e->receive, 0, n, parts);
        unmask_scc(sr);
        for (i = 0; parts[i].entryLength; i++) {
            memcpy(to, parts[i].entryPtr, parts[i].entryLength);
            to += parts[i].entryLength;
        }
        sr = mask_scc();
        if (generation != e->receiveGeneration) continue;
        queue_drop(&e->receive, (uint16_t)(n + eom));
        pb->u.ioParams.actCount = (uint16_t)(pb->u.ioParams.actCount + n);
        done = eom || n == want || (e->state == sClosed && !e->receive.count);
        if (!done) continue;
        pb->u.ioParams.eom = (uint8_t)eom;
        e->reads.first = pb->qLink;
        unmask_scc(sr);
        appletalk_complete(pb, noErr);
        sr = mask_scc();
    }
    e->reading = 0;
    unmask_scc(sr);
    tell_window(e);
}

/* A packet that begins with what is here already and goes on with more is taken from there on ("in-window data acceptance"),
   since retransmissions regroup; one that leaves a gap or finds no room is discarded. */
static void accept(End *e, const ADSPPacket *p) {
    int eom = (p->descriptor & adspEOM) != 0;
    int32_t places = p->length + eom, known = adsp_distance(p->first, e->RecvSeq);
    uint16_t skip, n, at, sr;
    if (p->length > adspMaxData) return;
    if (known < 0 && places) {
        if (++e->badSeqs >= e->badSeqMax) {
            e->badSeqs = 0;
            adsp_send_control(e, ctlRetransmit);
        }
        return;
    }
    if (known >= places || places - known > adsp_window(e)) return;
    e->badSeqs = 0;
    skip = least((uint32_t)known, p->length);
    n = (uint16_t)(p->length - skip);
    sr = mask_scc();
    at = queue_place(&e->receive, e->receive.count);
    queue_put(&e->receive, at, p->data + skip, n);
    if (eom) queue_mark(&e->receive, queue_place(&e->receive, (uint16_t)(e->receive.count + n)));
    e->receive.count = (uint16_t)(e->receive.count + n + eom);
    e->RecvSeq += (uint32_t)(n + eom);
    unmask_scc(sr);
    adsp_serve_reads(e);
}

/* A packet of an open connection that is not about attention messages.  Even one that is discarded is acknowledged when it
   asks for it, and its own acknowledgment counts. */
void adsp_data_in(End *e, const ADSPPacket *p) {
    uint8_t code = p->descriptor & adspControl ? p->descriptor & adspCode : 0;
    if ((p->descriptor & (adspControl | adspEOM)) == (adspControl | adspEOM) || code > ctlRetransmit) return;
    if (!(p->descriptor & adspControl)) accept(e, p);
    if (p->descriptor & adspAckRequest && is_open(e)) adsp_send_control(e, ctlProbe);
    if (code == ctlReset) adsp_reset_in(e, p);
    if (code == ctlResetAck) adsp_reset_ack_in(e, p);
    if (is_open(e)) adsp_acknowledged(e, p);
    if (code == ctlRetransmit && is_open(e) && !e->resets.first && p->next == e->FirstRtmtSeq) adsp_retransmit(e);
    /* One that overtook data is discarded: the data are still on their way. */
    if (code == ctlClose && is_open(e) && p->first == e->RecvSeq) adsp_closed(e, eClosed, errOpening);
}
