/* The mail server against the documented protocol: usage  mail_test BLOB FORM interrupt|systemtask sync|async */
#include "network.h"
#include <setjmp.h>

static jmp_buf done;
static uint8_t session;
static uint16_t sequence;
static Answer answer;

static uint32_t get32(const uint8_t *p) { return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3]; }
static void put16(uint8_t *p, int n) { p[0] = n >> 8, p[1] = n; }
static void put32(uint8_t *p, uint32_t n) { put16(p, n >> 16), put16(p + 2, n); }
static void name(uint8_t *p, const char *s) { memset(p, 0, 32), p[0] = strlen(s), memcpy(p + 1, s, p[0]); }

/* The test is a coroutine of the program's event loop: it asks, then the loop turns until the answer is there. */
static uint8_t tester_stack[65536];

static void (*script)(void);
static uint32_t saved_sp[2];
static int in_script;

/* Switches between the program's stack and the script's. */
__asm__(".text\nswitch_stacks:\n\tmovem.l %d2-%d7/%a2-%a6,-(%sp)\n\tmove.l 48(%sp),%a0\n\tmove.l 52(%sp),%a1\n\t"
        "move.l %sp,(%a0)\n\tmove.l (%a1),%sp\n\tmovem.l (%sp)+,%d2-%d7/%a2-%a6\n\trts");
void switch_stacks(uint32_t *from, uint32_t *to);

static void start_script(void) { script(); longjmp(done, 1); }

static void swap(void) {
    in_script ^= 1;
    switch_stacks(&saved_sp[!in_script], &saved_sp[in_script]);
}

static void idle(void) {
    static int turns;
    CHECK(++turns < 5000);
    files_complete_one();
    network_periodic();
    if (!saved_sp[1]) {
        uint32_t *sp = (uint32_t *)(tester_stack + sizeof tester_stack - 64);
        *sp = (uint32_t)start_script;
        saved_sp[1] = (uint32_t)(sp - 11);
    }
    swap();
}

static void wait_answer(void) {
    int turns = 0;
    while (!receive(&answer)) {
        CHECK(++turns < 200);
        swap();
    }
}

static int ask_again(int opcode, const void *data, int length, int bit_map) {
    transmit((uint32_t)opcode << 24 | session << 16 | sequence, data, length, bit_map, 7);
    wait_answer();
    CHECK(answer.sequence == sequence);
    return answer.result;
}

static int ask(int opcode, const void *data, int length, int bit_map) {
    sequence++;
    return ask_again(opcode, data, length, bit_map);
}

static void sign_on(const char *user, uint32_t nonce) {
    uint8_t d[40] = {0};
    session = 0, sequence = 0;
    put32(d, nonce), put16(d + 4, 1), name(d + 8, user);
    CHECK(ask_again(1, d, 40, 1) == 0 && answer.length == 12);
    session = answer.data[0];
}

static int part(uint32_t number, const uint8_t *body, int total, int offset, const char *to) {
    uint8_t d[578];
    int n = total - offset < 500 ? total - offset : 500;
    put32(d, 0xA02F1B3), put32(d + 4, number), put16(d + 8, total), put16(d + 10, offset), put16(d + 12, n);
    name(d + 14, to), name(d + 46, "Today");
    memcpy(d + 78, body + offset, n);
    return ask(2, d, 78 + n, 1);
}

static uint32_t message(uint32_t number, const uint8_t *body, int total, const char *to) {
    int offset = 0;
    do {
        CHECK(part(number, body, total, offset, to) == 0 && answer.length == 4);
        offset += 500;
    } while (offset < total);
    return get32(answer.data);
}

static void fetch_and_compare(uint32_t number, const uint8_t *body, int total) {
    static uint8_t all[40000];
    int got = 0;
    uint8_t d[8];
    do {
        put32(d, number), put16(d + 4, got), put16(d + 6, 4608);
        CHECK(ask(4, d, 8, 255) == 0);
        CHECK(answer.packets == (answer.length ? (answer.length + 577) / 578 : 1));
        memcpy(all + got, answer.data, answer.length);
        got += answer.length;
    } while (answer.length == 4608);
    CHECK(got == 128 + total && memcmp(all + 128, body, total) == 0);
    CHECK(get32(all) == 0x4D524543 && get32(all + 4) == number && all[23] == 1 && memcmp(all + 60, "\3Bob", 4) == 0);
    CHECK(memcmp(all + 28, "\3Ann", 4) == 0);
}

static void requests(void) {
    static uint8_t body[33000];
    uint8_t d[40];
    uint32_t numbers[6];
    static const int sizes[6] = {0, 6, 4480, 4481, 9000, 32768};
    int i;
    for (i = 0; i < 33000; i++) body[i] = i * 7 + (i >> 8);
    while (!registering) swap();
    CHECK(memcmp(registering->ntQElPtr->entityData, "\13Post Office\25MSMail Reconstruction\1*", 36) == 0);
    session = 0;
    CHECK(ask_again(1, d, 40, 1) == -9);            /* not registered yet, index not read */
    registering->ioResult = 0;
    call_completion(registering->ioCompletion, registering, 0);
    for (i = 0; i < 20; i++) swap();
    CHECK(pending_requests() == 6);

    sign_on("Ann", 1);
    CHECK(get32(answer.data + 8) == 0);
    for (i = 0; i < 6; i++) CHECK((numbers[i] = message(i, body, sizes[i], "Bob")) == (uint32_t)i + 1);
    CHECK(part(2, body, 4480, 0, "Bob") == 1 && get32(answer.data) == 3);   /* duplicate */
    CHECK(ask_again(2, d, 1, 1) == 1 && get32(answer.data) == 3);           /* the same sequence again */
    CHECK(part(9, body, 2000, 500, "Bob") == -6);
    sequence += 5;
    CHECK(ask(2, d, 40, 1) == -3);
    sequence -= 6;
    CHECK(ask(9, d, 0, 1) == -1);
    put32(d, 1), put16(d + 4, 0), put16(d + 6, 10);
    CHECK(ask(4, d, 8, 1) == -4);                   /* not Ann's */
    CHECK(ask(6, d, 0, 1) == 0 && ask_again(6, d, 0, 1) == -2);

    sign_on("Bob", 2);
    CHECK(get32(answer.data + 8) == 6);
    put32(d, 1), put16(d + 4, 230), put16(d + 6, 0);
    CHECK(ask(3, d, 8, 255) == 0 && answer.length == 4 + 5 * 20 && answer.data[1] == 5 && answer.data[3] == 0);
    CHECK(get32(answer.data + 4) == 2 && answer.data[4 + 17] == 6);
    put32(d, 0), put16(d + 4, 2);
    CHECK(ask(3, d, 8, 255) == 0 && answer.data[1] == 2 && answer.data[3] == 1);
    for (i = 0; i < 6; i++) fetch_and_compare(numbers[i], body, sizes[i]);
    put32(d, 3);
    CHECK(ask(5, d, 4, 1) == 0 && ask_again(5, d, 4, 1) == 0 && ask(5, d, 4, 1) == -4);
    put32(d, 0), put16(d + 4, 230);
    CHECK(ask(3, d, 8, 255) == 0 && answer.data[1] == 5);
    put32(d, 6), put16(d + 4, 0), put16(d + 6, 4608);
    CHECK(ask(4, d, 8, 3) == 0 && answer.packets == 2 && answer.length == 1156);
}

static void ready(void) {
    while (!registering) swap();
    registering->ioResult = 0;
    call_completion(registering->ioCompletion, registering, 0);
    for (int i = 0; i < 60; i++) swap();
}

static void wait_request(void) {
    for (int turns = 0; !asking; turns++) {
        CHECK(turns < 200);
        swap();
    }
}

static uint8_t forwarded[1200];

/* A message for a user of another server, which cannot be found. */
static void queued(void) {
    ready();
    sign_on("Ann", 4);
    for (int i = 0; i < 1200; i++) forwarded[i] = i * 3;
    CHECK(!looking_up);
    CHECK(message(70, forwarded, 1200, "Carl@West") == 7);
    CHECK(message(71, forwarded, 10, "Bob@Post Office") == 8);     /* this server's own name */
    for (int i = 0; i < 60; i++) swap();
    CHECK(looking_up && memcmp(looking_up->entityPtr, "\4West\25MSMail Reconstruction\1*", 29) == 0);
    answer_lookup(0, 0);
    for (int i = 0; i < 60; i++) swap();
    CHECK(!looking_up && !asking);
    sign_on("Bob", 5);
    CHECK(get32(answer.data + 8) == 6);             /* the five of before, and the one that came home */
}

/* After a restart the queue is taken up again; part of the message is lost on the way, and it is sent again from its beginning. */
static void resumed(void) {
    static const uint8_t own_serial[12] = {9, 0, 0, 1, 1, 2, 3, 4};
    uint8_t stored[4] = {0, 0, 0, 1};
    const uint8_t *request;
    int offset;
    ready();
    CHECK(looking_up);
    answer_lookup((const uint8_t *)"\4West\25MSMail Reconstruction\1*", 33);
    wait_request();
    request = asking->reqPointer;
    CHECK(asking->userData == 1u << 24 && asking->addrBlock.aNode == 33 && asking->addrBlock.aSocket == 140);
    CHECK(asking->atpFlags & atpXOvalue && asking->reqLength == 40 && memcmp(request + 8, "\17Ann@Post Office", 16) == 0);
    CHECK(get32(request) == get32(file_find(16, "Mail Store")->fork[0] + 8));      /* its serial number */
    answer_request(0, 0, own_serial, 12);
    for (offset = 0; offset < 1200; offset += 500) {
        int n = offset < 1000 ? 500 : 200;
        wait_request();
        request = asking->reqPointer;
        CHECK(asking->userData == (2u << 24 | 9u << 16 | (uint32_t)(1 + offset / 500)) && asking->reqLength == 78 + n);
        CHECK(get32(request) == 0xA02F1B3 && get32(request + 4) == 70 && memcmp(request + 14, "\11Carl@West", 10) == 0);
        CHECK(memcmp(request + 78, forwarded + offset, n) == 0);
        answer_request(offset == 1000 ? 1 : 0, 1 + offset / 500, stored, 4);      /* the other server had it already */
    }
    for (int i = 0; i < 60; i++) swap();
    CHECK(!looking_up && !asking);
}

static void nothing_left(void) {
    ready();
    CHECK(!looking_up && !asking);
    sign_on("Ann", 6);
    CHECK(part(70, forwarded, 1200, 0, "Carl@West") == 1);          /* known, though it is gone */
}

/* Starts the program again on the store that a first run left behind. */
static void reopened(void) {
    uint8_t d[8];
    while (!registering) swap();
    registering->ioResult = 0;
    call_completion(registering->ioCompletion, registering, 0);
    for (int i = 0; i < 60; i++) swap();
    sign_on("Bob", 3);
    CHECK(get32(answer.data + 8) == 5);
    put32(d, 0), put16(d + 4, 230);
    CHECK(ask(3, d, 8, 255) == 0 && answer.data[1] == 5 && get32(answer.data + 4 + 40) == 4);
}
/* A start-up document returns; then the machine idles. */
static void run(const char *blob, void (*what)(void)) {
    script = what;
    saved_sp[1] = 0;
    in_script = 0;
    registering = 0;
    network_forget();
    if (setjmp(done))
        return;
    call_entry(host_load(blob));
    for (;;) idle();
}

int main(int argc, char **argv) {
    static char text[200];
    (void)argc;
    host_start();
    echo = getenv("ECHO") != 0;
    on_idle = idle;
    sprintf(text, "form %s\rservice %s\rstore %s\r", argv[2], argv[3], argv[4]);
    prefs("Mail Server Preferences", text);
    run(argv[1], requests);
    run(argv[1], reopened);
    run(argv[1], queued);
    run(argv[1], resumed);
    run(argv[1], nothing_left);
    printf("mail server as %s, service %s, store %s: good\n", argv[2], argv[3], argv[4]);
    return 0;
}
