/* The stand-ins, and where the tests begin. */
#include "network.h"

uint8_t llap_address = 7;
uint16_t appletalk_random(void) { return 0x1234; }
uint8_t *llap_next_buffer;
uint8_t llap_answers_rts;
void llap_frame_received(int length, int answered) {}
OSErr llap_acquire_address(int server, uint8_t hint) { return 0; }
void llap_shut_down(void) {}
void scc_set_up(void) {}
void scc_shut_down(void) {}
SCCDelays scc_delays;

uint8_t sent[16][620];
int sent_length[16], sent_count;
OSErr llap_transmit(const WDSElement *wds, const StillWanted *wanted) {
    int n = 0;
    if (wanted && *wanted->tag != wanted->value) return 0;
    for (; wds->entryLength; wds++) {
        memcpy(sent[sent_count] + n, wds->entryPtr, wds->entryLength);
        n += wds->entryLength;
    }
    sent[sent_count][1] = llap_address;         /* as the driver does */
    sent_length[sent_count++] = n;
    return 0;
}

static void host_exit(int code) {
    register int d0 __asm__("d0") = 1, d1 __asm__("d1") = code;
    __asm__ volatile("trap #0" : : "d"(d0), "d"(d1));
    for (;;) {}
}
static void host_print(const char *s) {
    int length = (int)strlen(s);
    register int d0 __asm__("d0") = 4, d1 __asm__("d1") = 1, d3 __asm__("d3") = length;
    register const char *d2 __asm__("d2") = s;
    __asm__ volatile("trap #0" : "+d"(d0) : "d"(d1), "d"(d2), "d"(d3) : "memory");
}
static int failures;
static void print_number(int n) {
    char text[12];
    int i = 11;
    text[i] = 0;
    do text[--i] = (char)('0' + n % 10); while ((n /= 10) > 0);
    host_print(text + i);
}
void check_failed(int line, const char *what) {
    failures++;
    host_print("line ");
    print_number(line);
    host_print(": ");
    host_print(what);
    host_print("\n");
}

int completed;
void completion(void) { completed++; }
OSErr mpp(MPPParamBlock *pb, int code) {
    pb->csCode = (int16_t)code;
    pb->ioTrap = (int16_t)0xA604;
    pb->ioCompletion = (void *)completion;
    pb->ioResult = 1;
    return mpp_control((ParmBlkPtr)pb, 0);
}
OSErr atp(ATPParamBlock *pb, int code) {
    pb->csCode = (int16_t)code;
    pb->ioTrap = (int16_t)0xA604;
    pb->ioCompletion = (void *)completion;
    pb->ioResult = 1;
    return atp_control((ParmBlkPtr)pb, 0);
}

void arrive(uint8_t to_node, uint8_t dst, uint8_t src, uint8_t type, const void *data, int length) {
    uint8_t frame[620];
    frame[0] = to_node;
    frame[1] = 9;
    frame[2] = 1;
    put16(frame + 3, (uint16_t)(length + 5));
    frame[5] = dst;
    frame[6] = src;
    frame[7] = type;
    memcpy(frame + 8, data, (size_t)length);
    llap_deliver(frame, length + 8);
}
void start_test(void) { sent_count = completed = 0; }

/* The low-memory globals: one fixed page at address 0. */
static void map_low_memory(void) {
    register int d0 __asm__("d0") = 192, d1 __asm__("d1") = 0, d2 __asm__("d2") = 0x2000, d3 __asm__("d3") = 3;
    register int d4 __asm__("d4") = 0x32, d5 __asm__("d5") = -1;
    register int a0 __asm__("a0") = 0;
    __asm__ volatile("trap #0" : "+d"(d0) : "d"(d1), "d"(d2), "d"(d3), "d"(d4), "d"(d5), "a"(a0) : "memory");
}

void _start(void);
void _start(void) {
    uint8_t rtmp = 1, nis = 2, echoer = 4;
    map_low_memory();
    ddp_open_socket(&rtmp, rtmp_listener, 1);
    ddp_open_socket(&nis, nbp_listener, 1);
    ddp_open_socket(&echoer, aep_listener, 1);
    test_protocols();
    test_networks();
    test_transactions();
    host_print(failures ? "AppleTalk protocols: FAILED\n" : "AppleTalk protocols: ok\n");
    host_exit(failures != 0);
}
