/* The .DSP driver against byte strings written from Inside AppleTalk, chapter 12, and two of its ends against one another over
   a network that loses, repeats and reorders. */
#include "network.h"

typedef struct {
    TRCCB ccb;
    uint8_t out[2000], in[2000], attention[attnBufSize];
    int16_t number;
    uint8_t socket;
} Program;

static Program a, b;
static DSPParamBlock pb, open_a, open_b;
int events;
uint32_t event_ccb;
void user_routine(void);
__asm__("user_routine:\taddq.l #1,events\n\tmove.l %a1,event_ccb\n\tclr.b 8(%a1)\n\trts");
static uint8_t other = 200;                                 /* the scripted peer: socket 200 of node 9 */

static void init(Program *p, uint16_t out, uint16_t in, uint8_t socket) {
    memset(&pb, 0, sizeof pb);
    memset(p, 0, sizeof *p);
    pb.u.initParams.ccbPtr = &p->ccb;
    pb.u.initParams.sendQSize = out;
    pb.u.initParams.sendQueue = p->out;
    pb.u.initParams.recvQSize = in;
    pb.u.initParams.recvQueue = p->in;
    pb.u.initParams.attnPtr = p->attention;
    pb.u.initParams.localSocket = socket;
    CHECK(dsp(&pb, 0, dspInit) == 0);
    p->number = pb.ccbRefNum;
    p->socket = pb.u.initParams.localSocket;
    CHECK(p->ccb.state == sClosed && p->ccb.localSocket == p->socket && p->ccb.refNum == p->number);
    sent_count = completed = 0;
}

static OSErr open(Program *p, DSPParamBlock *o, uint8_t mode, uint8_t node, uint8_t socket) {
    memset(o, 0, sizeof *o);
    o->u.openParams.ocMode = mode;
    o->u.openParams.remoteAddress.aNode = node;
    o->u.openParams.remoteAddress.aSocket = socket;
    return dsp(o, p->number, dspOpen);
}

static OSErr io(DSPParamBlock *o, Program *p, int code, void *data, uint16_t n, int eom, int flush) {
    memset(o, 0, sizeof *o);
    o->u.ioParams.reqCount = n;
    o->u.ioParams.dataPtr = data;
    o->u.ioParams.eom = (uint8_t)eom;
    o->u.ioParams.flush = (uint8_t)flush;
    return dsp(o, p->number, code);
}

static void remove_end(Program *p) {
    memset(&pb, 0, sizeof pb);
    pb.u.closeParams.abort = 1;
    CHECK(dsp(&pb, p->number, dspRemove) == 0);
    CHECK(dsp(&pb, p->number, dspStatus) == errRefNum);
}

/* A packet of the peer, whose ConnID is 0x0901. */
static void peer(uint8_t socket, uint32_t first, uint32_t next, uint16_t window, uint8_t descriptor, const void *data, int n) {
    uint8_t packet[600] = {0x09, 0x01};
    put32(packet + 2, first);
    put32(packet + 6, next);
    put16(packet + 10, window);
    packet[12] = descriptor;
    memcpy(packet + 13, data, (size_t)n);
    arrive(9, socket, other, packet, 13 + n);
}

static void peer_open(uint8_t socket, uint16_t window, uint8_t descriptor, uint16_t destination) {
    uint8_t parameters[8] = {1, 0};
    put16(parameters + 2, destination);
    peer(socket, 0, 0, window, descriptor, parameters, 8);
}

/* `a` open to the peer, which has this window. */
static void open_to_peer(uint16_t out, uint16_t in, uint16_t window) {
    init(&a, out, in, 0);
    CHECK(open(&a, &open_a, ocRequest, 9, other) == 1);
    peer_open(a.socket, window, 0x83, open_a.u.openParams.localCID);
    CHECK(open_a.ioResult == 0 && a.ccb.state == sOpen);
    sent_count = completed = 0;
}

static const uint8_t *packet(int n) { return sent[n] + 8; }
static int is_packet(int n, uint8_t descriptor, uint32_t first, uint32_t next) {
    return n < sent_count && packet(n)[12] == descriptor && get32(packet(n) + 2) == first && get32(packet(n) + 6) == next;
}

/* Figure 12-8 from the side that asks, figure 12-11 byte for byte. */
static void test_request(void) {
    uint8_t expected[21] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x81, 1, 0, 0, 0, 0, 0, 0, 0};
    init(&a, 600, 600, 0);
    CHECK(open(&a, &open_a, ocRequest, 9, other) == 1 && a.ccb.state == sOpening);
    put16(expected, open_a.u.openParams.localCID);
    put16(expected + 10, 600 - 67);                         /* what one bit in nine leaves of the queue */
    CHECK(sent_count == 1 && sent_length[0] == 8 + 21 && memcmp(packet(0), expected, 21) == 0);
    CHECK(sent[0][0] == 9 && sent[0][5] == other && sent[0][6] == a.socket && sent[0][7] == 7);
    peer_open(a.socket, 500, 0x83, 0x7777);
    CHECK(open_a.ioResult == 1 && sent_count == 2 && packet(1)[12] == 0x84);    /* somebody else's answer: denied */
    peer_open(a.socket, 500, 0x83, open_a.u.openParams.localCID);
    CHECK(open_a.ioResult == 0 && open_a.u.openParams.remoteCID == 0x0901 && open_a.u.openParams.sendWindow == 500);
    CHECK(sent_count == 3 && packet(2)[12] == 0x82 && get16(packet(2) + 15) == 0x0901 && completed == 1);
    CHECK(dsp(&pb, a.number, dspOpen) == errState && dsp(&pb, a.number, dspNewCID) == errState);
    remove_end(&a);
    CHECK(packet(3)[12] == 0x85);
}

/* No answer: dspOpen's defaults, one second and three repetitions.  A denial ends it at once (figure 12-10). */
static void test_request_unanswered(void) {
    int n;
    init(&a, 600, 600, 0);
    open(&a, &open_a, ocRequest, 9, other);
    for (n = 1; n <= 3; n++) {
        adsp_timer(56);
        CHECK(sent_count == n);
        adsp_timer(8);
        CHECK(sent_count == n + 1 && packet(n)[12] == 0x81);
    }
    adsp_timer(60);
    CHECK(sent_count == 4 && open_a.ioResult == errOpening && a.ccb.state == sClosed);
    CHECK(open(&a, &open_a, ocRequest, 9, other) == 1);
    peer_open(a.socket, 0, 0x84, open_a.u.openParams.localCID);
    CHECK(open_a.ioResult == errOpenDenied);
    CHECK(io(&open_b, &a, dspWrite, 0, 1, 0, 0) == errState);
    remove_end(&a);
}

/* Figure 12-8 from the side that is asked; duplicates, version, filter (figures 12-12 and 12-18). */
static void test_passive(void) {
    uint8_t bad[8] = {2, 0};
    init(&a, 600, 600, 0);
    memset(&open_a, 0, sizeof open_a);
    open_a.u.openParams.ocMode = ocPassive;
    open_a.u.openParams.filterAddress.aNode = 9;
    CHECK(dsp(&open_a, a.number, dspOpen) == 1 && a.ccb.state == sPassive && sent_count == 0);
    peer(a.socket, 0, 0, 100, 0x81, bad, 8);
    CHECK(sent_count == 1 && packet(0)[12] == 0x84 && get16(packet(0)) == 0 && get16(packet(0) + 15) == 0x0901);
    arrive(10, a.socket, other, (const uint8_t[]){0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0x81, 1, 0, 0, 0, 0, 0, 0, 0}, 21);
    CHECK(sent_count == 2 && packet(1)[12] == 0x84 && sent[1][0] == 10 && a.ccb.state == sPassive);
    peer_open(a.socket, 100, 0x81, 0);
    CHECK(sent_count == 3 && packet(2)[12] == 0x83 && get16(packet(2) + 15) == 0x0901 && a.ccb.state == sOpening);
    peer_open(a.socket, 100, 0x81, 0);
    CHECK(sent_count == 4 && packet(3)[12] == 0x83);
    adsp_timer(64);
    CHECK(sent_count == 5 && packet(4)[12] == 0x83 && open_a.ioResult == 1);
    peer_open(a.socket, 100, 0x82, open_a.u.openParams.localCID);
    CHECK(open_a.ioResult == 0 && a.ccb.state == sOpen && a.ccb.remoteAddress.aNode == 9);
    remove_end(&a);
}

/* Two ends ask each other: one connection (figure 12-9); with the first request lost, figure 12-13. */
static void test_both_ask(void) {
    init(&a, 600, 600, 0);
    open(&a, &open_a, ocRequest, 9, other);
    peer_open(a.socket, 100, 0x81, 0);
    CHECK(sent_count == 2 && packet(1)[12] == 0x82 && a.ccb.state == sOpening);
    adsp_timer(64);
    CHECK(sent_count == 3 && packet(2)[12] == 0x83);
    peer_open(a.socket, 100, 0x82, open_a.u.openParams.localCID);
    CHECK(open_a.ioResult == 0 && sent_count == 3);
    remove_end(&a);
}

static void test_listener(void) {
    DSPParamBlock listen = {0}, deny = {0};
    Program *l = &b;
    memset(&pb, 0, sizeof pb);
    pb.u.initParams.ccbPtr = &l->ccb;
    CHECK(dsp(&pb, 0, dspCLInit) == 0);
    l->number = pb.ccbRefNum;
    l->socket = pb.u.initParams.localSocket;
    CHECK(dsp(&pb, l->number, dspRead) == errState && l->ccb.state == sListening);
    sent_count = 0;
    peer_open(l->socket, 100, 0x81, 0);
    CHECK(sent_count == 0);
    CHECK(dsp(&listen, l->number, dspCLListen) == 1);
    peer_open(l->socket, 100, 0x81, 0);
    CHECK(listen.ioResult == 0 && listen.u.openParams.remoteCID == 0x0901 && listen.u.openParams.sendWindow == 100);
    CHECK(listen.u.openParams.remoteAddress.aNode == 9 && listen.u.openParams.remoteAddress.aSocket == other);
    deny.u.openParams.remoteCID = 0x0901;
    deny.u.openParams.remoteAddress = listen.u.openParams.remoteAddress;
    CHECK(dsp(&deny, l->number, dspCLDeny) == 0 && sent_count == 1 && packet(0)[12] == 0x84 && sent[0][6] == l->socket);

    init(&a, 600, 600, 0);
    open_a = listen;
    open_a.u.openParams.ocMode = ocAccept;
    CHECK(dsp(&open_a, a.number, dspOpen) == 1 && sent_count == 1 && packet(0)[12] == 0x83 && sent[0][6] == a.socket);
    /* A repeated request to the listening socket is for the same end (figure 12-17). */
    peer_open(l->socket, 100, 0x81, 0);
    CHECK(sent_count == 2 && packet(1)[12] == 0x83 && sent[1][6] == a.socket);
    peer_open(a.socket, 100, 0x82, open_a.u.openParams.localCID);
    CHECK(open_a.ioResult == 0 && a.ccb.state == sOpen);
    CHECK(dsp(&listen, l->number, dspCLListen) == 1 && dsp(&pb, l->number, dspCLRemove) == 0);
    CHECK(listen.ioResult == errAborted);
    remove_end(&a);
}

/* Data out: sendBlocking, flush, the send timer; windows; end of message; acknowledgments (figures 12-2 and 12-3). */
static void test_write(void) {
    uint8_t data[700], expected[15] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 21, 0x60, 'h', 'i'};
    DSPParamBlock w, close = {0};
    int i;
    for (i = 0; i < 700; i++) data[i] = (uint8_t)i;
    open_to_peer(600, 600, 20);
    put16(expected, open_a.u.openParams.localCID);
    CHECK(io(&w, &a, dspWrite, "hi", 2, 1, 1) == 0 && w.u.ioParams.actCount == 2);
    CHECK(sent_count == 1 && sent_length[0] == 8 + 15 && memcmp(packet(0), expected, 15) == 0);
    io(&w, &a, dspWrite, data, 10, 0, 0);
    CHECK(sent_count == 1);
    adsp_timer(16);
    CHECK(sent_count == 2 && is_packet(1, 0x40, 3, 0));
    io(&w, &a, dspWrite, data, 16, 0, 0);                   /* sendBlocking is 16; 7 of them fit the window */
    CHECK(sent_count == 3 && is_packet(2, 0x40, 13, 0) && sent_length[2] == 8 + 13 + 7);
    memset(&pb, 0, sizeof pb);
    CHECK(dsp(&pb, a.number, dspStatus) == 0 && pb.u.statusParams.sendQPending == 29 && pb.u.statusParams.recvQPending == 0);
    CHECK(pb.u.statusParams.ccbPtr == &a.ccb && pb.u.statusParams.recvQFree == 533);
    peer(a.socket, 0, 21, 20, 0x80, 0, 0);                  /* acknowledges what never was: not counted */
    dsp(&pb, a.number, dspStatus);
    CHECK(pb.u.statusParams.sendQPending == 29);
    peer(a.socket, 0, 20, 600, 0x80, 0, 0);
    CHECK(sent_count == 4 && is_packet(3, 0x40, 20, 0) && sent_length[3] == 8 + 13 + 9);
    adsp_timer(64);
    CHECK(sent_count == 5 && is_packet(4, 0x40, 20, 0));
    peer(a.socket, 0, 29, 600, 0x80, 0, 0);

    /* More than the queue holds, in packets of 572 at most; a window of 600. */
    CHECK(io(&w, &a, dspWrite, data, 700, 1, 0) == 1 && w.u.ioParams.actCount == 533);
    CHECK(sent_count == 6 && sent_length[5] == 8 + 13 + 533);
    peer(a.socket, 0, 29 + 533, 2000, 0x80, 0, 0);
    CHECK(w.ioResult == 0 && w.u.ioParams.actCount == 700);
    CHECK(sent_count == 7 && is_packet(6, 0x60, 29 + 533, 0) && packet(6)[13 + 166] == (uint8_t)699);

    /* dspClose waits for the acknowledgment, then advises; nothing can be written any more. */
    CHECK(dsp(&close, a.number, dspClose) == 1 && a.ccb.state == sClosing);
    CHECK(io(&pb, &a, dspWrite, data, 1, 0, 0) == errState);
    peer(a.socket, 0, 29 + 701, 2000, 0x80, 0, 0);
    CHECK(close.ioResult == 0 && a.ccb.state == sClosed && sent_count == 8 && is_packet(7, 0x85, 730, 0));
    remove_end(&a);
}

/* Data in: order, duplicates, gaps, Retransmit Advice, end of message, window (figure 12-4). */
static void test_read(void) {
    uint8_t into[100];
    DSPParamBlock r;
    int i;
    open_to_peer(600, 120, 20);                             /* 106 places */
    CHECK(io(&r, &a, dspRead, into, 10, 0, 0) == 1);
    peer(a.socket, 0, 0, 20, 0, "12345", 5);
    CHECK(r.ioResult == 1 && sent_count == 0);
    peer(a.socket, 0, 0, 20, 0x40, "12345", 5);
    CHECK(r.ioResult == 1 && sent_count == 1 && is_packet(0, 0x80, 0, 5) && get16(packet(0) + 10) == 106);
    peer(a.socket, 3, 0, 20, 0x20, "4567", 4);
    CHECK(r.ioResult == 0 && r.u.ioParams.actCount == 7 && r.u.ioParams.eom == 1 && memcmp(into, "1234567", 7) == 0);
    for (i = 0; i < 3; i++) {
        CHECK(sent_count == 1);
        peer(a.socket, 20, 0, 20, 0, "late", 4);
    }
    CHECK(sent_count == 2 && is_packet(1, 0x88, 0, 8));
    peer(a.socket, 8, 0, 20, 0x60, "", 0);                  /* an end of message alone takes a number */
    CHECK(is_packet(2, 0x80, 0, 9) && get16(packet(2) + 10) == 105);
    CHECK(io(&r, &a, dspRead, into, 100, 0, 0) == 0 && r.u.ioParams.actCount == 0 && r.u.ioParams.eom == 1);
    for (i = 0; i < 2; i++) peer(a.socket, 9 + 50 * (uint32_t)i, 0, 20, 0x40, into, 50);
    CHECK(is_packet(4, 0x80, 0, 109) && get16(packet(4) + 10) == 6);
    peer(a.socket, 109, 0, 20, 0x40, into, 7);              /* too long: discarded, acknowledged */
    CHECK(is_packet(5, 0x80, 0, 109));
    CHECK(io(&r, &a, dspRead, into, 60, 0, 0) == 0 && r.u.ioParams.eom == 0);
    CHECK(sent_count == 7 && is_packet(6, 0x80, 0, 109) && get16(packet(6) + 10) == 66);
    /* The peer closes: what is here can be read, then nothing comes. */
    peer(a.socket, 120, 0, 20, 0x85, 0, 0);
    CHECK(a.ccb.state == sOpen);
    peer(a.socket, 109, 0, 20, 0x85, 0, 0);
    CHECK(a.ccb.state == sClosed && a.ccb.userFlags == eClosed);
    CHECK(io(&r, &a, dspRead, into, 100, 0, 0) == 0 && r.u.ioParams.actCount == 40);
    CHECK(io(&r, &a, dspRead, into, 100, 0, 0) == 0 && r.u.ioParams.actCount == 0 && r.u.ioParams.eom == 0);
    remove_end(&a);
}

/* Figure 12-7, and "Attention messages". */
static void test_attention(void) {
    uint8_t expected[18] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 0x12, 0x34, 'o', 'n', 'e'};
    DSPParamBlock first = {0}, second = {0};
    open_to_peer(600, 600, 0);
    put16(expected, open_a.u.openParams.localCID);
    first.u.attnParams.attnCode = 0x1234;
    first.u.attnParams.attnSize = 3;
    first.u.attnParams.attnData = (uint8_t *)"one";
    CHECK(dsp(&first, a.number, dspAttention) == 1 && dsp(&second, a.number, dspAttention) == 1);
    CHECK(sent_count == 1 && sent_length[0] == 8 + 18 && memcmp(packet(0), expected, 18) == 0);
    adsp_timer(64);
    CHECK(sent_count == 2 && memcmp(packet(1), expected, 18) == 0);
    peer(a.socket, 0, 1, 0, 0x90, 0, 0);
    CHECK(first.ioResult == 0 && second.ioResult == 1 && sent_count == 3 && is_packet(2, 0x50, 1, 0));
    /* One comes from there, with the acknowledgment of the second one. */
    peer(a.socket, 0, 2, 0, 0x50, "\001\002hello", 7);
    CHECK(second.ioResult == 0 && sent_count == 4 && is_packet(3, 0x90, 2, 1));
    CHECK(a.ccb.userFlags == eAttention && a.ccb.attnCode == 0x0102 && a.ccb.attnSize == 5);
    CHECK(memcmp(a.attention, "hello", 5) == 0);
    peer(a.socket, 1, 2, 0, 0x50, "\001\003", 2);           /* not read yet: neither taken nor acknowledged */
    CHECK(sent_count == 4 && a.ccb.attnCode == 0x0102);
    peer(a.socket, 0, 2, 0, 0x50, "\001\002hello", 7);      /* a repetition: acknowledged again */
    CHECK(sent_count == 5 && is_packet(4, 0x90, 2, 1));
    a.ccb.userFlags = 0;
    peer(a.socket, 1, 2, 0, 0x50, "\001\003", 2);
    CHECK(sent_count == 6 && a.ccb.attnCode == 0x0103 && a.ccb.attnSize == 0);
    first.u.attnParams.attnSize = attnBufSize + 1;
    CHECK(dsp(&first, a.number, dspAttention) == errAttention);
    remove_end(&a);
}

static void test_forward_reset(void) {
    uint8_t data[100] = {0};
    DSPParamBlock w, reset = {0}, r;
    open_to_peer(600, 600, 10);
    io(&w, &a, dspWrite, data, 30, 0, 1);
    CHECK(dsp(&reset, a.number, dspReset) == 1 && sent_count == 2 && is_packet(1, 0x86, 10, 0));
    io(&w, &a, dspWrite, "after", 5, 0, 1);
    CHECK(sent_count == 2);                                 /* waits for the acknowledgment */
    adsp_timer(64);
    CHECK(sent_count == 3 && is_packet(2, 0x86, 10, 0));
    peer(a.socket, 0, 9, 10, 0x87, 0, 0);
    CHECK(reset.ioResult == 1);
    peer(a.socket, 0, 10, 10, 0x87, 0, 0);
    CHECK(reset.ioResult == 0 && sent_count == 4 && is_packet(3, 0x40, 10, 0) && sent_length[3] == 8 + 13 + 5);

    peer(a.socket, 0, 15, 10, 0, "unread", 6);
    CHECK(io(&r, &a, dspRead, data, 100, 0, 0) == 1);
    peer(a.socket, 6 + 600, 15, 10, 0x86, 0, 0);            /* beyond the window: disregarded, acknowledged */
    CHECK(r.ioResult == 1 && sent_count == 5 && is_packet(4, 0x87, 15, 6));
    peer(a.socket, 20, 15, 10, 0x86, 0, 0);
    CHECK(r.ioResult == errFwdReset && a.ccb.userFlags == eFwdReset && is_packet(5, 0x87, 15, 20));
    remove_end(&a);
}

/* Figures 12-5, 12-6 and 12-15; the user routine. */
static void test_probes_and_tear_down(void) {
    DSPParamBlock r, w;
    uint8_t into[8];
    int n;
    open_to_peer(600, 600, 100);
    adsp_timer(1800);
    CHECK(sent_count == 1 && is_packet(0, 0xC0, 0, 0));
    peer(a.socket, 0, 0, 100, 0xC0, 0, 0);
    CHECK(sent_count == 2 && is_packet(1, 0x80, 0, 0));
    io(&w, &a, dspWrite, "half", 4, 0, 1);
    CHECK(sent_count == 3);
    peer_open(a.socket, 100, 0x83, open_a.u.openParams.localCID);
    CHECK(sent_count == 5 && is_packet(3, 0x82, 0, 0) && is_packet(4, 0x40, 0, 0));
    peer(a.socket, 0, 4, 100, 0, "data", 4);
    peer_open(a.socket, 100, 0x83, open_a.u.openParams.localCID);
    CHECK(sent_count == 5);                                 /* a late duplicate (figure 12-16) */
    io(&r, &a, dspRead, into, 4, 0, 0);
    io(&r, &a, dspRead, into, 8, 0, 0);
    a.ccb.userFlags = 0;
    ((End *)&a.ccb)->userRoutine = (void *)user_routine;
    for (n = 1; n <= 3; n++) {
        adsp_timer(1800);
        CHECK(sent_count == 5 + n && packet(4 + n)[12] == 0xC0 && a.ccb.state == sOpen);
    }
    adsp_timer(1800);
    CHECK(packet(8)[12] == 0x85 && a.ccb.state == sClosed && r.ioResult == 0 && r.u.ioParams.actCount == 0);
    CHECK(events == 1 && event_ccb == (uint32_t)&a.ccb && a.ccb.userFlags == 0);
    remove_end(&a);
}

static void test_establish_and_errors(void) {
    DSPParamBlock r;
    uint8_t socket;
    memset(&pb, 0, sizeof pb);
    pb.u.initParams.ccbPtr = &a.ccb;
    pb.u.initParams.sendQSize = 99;
    pb.u.initParams.recvQSize = 100;
    pb.u.initParams.sendQueue = a.out;
    pb.u.initParams.recvQueue = a.in;
    CHECK(dsp(&pb, 0, dspInit) == errDSPQueueSize);
    CHECK(dsp(&pb, 999, dspOpen) == errRefNum && dsp(&pb, 999, 240) == controlErr);
    init(&a, 600, 600, 0);
    CHECK(dsp(&pb, a.number, dspNewCID) == 0 && pb.u.newCIDParams.newCID != 0);
    socket = a.socket;
    memset(&open_a, 0, sizeof open_a);
    open_a.u.openParams.ocMode = ocEstablish;
    open_a.u.openParams.remoteAddress.aNode = 9;
    open_a.u.openParams.remoteAddress.aSocket = other;
    open_a.u.openParams.remoteCID = 0x0901;
    open_a.u.openParams.sendSeq = 0xFFFFFFFE;               /* sequence numbers wrap around */
    open_a.u.openParams.sendWindow = 100;
    open_a.u.openParams.recvSeq = 0xFFFFFFFD;
    CHECK(dsp(&open_a, a.number, dspOpen) == 0 && a.ccb.state == sOpen && sent_count == 0);
    CHECK(io(&pb, &a, dspWrite, "wrap", 4, 0, 1) == 0 && is_packet(0, 0x40, 0xFFFFFFFE, 0xFFFFFFFD));
    peer(socket, 0xFFFFFFFD, 2, 100, 0x40, "12345", 5);
    CHECK(is_packet(1, 0x80, 2, 2));
    dsp(&pb, a.number, dspStatus);
    CHECK(pb.u.statusParams.sendQPending == 0 && pb.u.statusParams.recvQPending == 5);

    /* AppleTalk is closed: the other end is told, reads get what is here, nobody owns the socket any more. */
    CHECK(io(&r, &a, dspRead, a.attention, 100, 0, 0) == 1);
    adsp_shut_down();
    CHECK(packet(2)[12] == 0x85 && r.ioResult == 0 && r.u.ioParams.actCount == 5);
    CHECK(dsp(&pb, a.number, dspStatus) == errRefNum && ddp_close_socket(socket) == ddpSktErr);
}

/* Two ends of this driver on two sockets: what the one writes the other reads, over a bad network. */
static uint32_t seed = 1;
static uint32_t chance(uint32_t bound) {
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % bound;
}

static void test_stream(uint16_t out, uint16_t in) {
    static uint8_t under_way[8][620];
    static int lengths[8];
    uint8_t data[300], into[400];
    DSPParamBlock w, r;
    uint32_t written = 0, read = 0, marks_written = 0, marks_read = 0, steps = 0;
    enum { total = 30000 };
    int n, i, count = 0;
    init(&a, out, in, 0);
    init(&b, out, in, 0);
    CHECK(open(&b, &open_b, ocPassive, 0, 0) == 1 && open(&a, &open_a, ocRequest, 7, b.socket) == 1);
    open_a.u.openParams.ocMaximum = 255;
    ((End *)&a.ccb)->openRetries = ((End *)&b.ccb)->openRetries = 255;
    w.ioResult = r.ioResult = 0;
    while (read < total && ++steps < 200000) {
        for (n = 0; n < sent_count; n++) {
            int copies = chance(100) < 15 ? 0 : chance(100) < 10 ? 2 : 1;
            while (copies-- && count < 8) {
                memcpy(under_way[count], sent[n], (size_t)sent_length[n]);
                lengths[count++] = sent_length[n];
            }
        }
        sent_count = 0;
        if (count) {                                        /* mostly the oldest, now and then another one */
            i = chance(8) ? 0 : (int)chance((uint32_t)count);
            memcpy(sent[maxSent - 1], under_way[i], (size_t)lengths[i]);
            sent_length[maxSent - 1] = lengths[i];
            for (count--; i < count; i++) {
                memcpy(under_way[i], under_way[i + 1], (size_t)lengths[i + 1]);
                lengths[i] = lengths[i + 1];
            }
            deliver_sent(maxSent - 1);
        } else {
            adsp_timer(8);
        }
        if (w.ioResult == 0 && open_a.ioResult == 0 && written < total) {
            n = (int)chance(sizeof data);
            for (i = 0; i < n; i++) data[i] = (uint8_t)((written + (uint32_t)i) * 7);
            written += (uint32_t)n;
            i = chance(3) == 0;
            marks_written += (uint32_t)i;
            (void)io(&w, &a, dspWrite, data, (uint16_t)n, i, (int)chance(2));
        }
        if (r.ioResult == 0 && open_b.ioResult == 0) {
            if (read || marks_read || r.csCode == dspRead) {
                for (i = 0; i < r.u.ioParams.actCount; i++) CHECK(into[i] == (uint8_t)((read + (uint32_t)i) * 7));
                read += r.u.ioParams.actCount;
                marks_read += r.u.ioParams.eom;
            }
            (void)io(&r, &b, dspRead, into, (uint16_t)(1 + chance(sizeof into - 1)), 0, 0);
        }
        if (failures) return;
        if (written >= total && w.ioResult == 0 && r.ioResult == 1 && read + r.u.ioParams.actCount >= written) break;
    }
    CHECK(steps < 200000 && marks_read <= marks_written && marks_read + 1 >= marks_written);
    remove_end(&a);
    remove_end(&b);
}

/* The low-memory globals: one fixed page at address 0. */
static void map_low_memory(void) {
    register int d0 __asm__("d0") = 192, d1 __asm__("d1") = 0, d2 __asm__("d2") = 0x2000, d3 __asm__("d3") = 3;
    register int d4 __asm__("d4") = 0x32, d5 __asm__("d5") = -1;
    register int a0 __asm__("a0") = 0;
    __asm__ volatile("trap #0" : "+d"(d0) : "d"(d1), "d"(d2), "d"(d3), "d"(d4), "d"(d5), "a"(a0) : "memory");
}

void _start(void);
void _start(void) {
    map_low_memory();
    test_request();
    test_request_unanswered();
    test_passive();
    test_both_ask();
    test_listener();
    test_write();
    test_read();
    test_attention();
    test_forward_reset();
    test_probes_and_tear_down();
    test_establish_and_errors();
    test_stream(600, 600);
    test_stream(100, 2000);
    test_stream(2000, 100);
    host_print(failures ? "ADSP: FAILED\n" : "ADSP: ok\n");
    host_exit(failures != 0);
}
