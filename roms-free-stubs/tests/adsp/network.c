#include "network.h"

uint8_t llap_address = 7, llap_self_send;
uint16_t appletalk_random(void) { return 0x1234; }
AppleTalkStatistics appletalk_stats;
const uint8_t *mpp_read_pointer;
int appletalk_is_open(void) { return 1; }
uint8_t *mpp_read_header_area(const uint8_t *frame, int length);
uint8_t *mpp_read_header_area(const uint8_t *frame, int length) { return 0; }
void mpp_call_handler(void *handler, uint32_t d0, uint32_t d1, void *a3) {}

uint8_t sent[maxSent][620];
int sent_length[maxSent], sent_count, completed;
OSErr llap_transmit(const WDSElement *wds, const StillWanted *wanted) {
    int n = 0;
    if (wanted && *wanted->tag != wanted->value) return 0;
    for (; wds->entryLength; wds++) {
        memcpy(sent[sent_count] + n, wds->entryPtr, wds->entryLength);
        n += wds->entryLength;
    }
    sent[sent_count][1] = llap_address;
    sent_length[sent_count] = n;
    if (sent_count < maxSent - 1) sent_count++;
    return 0;
}

void appletalk_complete(void *pb, OSErr result) {
    ((DSPParamBlock *)pb)->ioResult = result;
    completed++;
}

OSErr appletalk_control(ParmBlkPtr pb, DCtlPtr dce, OSErr (*perform)(void *)) {
    OSErr result = perform(pb);
    if (result <= 0) appletalk_complete(pb, result);
    return ((DSPParamBlock *)pb)->ioResult;
}

OSErr dsp(DSPParamBlock *pb, int16_t end, int code) {
    if (code != dspInit && code != dspCLInit) pb->ccbRefNum = end;
    pb->csCode = (int16_t)code;
    pb->ioResult = 1;
    return dsp_control((ParmBlkPtr)pb, 0);
}

void arrive(uint8_t node, uint8_t dst, uint8_t src, const void *data, int length) {
    uint8_t frame[620];
    frame[0] = llap_address;
    frame[1] = node;
    frame[2] = 1;
    put16(frame + 3, (uint16_t)(length + 5));
    frame[5] = dst;
    frame[6] = src;
    frame[7] = 7;
    memcpy(frame + 8, data, (size_t)length);
    ddp_receive(frame, length + 8);
}

void deliver_sent(int n) {
    uint8_t frame[620];
    memcpy(frame, sent[n], (size_t)sent_length[n]);
    ddp_receive(frame, sent_length[n]);
}

void host_exit(int code) {
    register int d0 __asm__("d0") = 1, d1 __asm__("d1") = code;
    __asm__ volatile("trap #0" : : "d"(d0), "d"(d1));
    for (;;) {}
}
void host_print(const char *s) {
    int length = (int)strlen(s);
    register int d0 __asm__("d0") = 4, d1 __asm__("d1") = 1, d3 __asm__("d3") = length;
    register const char *d2 __asm__("d2") = s;
    __asm__ volatile("trap #0" : "+d"(d0) : "d"(d1), "d"(d2), "d"(d3) : "memory");
}

int failures;
void failed(int line, const char *what) {
    char text[12];
    int i = 11;
    failures++;
    text[i] = 0;
    do text[--i] = (char)('0' + line % 10); while ((line /= 10) > 0);
    host_print("line ");
    host_print(text + i);
    host_print(": ");
    host_print(what);
    host_print("\n");
}
