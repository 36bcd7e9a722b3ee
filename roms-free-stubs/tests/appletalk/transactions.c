/* ATP beyond the plain cases: release timers, limits, killed calls, responses in parts, addresses that become known late. */
#include "network.h"

static uint8_t request_data[100][8], response_data[8] = "answer";

static uint8_t open_socket(void) {
    ATPParamBlock open = {0};
    CHECK(atp(&open, openATPSkt) == 0);
    return open.atpSocket;
}

static void shut(uint8_t socket) {
    ATPParamBlock pb = {0};
    pb.atpSocket = socket;
    CHECK(atp(&pb, closeATPSkt) == 0 && atp(&pb, closeATPSkt) == badATPSkt);
}

static void get(ATPParamBlock *pb, uint8_t socket, int n) {
    memset(pb, 0, sizeof *pb);
    pb->atpSocket = socket;
    pb->reqPointer = request_data[n];
    pb->reqLength = 8;
    CHECK(atp(pb, getRequest) == 1);
}

static void treq(uint8_t socket, uint8_t control, uint8_t bitmap, uint16_t tid) {
    uint8_t packet[8] = {control, bitmap, (uint8_t)(tid >> 8), (uint8_t)tid};
    arrive(7, socket, 200, 3, packet, 8);
}

static BDSElement one[8] = {{6, response_data, 0, 1}, {6, response_data, 0, 2}, {6, response_data, 0, 3}, {6, response_data, 0, 4},
                            {6, response_data, 0, 5}, {6, response_data, 0, 6}, {6, response_data, 0, 7}, {6, response_data, 0, 8}};

static OSErr respond(ATPParamBlock *pb, uint8_t packets) {
    pb->bdsPointer = one;
    pb->numOfBuffs = packets;
    pb->bdsSize = 8;
    pb->atpFlags = atpEOMvalue;
    return atp(pb, sendResponse);
}

/* Phase 2: 30 s, 1, 2, 4 and 8 minutes, asked for in the low bits of the TReq's control byte.  After the timer the same request is
   executed again. */
static void test_release_timers(void) {
    uint8_t socket = open_socket(), code;
    ATPParamBlock pb;
    for (code = 0; code <= 4; code++) {
        int32_t ticks = 1800 << code;
        start_test();
        get(&pb, socket, 0);
        treq(socket, 0x60 | code, 1, (uint16_t)(0x100 + code));
        CHECK(respond(&pb, 1) == 1 && sent_count == 1);
        atp_timer(ticks - 1);
        CHECK(pb.ioResult == 1);
        treq(socket, 0x60 | code, 1, (uint16_t)(0x100 + code));     /* a repetition: answered again, the timer begins again */
        CHECK(sent_count == 2);
        atp_timer(ticks - 1);
        CHECK(pb.ioResult == 1);
        atp_timer(1);
        CHECK(pb.ioResult == noRelErr);
    }
    get(&pb, socket, 0);
    treq(socket, 0x60, 1, 0x104);
    CHECK(pb.ioResult == 0);
    shut(socket);
}

/* The requester asks for such a timer with bit 2 of atpFlags and TRelTime. */
static void test_asking_for_a_timer(void) {
    ATPParamBlock ask = {0};
    start_test();
    ask.addrBlock.aNode = 9;
    ask.addrBlock.aSocket = 200;
    ask.bdsPointer = one;
    ask.numOfBuffs = ask.timeOutVal = 1;
    ask.atpFlags = atpXOvalue | atpTRelTimevalue;
    ask.TRelTime = atpTRel4m;
    CHECK(atp(&ask, sendRequest) == 1 && sent[0][8] == 0x63);
    atp_abort_requests(sent[0][6]);
    CHECK(ask.ioResult == reqAborted);
    ask.atpFlags = atpXOvalue;
    atp(&ask, sendRequest);
    CHECK(sent[1][8] == 0x60);
    atp_abort_requests(sent[1][6]);
}

/* TRels that get lost hold a control block each, not the getRequest calls: those are free for the next requests. */
static void test_lost_releases(void) {
    static ATPParamBlock pbs[97];
    uint8_t socket = open_socket();
    uint32_t full = appletalk_stats.atp_no_rspcb;
    int i;
    for (i = 0; i < 96; i++) {
        start_test();
        get(&pbs[i], socket, i);
        treq(socket, 0x60, 1, (uint16_t)i);
        CHECK(pbs[i].ioResult == 0 && respond(&pbs[i], 1) == 1 && pbs[i].ioResult == 1);
    }
    get(&pbs[96], socket, 96);
    treq(socket, 0x60, 1, 96);
    CHECK(pbs[96].ioResult == 1 && appletalk_stats.atp_no_rspcb == full + 1);
    treq(socket, 0x40, 1, 96);                                      /* at least once needs none */
    CHECK(pbs[96].ioResult == 0);
    /* A server that hears from a client again need not wait for the old release. */
    {
        ATPParamBlock release = {0};
        release.atpSocket = socket;
        release.addrBlock = pbs[5].addrBlock;
        release.transID = 5;
        CHECK(atp(&release, relRspCB) == 0 && pbs[5].ioResult == 0 && atp(&release, relRspCB) == cbNotFound);
    }
    start_test();
    atp_timer(1800);
    CHECK(completed == 95 && pbs[0].ioResult == noRelErr && pbs[95].ioResult == noRelErr);
    shut(socket);
}

static void test_killed_calls(void) {
    uint8_t socket = open_socket(), other = open_socket();
    ATPParamBlock a, b, c, kill = {0}, ask = {0};
    start_test();
    get(&a, socket, 0);
    get(&b, socket, 1);
    get(&c, other, 2);
    kill.aKillQEl = &b;
    CHECK(atp(&kill, killGetReq) == 0 && b.ioResult == reqAborted && a.ioResult == 1 && atp(&kill, killGetReq) == cbNotFound);
    get(&b, socket, 1);
    kill.atpSocket = socket;
    CHECK(atp(&kill, killAllGetReq) == 0 && a.ioResult == reqAborted && b.ioResult == reqAborted && c.ioResult == 1);
    CHECK(atp(&kill, killAllGetReq) == cbNotFound);
    shut(other);
    CHECK(c.ioResult == reqAborted);

    /* nSendRequest from the program's own socket; relTCB is for sendRequest only. */
    ask.atpSocket = socket;
    ask.addrBlock.aNode = 9;
    ask.addrBlock.aSocket = 200;
    ask.bdsPointer = one;
    ask.numOfBuffs = ask.timeOutVal = 1;
    start_test();
    CHECK(atp(&ask, nSendRequest) == 1 && sent[0][6] == socket && ask.intBuff == socket);
    CHECK(atp_release_tcb(ask.reqTID, ask.addrBlock) == cbNotFound);
    kill.aKillQEl = &ask;
    CHECK(atp(&kill, killSendReq) == 0 && ask.ioResult == reqAborted && atp(&kill, killSendReq) == cbNotFound);
    ask.atpSocket = 250;
    CHECK(atp(&ask, nSendRequest) == badATPSkt);
    ask.numOfBuffs = 9;
    CHECK(atp(&ask, sendRequest) == badBuffNum);
    ask.numOfBuffs = 1;
    ask.reqLength = 579;
    CHECK(atp(&ask, sendRequest) == ddpLenErr);
    shut(socket);
}

static void test_request_limits(void) {
    static ATPParamBlock asks[33];
    uint8_t socket = open_socket();
    int i;
    for (i = 0; i < 33; i++) {
        memset(&asks[i], 0, sizeof asks[i]);
        asks[i].atpSocket = socket;
        asks[i].addrBlock.aNode = 9;
        asks[i].addrBlock.aSocket = 200;
        asks[i].bdsPointer = one;
        asks[i].numOfBuffs = asks[i].timeOutVal = 1;
    }
    start_test();
    for (i = 0; i < 12; i++) CHECK(atp(&asks[i], sendRequest) == 1);
    CHECK(atp(&asks[12], sendRequest) == tooManyReqs);
    for (; i < 32; i++) {
        sent_count = 0;
        CHECK(atp(&asks[i], nSendRequest) == 1);
    }
    CHECK(atp(&asks[32], nSendRequest) == tooManyReqs);
    atp_timer(60);                                                  /* no retries asked for */
    CHECK(completed == 32 && asks[0].ioResult == reqFailed && asks[31].ioResult == reqFailed);
    shut(socket);
}

/* sendResponse with part of the response, addResponse with more of it, all of it again to who asks. */
static void test_response_in_parts(void) {
    uint8_t socket = open_socket();
    ATPParamBlock pb, add = {0};
    start_test();
    get(&pb, socket, 0);
    treq(socket, 0x60, 0x0F, 0x777);
    add.atpSocket = socket;
    add.addrBlock = pb.addrBlock;
    add.rspTransID = 0x777;
    add.rspNum = 1;
    add.reqPointer = response_data;
    add.reqLength = 6;
    CHECK(atp(&add, addResponse) == noSendResp);
    pb.bdsPointer = one;
    pb.numOfBuffs = 1;
    pb.bdsSize = 3;
    pb.atpFlags = 0;
    CHECK(atp(&pb, sendResponse) == 1 && sent_count == 1 && sent[0][8] == 0x80);
    CHECK(atp(&add, addResponse) == 0 && sent_count == 2 && sent[1][8] == 0x80 && sent[1][9] == 1);
    add.rspNum = 3;
    CHECK(atp(&add, addResponse) == badBuffNum);
    add.rspNum = 2;
    add.atpFlags = atpEOMvalue;
    CHECK(atp(&add, addResponse) == 0 && sent_count == 3 && sent[2][8] == 0x90);
    treq(socket, 0x60, 0x07, 0x777);
    CHECK(sent_count == 6 && sent[5][8] == 0x90 && sent[5][9] == 2);
    add.rspNum = 8;
    CHECK(atp(&add, addResponse) == badBuffNum);
    shut(socket);
    CHECK(pb.ioResult == reqAborted);
}

/* Eight packets that come out of order and twice; STS asks for the bitmap at once; EOM ends a shorter response. */
static void test_eight_packets(void) {
    static uint8_t buffers[8][4];
    BDSElement bds[8];
    ATPParamBlock ask = {0};
    static const uint8_t order[] = {7, 0, 3, 3, 1, 6, 5, 4};
    uint8_t packet[12];
    unsigned i;

    for (i = 0; i < 8; i++) bds[i] = (BDSElement){4, buffers[i], 0, 0};
    start_test();
    ask.addrBlock.aNode = 9;
    ask.addrBlock.aSocket = 200;
    ask.bdsPointer = bds;
    ask.numOfBuffs = 8;
    ask.timeOutVal = 2;
    ask.retryCount = 255;
    ask.atpFlags = atpXOvalue;
    CHECK(atp(&ask, sendRequest) == 1 && sent[0][9] == 0xFF);
    memcpy(packet, sent[0] + 8, 8);
    for (i = 0; i < sizeof order; i++) {
        packet[0] = order[i] == 4 ? 0x88 : 0x80;
        packet[1] = order[i];
        memset(packet + 8, order[i], 4);
        arrive(7, sent[0][6], 200, 3, packet, 12);
    }
    CHECK(completed == 0 && ask.currBitMap == 4 && ask.numOfResps == 7 && sent_count == 2 && sent[1][9] == 4);
    for (i = 0; i < 5; i++) {                                       /* for ever */
        sent_count = 0;
        atp_timer(120);
        CHECK(sent_count == 1 && sent[0][8] == 0x60 && ask.retryCount == 255);
    }
    packet[0] = 0x80;
    packet[1] = 2;
    arrive(7, sent[0][6], 200, 3, packet, 12);
    CHECK(completed == 1 && ask.ioResult == 0 && ask.numOfResps == 8 && buffers[7][3] == 7 && sent[1][8] == 0xC0);

    start_test();
    ask.numOfBuffs = 8;
    ask.atpFlags = 0;
    atp(&ask, sendRequest);
    memcpy(packet + 2, sent[0] + 10, 2);
    packet[0] = 0x90;
    packet[1] = 1;
    arrive(7, sent[0][6], 200, 3, packet, 12);
    CHECK(ask.currBitMap == 1);
    packet[0] = 0x80;
    packet[1] = 0;
    arrive(7, sent[0][6], 200, 3, packet, 12);
    CHECK(completed == 1 && ask.numOfResps == 2 && ask.atpFlags & atpEOMvalue && sent_count == 1);
}

/* The network's number becomes known between request and repetition: still the same transaction. */
static void test_network_number_learnt(void) {
    uint8_t socket = open_socket();
    ATPParamBlock pb;
    uint32_t duplicates = appletalk_stats.atp_duplicates;
    start_test();
    ddp_this_net = 0;
    get(&pb, socket, 0);
    treq(socket, 0x60, 1, 0x55);
    ddp_this_net = 2;
    treq(socket, 0x60, 1, 0x55);
    CHECK(appletalk_stats.atp_duplicates == duplicates + 1);
    CHECK(respond(&pb, 1) == 1 && sent_count == 1 && sent[0][0] == 9 && sent[0][2] == 1);
    arrive(7, socket, 200, 3, (const uint8_t[]){0xC0, 0, 0, 0x55, 0, 0, 0, 0}, 8);
    CHECK(pb.ioResult == 0);
    shut(socket);
}

/* A socket opened for one client only. */
static void test_filter(void) {
    ATPParamBlock open = {0}, pb;
    open.addrBlock.aNode = 10;
    CHECK(atp(&open, openATPSkt) == 0);
    start_test();
    get(&pb, open.atpSocket, 0);
    treq(open.atpSocket, 0x60, 1, 1);
    CHECK(pb.ioResult == 1);
    shut(open.atpSocket);
}

void test_transactions(void) {
    test_release_timers();
    test_asking_for_a_timer();
    test_lost_releases();
    test_killed_calls();
    test_request_limits();
    test_response_in_parts();
    test_eight_packets();
    test_network_number_learnt();
    test_filter();
}
