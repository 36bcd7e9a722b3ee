/* Headers and checksums byte by byte, RTMP, NBP's wildcards and functions, ZIP, the transition queue. */
#include "network.h"

/* Inside AppleTalk, chapter 4: a short header within the network, a long one with the checksum to another.  The sum was
   computed apart from this code: add, rotate left, over the bytes from the destination network on. */
static void test_headers(void) {
    static const uint8_t short_frame[] = {9, 7, 1, 0x00, 0x09, 130, 131, 42, 'd', 'a', 't', 'a'};
    static const uint8_t long_frame[] = {20, 7, 2, 0x00, 0x11, 0xA1, 0xDA, 0x00, 0x03, 0x00, 0x02, 12, 7, 50, 131, 42,
                                         'd', 'a', 't', 'a'};
    WDSElement wds[3] = {{2, "da"}, {2, "ta"}, {0, 0}};
    AddrBlock near = {0, 9, 130}, far = {3, 12, 50};

    start_test();
    arrive(0xFF, 1, 1, 1, (const uint8_t[]){0, 2, 8, 20}, 4);
    CHECK(ddp_send(131, near, 42, wds, 1, 0) == 0);
    CHECK(sent_length[0] == sizeof short_frame && memcmp(sent[0], short_frame, sizeof short_frame) == 0);
    near.aNet = 2;
    CHECK(ddp_send(131, near, 42, wds, 1, 0) == 0);
    CHECK(sent_length[1] == sizeof short_frame && memcmp(sent[1], short_frame, sizeof short_frame) == 0);
    CHECK(ddp_send(131, far, 42, wds, 1, 0) == 0);
    CHECK(sent_length[2] == sizeof long_frame && memcmp(sent[2], long_frame, sizeof long_frame) == 0);
    CHECK(ddp_send(131, far, 42, wds, 0, 0) == 0 && sent[3][5] == 0 && sent[3][6] == 0);
}

/* A long header for the echoer of this node: from network `from`, to network `to`. */
static int long_echo(uint8_t *frame, uint8_t to, uint8_t from) {
    static const uint8_t echo[] = {7, 9, 2, 0x04, 14, 0, 0, 0, 0, 0, 0, 7, 12, 4, 200, 4, 1};
    memcpy(frame, echo, sizeof echo);
    frame[8] = to;
    frame[10] = from;
    return sizeof echo;
}

static void test_long_headers_received(void) {
    uint8_t frame[32];
    uint32_t errors = appletalk_stats.ddp_errors;
    int size = long_echo(frame, 2, 3);

    start_test();
    llap_deliver(frame, size);
    CHECK(sent_count == 1 && sent[0][0] == 20 && sent[0][2] == 2 && sent[0][8] == 3 && sent[0][11] == 12 && sent[0][16] == 2);
    size = long_echo(frame, 0, 2);                      /* "this network", from a node of it: the reply needs no router */
    llap_deliver(frame, size);
    CHECK(sent_count == 2 && sent[1][0] == 12 && sent[1][2] == 1);
    size = long_echo(frame, 5, 3);                      /* another network's */
    llap_deliver(frame, size);
    CHECK(sent_count == 2 && appletalk_stats.ddp_errors == errors + 1);
    size = long_echo(frame, 2, 3);
    frame[4] = 200;                                     /* longer than the frame */
    llap_deliver(frame, size);
    frame[4] = 12;                                      /* shorter than the header */
    llap_deliver(frame, size);
    CHECK(sent_count == 2 && appletalk_stats.ddp_errors == errors + 3);
    size = long_echo(frame, 2, 3);
    frame[11] = 8;                                      /* another node's */
    llap_deliver(frame, size);
    CHECK(sent_count == 2);
}

/* Chapter 5: the stub asks once, believes data and responses, the last router heard, and forgets a silent one. */
static void test_rtmp(void) {
    static const uint8_t request[] = {0xFF, 7, 1, 0, 6, 1, 1, 5, 1};
    MPPParamBlock pb = {0};
    start_test();
    rtmp_request();
    CHECK(sent_count == 1 && sent_length[0] == sizeof request && memcmp(sent[0], request, sizeof request) == 0);
    arrive(7, 1, 1, 1, (const uint8_t[]){0, 2, 8, 21}, 4);
    CHECK(ddp_router == 21);
    rtmp_timer(2992);
    CHECK(ddp_router == 21);
    arrive(0xFF, 1, 1, 1, (const uint8_t[]){0, 2, 8, 22, 0, 0, 0x82, 0, 3, 0x00}, 10);
    rtmp_timer(2992);
    CHECK(ddp_router == 22);
    CHECK(mpp(&pb, GetATalkInfo) == 0 && pb.info.ourAddr == 0x00020700 && pb.info.routerAddr == 0x00021600);
    CHECK(pb.info.netLo == 2 && pb.info.netHi == 2 && pb.info.version == 1);
    pb.info.version = 2;
    CHECK(mpp(&pb, GetATalkInfo) == paramErr);
    rtmp_timer(8);
    CHECK(ddp_router == 0 && ddp_this_net == 2);
    arrive(0xFF, 1, 1, 1, (const uint8_t[]){0, 2, 16, 22}, 4);      /* not an id of 8 bits */
    arrive(0xFF, 1, 1, 1, (const uint8_t[]){0, 2, 8}, 3);
    arrive(0xFF, 1, 1, 5, (const uint8_t[]){0, 2, 8, 22}, 4);
    CHECK(ddp_router == 0);
}

static int matches(const char *pattern, const char *name) {
    uint8_t a[99], b[99];
    NBPSetEntity(a, (const uint8_t *)pattern, (const uint8_t *)"\1=", (const uint8_t *)"\1*");
    NBPSetEntity(b, (const uint8_t *)name, (const uint8_t *)"\4Type", (const uint8_t *)"\1*");
    return nbp_matches(a, b);
}

/* Chapter 7 and appendix D. */
static void test_wildcards(void) {
    CHECK(matches("\1=", "\0") && matches("\1=", "\5Mario"));
    CHECK(matches("\4MAIL", "\4mail") && !matches("\4mail", "\5mails"));
    CHECK(matches("\5na\x95" "ve", "\5NA\x95VE") && matches("\3\x8An", "\3\x80N") && matches("\1\xBE", "\1\xAE"));
    CHECK(!matches("\1\x8A", "\1\x8B") && !matches("\1\xAE", "\1\xAF"));
    CHECK(matches("\1\xC5", "\0") && matches("\1\xC5", "\3any"));
    CHECK(matches("\5ma\xC5il", "\4mail") && matches("\5MA\xC5IL", "\6mantil") && !matches("\5ma\xC5il", "\3mai"));
    CHECK(matches("\3ab\xC5", "\5abcde") && matches("\3\xC5" "de", "\5abcde") && !matches("\3\xC5" "dx", "\5abcde"));
    CHECK(!matches("\5aba\xC5" "b", "\3abb"));
}

static NamesTableEntry entries[20];

static void test_functions(void) {
    static const uint8_t lookup[] = {0x21, 55, 0, 0, 9, 130, 0, 1, '=', 5, 'M', 'a', 'n', 'y', 0xC5, 4, 'H', 'e', 'r', 'e'};
    uint8_t packet[sizeof lookup];
    MPPParamBlock pb = {0};
    int i, first, second;
    const NamesTableEntry *before = nbp_names;

    start_test();
    pb.interval = pb.count = 1;
    for (i = 0; i < 20; i++) {
        NBPSetNTE(&entries[i], (const uint8_t *)"\2No", (const uint8_t *)"\6Many..", (const uint8_t *)"\1*", (uint8_t)(130 + i));
        entries[i].entityData[2] = (uint8_t)('a' + i);
        pb.ntQElPtr = &entries[i];
        CHECK(mpp(&pb, registerName) == 0);
    }
    arrive(0xFF, 2, 2, 2, lookup, sizeof lookup);       /* a zone's name is the routers' business */
    first = sent[0][8];
    second = sent[1][8];
    CHECK(sent_count == 2 && first == 0x3F && second == 0x35 && sent[0][9] == 55 && sent[1][9] == 55);

    memcpy(packet, lookup, sizeof lookup);
    packet[0] = 0x11;                                   /* BrRq: answered in the absence of routers only */
    arrive(7, 2, 2, 2, packet, sizeof packet);
    CHECK(sent_count == 4);
    packet[0] = 0x41;                                   /* FwdReq: for routers */
    arrive(7, 2, 2, 2, packet, sizeof packet);
    CHECK(sent_count == 4);
    arrive(0xFF, 1, 1, 1, (const uint8_t[]){0, 2, 8, 20}, 4);
    packet[0] = 0x11;
    arrive(7, 2, 2, 2, packet, sizeof packet);
    CHECK(sent_count == 4);

    /* A router's LkUp of this node's own question; an asker in another network. */
    packet[0] = 0x21;
    packet[4] = 7;
    arrive(0xFF, 2, 2, 2, packet, sizeof packet);
    CHECK(sent_count == 4);
    packet[3] = 5;
    arrive(0xFF, 2, 2, 2, packet, sizeof packet);
    CHECK(sent_count == 6 && sent[4][0] == 20 && sent[4][2] == 2 && sent[4][8] == 5 && sent[4][11] == 7);

    for (i = 0; i < 20; i++) {
        pb.entityPtr = entries[i].entityData;
        CHECK(mpp(&pb, removeName) == 0);
    }
    CHECK(nbp_names == before);
    entries[0].entityData[2] = 0xC5;
    pb.ntQElPtr = &entries[0];
    CHECK(mpp(&pb, registerName) == nbpNISErr);
}

/* With a router a lookup is a BrRq to it; retries count down; what ends a call. */
static void test_lookups(void) {
    static const uint8_t question[] = {20, 7, 1, 0, 25, 2, 2, 2, 0x11, 0, 0, 2, 7, 2, 0, 1, '=', 4, 'T', 'y', 'p', 'e', 5,
                                       'T', 'h', 'e', 'r', 'e'};
    uint8_t buffer[20], entity[99], reply[32];
    MPPParamBlock pb = {0}, kill = {0};
    start_test();
    NBPSetEntity(entity, (const uint8_t *)"\1=", (const uint8_t *)"\4Type", (const uint8_t *)"\5There");
    pb.interval = 2;
    pb.count = 2;
    pb.entityPtr = entity;
    pb.retBuffPtr = buffer;
    pb.retBuffSize = sizeof buffer;
    pb.maxToGet = 5;
    CHECK(mpp(&pb, lookupName) == 1 && sent_count == 1 && sent_length[0] == sizeof question);
    sent[0][9] = 0;
    CHECK(memcmp(sent[0], question, sizeof question) == 0);
    nbp_timer(8);
    nbp_timer(8);
    CHECK(sent_count == 2 && pb.count == 1 && completed == 0);
    nbp_timer(16);
    CHECK(completed == 1 && pb.ioResult == 0 && pb.numGotten == 0 && pb.count == 0);

    start_test();
    pb.count = 2;
    mpp(&pb, lookupName);
    memcpy(reply, (const uint8_t[]){0x32, sent[0][9], 0, 3, 9, 140, 1, 1, 'A', 4, 'T', 'y', 'p', 'e', 1, '*',
                                    0, 3, 9, 140, 2, 1, 'B', 4, 'T', 'y', 'p', 'e', 1, '*'}, 30);
    arrive(7, 2, 2, 2, reply, 30);
    CHECK(completed == 1 && pb.ioResult == nbpBuffOvr && pb.numGotten == 1);

    start_test();
    pb.count = 2;
    mpp(&pb, lookupName);
    kill.nKillQEl = &pb;
    CHECK(mpp(&kill, killNBP) == 0 && pb.ioResult == reqAborted && mpp(&kill, killNBP) == cbNotFound);

    start_test();                                       /* confirm: at the address, through the router */
    pb.count = 1;
    pb.confirmAddr.aNet = 3;
    pb.confirmAddr.aNode = 9;
    pb.confirmAddr.aSocket = 140;
    CHECK(mpp(&pb, confirmName) == 1 && sent[0][0] == 20 && sent[0][2] == 2 && sent[0][11] == 9 && sent[0][16] == 0x21);
    nbp_timer(16);
    CHECK(pb.ioResult == nbpNoConfirm);
}

/* Chapter 8: a node asks a router's zone information socket by ATP. */
static OSErr zones(XPPParamBlock *pb, int what) {
    pb->csCode = xCall;
    pb->xppSubCode = (int16_t)what;
    pb->ioTrap = (int16_t)0xA604;
    pb->ioCompletion = (void *)completion;
    pb->ioResult = 1;
    return xpp_control((ParmBlkPtr)pb, 0);
}

static void answer(uint8_t *packet, const uint8_t *user, const char *data, int length) {
    memcpy(packet, sent[sent_count - 1] + 8, 8);
    packet[0] = 0x90;
    packet[1] = 0;
    memcpy(packet + 4, user, 4);
    memcpy(packet + 8, data, (size_t)length);
}

/* Like `arrive`, but from the router, node 20. */
static void router_says(uint8_t socket, const uint8_t *packet, int length) {
    uint8_t frame[64] = {7, 20, 1, 0, (uint8_t)(length + 5), socket, 6, 3};
    memcpy(frame + 8, packet, (size_t)length);
    llap_deliver(frame, length + 8);
}

static void test_zones(void) {
    uint8_t buffer[578], packet[64];
    XPPParamBlock pb = {0};

    atp_requester_init();
    start_test();
    pb.xppTimeout = 3;
    pb.xppRetry = 1;
    pb.zipBuffPtr = buffer;
    CHECK(zones(&pb, zipGetMyZone) == 1 && sent_count == 1);
    CHECK(sent[0][0] == 20 && sent[0][5] == 6 && sent[0][7] == 3 && sent[0][8] == 0x40 && sent[0][9] == 1);
    CHECK(get32(sent[0] + 12) == 0x07000000 && sent_length[0] == 16);
    answer(packet, (const uint8_t[]){0, 0, 0, 1}, "\4Here", 5);
    router_says(sent[0][6], packet, 13);
    CHECK(completed == 1 && pb.ioResult == 0 && memcmp(buffer, "\4Here", 5) == 0);

    start_test();
    memset(pb.zipInfoField, 0, 2);
    CHECK(zones(&pb, zipGetZoneList) == 1 && get32(sent[0] + 12) == 0x08000001);
    answer(packet, (const uint8_t[]){0, 0, 0, 2}, "\4Here\5There", 11);
    router_says(sent[0][6], packet, 19);
    CHECK(pb.ioResult == 0 && pb.zipNumZones == 2 && pb.zipLastFlag == 0 && memcmp(buffer, "\4Here\5There", 11) == 0);
    CHECK(zones(&pb, zipGetZoneList) == 1 && get32(sent[1] + 12) == 0x08000003);
    answer(packet, (const uint8_t[]){1, 0, 0, 1}, "\7Nowhere", 8);
    router_says(sent[1][6], packet, 16);
    CHECK(completed == 2 && pb.zipNumZones == 1 && pb.zipLastFlag != 0);

    start_test();
    memset(pb.zipInfoField, 0, 2);
    CHECK(zones(&pb, zipGetLocalZones) == 1 && get32(sent[0] + 12) == 0x09000001);
    atp_timer(180);
    CHECK(sent_count == 2 && completed == 0);
    atp_timer(180);
    CHECK(completed == 1 && pb.ioResult == reqFailed);
    CHECK(zones(&pb, 99) == paramErr);
    rtmp_timer(3000);
    CHECK(zones(&pb, zipGetMyZone) == noBridgeErr);
}

static int32_t told[8];
static int told_count, refuses;
static const uint8_t *const refuser = (const uint8_t *)"\4Mail";
static int32_t transition(int32_t selector, ATQEntry *entry, void *parameter) {
    told[told_count++] = selector;
    if (selector != ATTransClosePrep || !refuses) return 0;
    *(const uint8_t **)parameter = refuser;
    return 1;
}
static int32_t agreeable(int32_t selector, ATQEntry *entry, void *parameter) {
    told[told_count++] = selector + 100;
    return 0;
}

/* Inside Macintosh: Networking, chapter 10. */
extern int32_t lap_manager_call(int32_t selector, ATQEntry *entry);
static void test_transitions(void) {
    ATQEntry first = {0, 0, (void *)agreeable}, second = {0, 0, (void *)transition};
    MPPParamBlock pb = {0};
    CHECK(lap_manager_call(LRmvAEQ, &first) == qErr);
    CHECK(lap_manager_call(LAddAEQ, &first) == 0 && lap_manager_call(LAddAEQ, &second) == 0);
    lap_transition(ATTransOpen, 0);
    CHECK(told_count == 2 && told[0] == 100 && told[1] == 0);
    CHECK(mpp(&pb, ATalkClosePrep) == 0 && told_count == 4 && told[2] == 103 && told[3] == 3);
    refuses = 1;
    told_count = 0;
    CHECK(mpp(&pb, ATalkClosePrep) == closErr && pb.appName == refuser);
    CHECK(told_count == 3 && told[2] == 104);
    CHECK(lap_manager_call(LRmvAEQ, &first) == 0 && lap_manager_call(LRmvAEQ, &second) == 0);
    lap_transition(ATTransClose, 0);
    CHECK(told_count == 3);
}

/* Results and registers of the calls that end at once. */
static void test_results(void) {
    uint8_t header[16] = {0}, frame[604];
    WDSElement wds[3] = {{16, header}, {0, 0}, {0, 0}};
    MPPParamBlock pb = {0};

    start_test();
    pb.wdsPointer = wds;
    pb.socket = 99;
    CHECK(mpp(&pb, writeDDP) == ddpSktErr);
    pb.socket = 4;
    wds[0].entryLength = 15;
    CHECK(mpp(&pb, writeDDP) == ddpLenErr);
    wds[0].entryLength = 16;
    wds[1].entryLength = 587;
    wds[1].entryPtr = frame;
    CHECK(mpp(&pb, writeDDP) == ddpLenErr && sent_count == 0);
    wds[1].entryLength = 586;
    header[11] = 9;
    CHECK(mpp(&pb, writeDDP) == 0 && sent_length[0] == 3 + 5 + 586);
    header[8] = 3;
    CHECK(mpp(&pb, writeDDP) == noBridgeErr);
    pb.socket = 4;
    pb.listener = (void *)completion;
    CHECK(mpp(&pb, openSkt) == ddpSktErr);

    memcpy(frame, (const uint8_t[]){9, 0, 0x50, 0, 2}, 5);
    wds[0].entryPtr = frame;
    wds[0].entryLength = 5;
    wds[1].entryLength = 0;
    pb.lapWds = wds;
    CHECK(mpp(&pb, writeLAP) == 0 && sent_length[1] == 5 && sent[1][2] == 0x50);
    wds[0].entryLength = 604;
    CHECK(mpp(&pb, writeLAP) == ddpLenErr);
    wds[0].entryLength = 5;
    frame[2] = 0x80;
    CHECK(mpp(&pb, writeLAP) == lapProtErr);
    pb.protType = 1;
    pb.handler = (void *)completion;
    CHECK(mpp(&pb, attachPH) == lapProtErr);
    pb.protType = 0x50;
    CHECK(mpp(&pb, detachPH) == lapProtErr && mpp(&pb, attachPH) == 0 && mpp(&pb, attachPH) == lapProtErr);
    CHECK(mpp(&pb, detachPH) == 0);
    CHECK(mpp(&pb, 242) == controlErr);
}

void test_networks(void) {
    test_headers();
    test_long_headers_received();
    test_rtmp();
    test_wildcards();
    test_functions();
    test_lookups();
    test_zones();
    test_transitions();
    test_results();
}
