/* ADSP: attention messages, forward resets, closing (Inside AppleTalk, chapter 12). */
#include "adsp_internal.h"

enum { ticksPerUnit = 10, defaultInterval = 6, resetInterval = 60 };    /* resetInterval: assumed, as for data */

/* One message at a time is outstanding: the first that waits. */
void adsp_send_attention(End *e) {
    uint16_t sr = mask_scc();
    DSPParamBlock *pb = e->attentions.first;
    uint8_t code[2];
    WDSElement data[3] = {{sizeof code, code}, {0, 0}, {0, 0}};
    uint32_t sequence = e->AttnSendSeq;
    if (pb && e->state != sClosed) {
        uint8_t interval = pb->u.attnParams.attnInterval ? pb->u.attnParams.attnInterval : defaultInterval;
        e->attnTicks = (int16_t)(interval * ticksPerUnit);
        put16(code, pb->u.attnParams.attnCode);
        data[1].entryLength = pb->u.attnParams.attnSize;
        data[1].entryPtr = pb->u.attnParams.attnData;
    } else {
        pb = 0;
    }
    unmask_scc(sr);
    if (pb) adsp_send(e, adspAttention | adspAckRequest, sequence, data);
}

/* Every attention packet acknowledges; a message is taken when it is the expected one and the client has read the last one.
   A repeated one is acknowledged again. */
void adsp_attention_in(End *e, const ADSPPacket *p) {
    DSPParamBlock *done = 0;
    int message = !(p->descriptor & adspControl), taken = 0;
    if (p->descriptor & (adspCode | adspEOM)) return;
    if (e->attentions.first && p->next == e->AttnSendSeq + 1) {
        e->AttnSendSeq++;
        e->attnTicks = 0;
        done = adsp_next(&e->attentions);
    }
    if (message && p->length >= 2 && p->length <= 2 + attnBufSize) {
        taken = p->first == e->AttnRecvSeq && !(e->userFlags & eAttention);
        if (taken) {
            e->AttnRecvSeq++;
            e->attnCode = get16(p->data);
            e->attnSize = (uint16_t)(p->length - 2);
            if (e->attnPtr) memcpy(e->attnPtr, p->data + 2, e->attnSize);
        }
        if (taken || p->first != e->AttnRecvSeq) adsp_send(e, adspControl | adspAttention, e->AttnSendSeq, 0);
    }
    if (taken) adsp_event(e, eAttention);
    if (done) {
        adsp_send_attention(e);
        appletalk_complete(done, noErr);
        adsp_finish_closing(e);
    }
}

/* dspReset: what is not acknowledged and what still waits to be written is forgotten. */
OSErr adsp_reset(End *e, DSPParamBlock *pb) {
    uint16_t sr;
    if (e->state != sOpen) return errState;
    sr = mask_scc();
    e->send.count = 0;
    e->sendGeneration++;
    e->FirstRtmtSeq = e->flushSeq = e->SendSeq;
    e->rtmtTicks = e->sendTicks = 0;
    adsp_wait(&e->resets, pb);
    unmask_scc(sr);
    adsp_complete_all(&e->writes, errAborted);
    adsp_send_reset(e);
    return 1;
}

void adsp_send_reset(End *e) {
    if (!e->resets.first || e->state == sClosed) return;
    e->resetTicks = resetInterval;
    adsp_send_control(e, ctlReset);
}

void adsp_reset_in(End *e, const ADSPPacket *p) {
    uint16_t sr = mask_scc();
    int accepted = adsp_within(e->RecvSeq, p->first, e->RecvSeq + adsp_window(e));
    if (accepted) {
        e->RecvSeq = p->first;
        e->receive.count = 0;
        e->receiveGeneration++;
    }
    unmask_scc(sr);
    adsp_send_control(e, ctlResetAck);
    if (accepted) {
        adsp_complete_all(&e->reads, errFwdReset);
        adsp_event(e, eFwdReset);
    }
}

void adsp_reset_ack_in(End *e, const ADSPPacket *p) {
    if (!e->resets.first || !adsp_within(e->SendSeq, p->next, e->sendLimit)) return;
    e->resetTicks = 0;
    adsp_complete_all(&e->resets, noErr);
}

/* dspClose and dspRemove: at once, or when everything is sent and acknowledged. */
OSErr adsp_close(End *e, DSPParamBlock *pb) {
    uint16_t sr;
    if (e->state == sClosed) return noErr;
    if (pb->u.closeParams.abort || (e->state != sOpen && e->state != sClosing)) {
        if (e->established) adsp_send_control(e, ctlClose);
        adsp_closed(e, 0, errAborted);
        return noErr;
    }
    sr = mask_scc();
    e->state = sClosing;
    e->flushSeq = e->FirstRtmtSeq + e->send.count;
    adsp_wait(&e->closes, pb);
    unmask_scc(sr);
    adsp_pump(e);
    adsp_finish_closing(e);
    return 1;
}

void adsp_finish_closing(End *e) {
    if (e->state != sClosing || e->send.count || e->writes.first || e->attentions.first || e->resets.first) return;
    adsp_send_control(e, ctlClose);
    adsp_closed(e, 0, errAborted);
}
