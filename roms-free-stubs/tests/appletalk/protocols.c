/* DDP, NBP, AEP and ATP against a scripted network. */
#include "network.h"

static void test_echo(void) {
    start_test();
    arrive(7, 4, 200, 4, "\001hello", 6);
    CHECK(sent_count == 1 && sent_length[0] == 14 && sent[0][0] == 9 && sent[0][1 + 1] == 1);
    CHECK(sent[0][5] == 200 && sent[0][6] == 4 && sent[0][7] == 4 && memcmp(sent[0] + 8, "\002hello", 6) == 0);
}

static NamesTableEntry nte;
static void test_nbp(void) {
    static const uint8_t lookup[] = {0x21, 55, 0, 0, 9, 130, 0, 1, '=', 4, 'm', 'a', 'i', 'l', 1, '*'};
    static const uint8_t reply[] = {0x32, 0, 0, 0, 9, 140, 1, 1, 'A', 4, 'M', 'A', 'I', 'L', 1, '*',
                                    0, 0, 11, 141, 2, 1, 'B', 4, 'M', 'A', 'I', 'L', 1, '*'};
    uint8_t buffer[200], entity[99], packet[64];
    MPPParamBlock pb = {0};
    AddrBlock a;

    start_test();
    NBPSetNTE(&nte, (const uint8_t *)"\4Post", (const uint8_t *)"\4Mail", (const uint8_t *)"\1*", 150);
    pb.interval = 1;
    pb.count = 3;
    pb.verifyFlag = 1;
    pb.ntQElPtr = &nte;
    CHECK(mpp(&pb, registerName) == 1 && sent_count == 1);
    CHECK(sent[0][0] == 0xFF && sent[0][5] == 2 && sent[0][8] == 0x21 && sent[0][12] == 7 && sent[0][13] == 2);
    nbp_timer(8);
    nbp_timer(8);
    CHECK(sent_count == 3 && completed == 0);
    nbp_timer(8);
    CHECK(completed == 1 && pb.ioResult == 0 && sent_count == 3);
    CHECK(mpp(&pb, registerName) == nbpDuplicate);

    start_test();
    arrive(0xFF, 2, 2, 2, lookup, sizeof lookup);
    CHECK(sent_count == 1 && sent[0][0] == 9 && sent[0][5] == 130 && sent[0][8] == 0x31 && sent[0][9] == 55);
    CHECK(sent[0][12] == 7 && sent[0][13] == 150 && memcmp(sent[0] + 15, "\4Post\4Mail\1*", 12) == 0);
    memcpy(packet, lookup, sizeof lookup);
    packet[10] = 'x';
    arrive(0xFF, 2, 2, 2, packet, sizeof lookup);
    CHECK(sent_count == 1);

    start_test();
    NBPSetEntity(entity, (const uint8_t *)"\1=", (const uint8_t *)"\4Mail", (const uint8_t *)"\1*");
    pb.entityPtr = entity;
    pb.retBuffPtr = buffer;
    pb.retBuffSize = sizeof buffer;
    pb.maxToGet = 5;
    CHECK(mpp(&pb, lookupName) == 1 && sent_count == 1);
    memcpy(packet, reply, sizeof reply);
    packet[1] = sent[0][9];
    arrive(7, 2, 2, 2, packet, sizeof reply);
    arrive(7, 2, 2, 2, packet, sizeof reply);
    CHECK(pb.numGotten == 2 && completed == 0);
    nbp_timer(8);
    nbp_timer(8);
    nbp_timer(8);
    CHECK(completed == 1 && pb.ioResult == 0 && pb.numGotten == 2);
    CHECK(NBPExtract(buffer, 2, 2, entity, &a) == 0 && a.aNode == 11 && a.aSocket == 141 && entity[1] == 'B');

    start_test();
    pb.maxToGet = 1;
    mpp(&pb, lookupName);
    packet[1] = sent[0][9];
    arrive(7, 2, 2, 2, packet, sizeof reply);
    CHECK(completed == 1 && pb.numGotten == 1);

    start_test();
    NBPSetEntity(entity, (const uint8_t *)"\1A", (const uint8_t *)"\4Mail", (const uint8_t *)"\1*");
    pb.entityPtr = entity;
    pb.confirmAddr.aNode = 9;
    pb.confirmAddr.aNet = 0;
    pb.confirmAddr.aSocket = 139;
    CHECK(mpp(&pb, confirmName) == 1 && sent[0][0] == 9);
    packet[1] = sent[0][9];
    arrive(7, 2, 2, 2, packet, sizeof reply);
    CHECK(pb.ioResult == nbpConfDiff && pb.newSocket == 140);

    pb.entityPtr = nte.entityData;
    CHECK(mpp(&pb, removeName) == 0 && mpp(&pb, removeName) == nbpNotFound);
}

static void test_responder(void) {
    static const uint8_t tree[] = {0x60, 0x03, 0x11, 0x22, 1, 2, 3, 4, 'h', 'i'};
    static const uint8_t release[] = {0xC0, 0, 0x11, 0x22, 9, 8, 7, 6};
    uint8_t buffer[32], answer[600];
    ATPParamBlock open = {0}, get = {0}, respond = {0};
    BDSElement bds[2] = {{578, answer, 0, 0xAABBCCDD}, {3, answer, 0, 5}};
    uint32_t missed = appletalk_stats.atp_no_get_request;

    start_test();
    CHECK(atp(&open, openATPSkt) == 0 && open.atpSocket >= 128);
    arrive(7, open.atpSocket, 200, 3, tree, sizeof tree);
    CHECK(appletalk_stats.atp_no_get_request == missed + 1);
    get.atpSocket = open.atpSocket;
    get.reqPointer = buffer;
    get.reqLength = sizeof buffer;
    CHECK(atp(&get, getRequest) == 1);
    arrive(7, open.atpSocket, 200, 3, tree, sizeof tree);
    CHECK(completed == 1 && get.ioResult == 0 && get.reqLength == 2 && buffer[1] == 'i' && get.transID == 0x1122);
    CHECK(get.userData == 0x01020304 && get.bitMap == 3 && (get.atpFlags & 0x20) && get.addrBlock.aNode == 9);
    arrive(7, open.atpSocket, 200, 3, tree, sizeof tree);
    CHECK(appletalk_stats.atp_duplicates == 1 && sent_count == 0);

    respond.atpSocket = open.atpSocket;
    respond.addrBlock = get.addrBlock;
    respond.transID = get.transID;
    respond.bdsPointer = bds;
    respond.numOfBuffs = respond.bdsSize = 2;
    respond.atpFlags = atpEOMvalue;
    CHECK(atp(&respond, sendResponse) == 1 && sent_count == 2);
    CHECK(sent_length[0] == 3 + 5 + 8 + 578 && sent[0][8] == 0x80 && sent[0][9] == 0 && get32(sent[0] + 12) == 0xAABBCCDD);
    CHECK(sent[1][8] == 0x90 && sent[1][9] == 1 && get16(sent[1] + 10) == 0x1122);
    arrive(7, open.atpSocket, 200, 3, (const uint8_t[]){0x60, 0x02, 0x11, 0x22, 1, 2, 3, 4}, 8);
    CHECK(sent_count == 3 && sent[2][9] == 1);
    arrive(7, open.atpSocket, 201, 3, release, sizeof release);
    CHECK(completed == 1);
    arrive(7, open.atpSocket, 200, 3, release, sizeof release);
    CHECK(completed == 2 && respond.ioResult == 0 && respond.userData == 0x09080706);

    /* A release that never comes. */
    get.reqLength = sizeof buffer;
    atp(&get, getRequest);
    arrive(7, open.atpSocket, 200, 3, tree, sizeof tree);
    atp(&respond, sendResponse);
    atp_timer(1799);
    CHECK(respond.ioResult == 1);
    atp_timer(1);
    CHECK(respond.ioResult == noRelErr);

    /* At least once: done when sent. */
    start_test();
    get.reqLength = sizeof buffer;
    atp(&get, getRequest);
    arrive(7, open.atpSocket, 200, 3, (const uint8_t[]){0x40, 0x01, 0x33, 0x44, 0, 0, 0, 0}, 8);
    respond.transID = 0x3344;
    respond.numOfBuffs = 1;
    CHECK(atp(&respond, sendResponse) == 0 && sent_count == 1 && sent[0][8] == 0x90);

    get.reqLength = sizeof buffer;
    atp(&get, getRequest);
    CHECK(atp(&open, closeATPSkt) == 0 && get.ioResult == reqAborted);
}

static void test_requester(void) {
    uint8_t buffers[2][16], packet[24];
    BDSElement bds[2] = {{16, buffers[0], 0, 0}, {16, buffers[1], 0, 0}};
    ATPParamBlock pb = {0};

    atp_requester_init();
    start_test();
    pb.addrBlock.aNode = 9;
    pb.addrBlock.aSocket = 200;
    pb.userData = 0x01020304;
    pb.reqPointer = "abc";
    pb.reqLength = 3;
    pb.bdsPointer = bds;
    pb.numOfBuffs = 2;
    pb.timeOutVal = 1;
    pb.retryCount = 1;
    pb.atpFlags = atpXOvalue;
    CHECK(atp(&pb, sendRequest) == 1 && sent_count == 1);
    CHECK(sent[0][8] == 0x60 && sent[0][9] == 3 && sent_length[0] == 3 + 5 + 8 + 3 && sent[0][16] == 'a');
    memcpy(packet, sent[0] + 8, 8);
    packet[0] = 0x90;
    packet[1] = 1;
    memcpy(packet + 8, "second", 6);
    arrive(7, sent[0][6], 200, 3, packet, 14);
    CHECK(completed == 0 && pb.currBitMap == 1 && pb.numOfResps == 1);
    atp_timer(60);
    CHECK(sent_count == 2 && sent[1][9] == 1 && pb.retryCount == 0);
    packet[0] = 0x80;
    packet[1] = 0;
    arrive(7, sent[0][6], 200, 3, packet, 14);
    CHECK(completed == 1 && pb.ioResult == 0 && pb.numOfResps == 2 && bds[1].dataSize == 6 && buffers[1][0] == 's');
    CHECK(sent_count == 3 && sent[2][8] == 0xC0 && get16(sent[2] + 10) == pb.reqTID);

    start_test();
    pb.numOfBuffs = 2;
    pb.retryCount = 2;
    atp(&pb, sendRequest);
    atp_timer(60);
    atp_timer(60);
    CHECK(sent_count == 3 && completed == 0);
    atp_timer(60);
    CHECK(completed == 1 && pb.ioResult == reqFailed);
    pb.numOfBuffs = 2;
    pb.retryCount = 2;
    atp(&pb, sendRequest);
    CHECK(atp_release_tcb(pb.reqTID, pb.addrBlock) == 0 && pb.ioResult == reqAborted);
}

uint8_t listened[16], rest_left;
void listener(void);
__asm__("listener:\tmovem.l %d0-%d1,heard\n\tlea listened,%a3\n\tmoveq #2,%d3\n\tjsr (%a4)\n\tmoveq #10,%d3\n\tjsr 2(%a4)\n\t"
        "move.b %d3,rest_left\n\trts");
uint32_t heard[2];
static void test_listener(void) {
    MPPParamBlock pb = {0};
    uint8_t header[16] = {0};
    WDSElement wds[2] = {{16, header}, {0, 0}};
    start_test();
    pb.listener = (void *)listener;
    CHECK(mpp(&pb, openSkt) == 0);
    arrive(7, pb.socket, 200, 99, "abcdefg", 7);
    CHECK(heard[0] == pb.socket && heard[1] == 7 && memcmp(listened, "abcdefg", 7) == 0 && rest_left == 5);
    header[11] = 9;
    header[13] = 200;
    header[15] = 99;
    pb.wdsPointer = wds;
    CHECK(mpp(&pb, writeDDP) == 0 && sent_count == 1 && sent_length[0] == 8 && sent[0][5] == 200 && sent[0][7] == 99);
    CHECK(mpp(&pb, closeSkt) == 0 && mpp(&pb, closeSkt) == ddpSktErr);
}

/* Long header and checksum: to another network through a router RTMP told of. */
static void test_router(void) {
    AddrBlock to = {3, 12, 50};
    WDSElement wds[2] = {{4, "data"}, {0, 0}};
    uint32_t errors = appletalk_stats.ddp_errors, unwanted = appletalk_stats.no_socket;
    start_test();
    CHECK(ddp_send(4, to, 99, wds, 1, 0) == noBridgeErr);
    arrive(0xFF, 1, 1, 1, (const uint8_t[]){0, 2, 8, 20}, 4);
    CHECK(ddp_this_net == 2 && ddp_router == 20);
    CHECK(ddp_send(4, to, 99, wds, 1, 0) == 0 && sent[0][0] == 20 && sent[0][2] == 2 && sent[0][15] == 99);
    sent[0][0] = sent[0][11] = 7;
    llap_deliver(sent[0], sent_length[0]);
    CHECK(appletalk_stats.ddp_errors == errors + 1);
    rtmp_timer(3000);
    CHECK(ddp_router == 0);
    CHECK(appletalk_stats.no_socket == unwanted);
}

/* Self-send: a lookup finds this node's own name, and a transaction with this node's own socket runs to its end. */
static void test_self_send(void) {
    uint8_t buffer[64], entity[99], in[8], out[4] = "out", back[8];
    MPPParamBlock pb = {0};
    ATPParamBlock open = {0}, get = {0}, ask = {0}, respond = {0};
    BDSElement reply = {4, out, 0, 0}, answer = {8, back, 0, 0};

    start_test();
    pb.newSelfFlag = 1;
    CHECK(mpp(&pb, setSelfSend) == 0 && pb.oldSelfFlag == 0);
    NBPSetNTE(&nte, (const uint8_t *)"\4Self", (const uint8_t *)"\4Test", (const uint8_t *)"\1*", 150);
    pb.interval = pb.count = 1;
    pb.verifyFlag = 0;
    pb.ntQElPtr = &nte;
    CHECK(mpp(&pb, registerName) == 0);
    NBPSetEntity(entity, (const uint8_t *)"\4self", (const uint8_t *)"\1=", (const uint8_t *)"\1*");
    pb.interval = pb.count = 1;
    pb.entityPtr = entity;
    pb.retBuffPtr = buffer;
    pb.retBuffSize = sizeof buffer;
    pb.maxToGet = 1;
    CHECK(mpp(&pb, lookupName) == 1 && pb.ioResult == 0 && pb.numGotten == 1 && buffer[2] == 7 && buffer[3] == 150);

    CHECK(atp(&open, openATPSkt) == 0);
    get.atpSocket = open.atpSocket;
    get.reqPointer = in;
    get.reqLength = sizeof in;
    atp(&get, getRequest);
    ask.addrBlock.aNode = 7;
    ask.addrBlock.aSocket = open.atpSocket;
    ask.reqPointer = "in";
    ask.reqLength = 3;
    ask.bdsPointer = &answer;
    ask.numOfBuffs = ask.timeOutVal = ask.retryCount = 1;
    ask.atpFlags = atpXOvalue;
    CHECK(atp(&ask, sendRequest) == 1 && get.ioResult == 0 && memcmp(in, "in", 3) == 0);
    respond.atpSocket = open.atpSocket;
    respond.addrBlock = get.addrBlock;
    respond.transID = get.transID;
    respond.bdsPointer = &reply;
    respond.numOfBuffs = respond.bdsSize = 1;
    CHECK(atp(&respond, sendResponse) == 1);
    CHECK(ask.ioResult == 0 && respond.ioResult == 0 && memcmp(back, "out", 4) == 0);
    pb.newSelfFlag = 0;
    CHECK(mpp(&pb, setSelfSend) == 0 && pb.oldSelfFlag == 1);
}

void test_protocols(void) {
    test_echo();
    test_nbp();
    test_responder();
    test_requester();
    test_listener();
    test_router();
    test_self_send();
}
