/* AppleTalk Echo Protocol, the asking side: Inside AppleTalk, chapter 6. */
#include "atalk.h"
#include "events.h"
#include "low_memory.h"

enum { echoType = 4, echoerSocket = 4, echoRequest = 1, echoReply = 2, echoBytes = 64, waitTicks = 60, pollTicks = 1, headerBytes = 16 };

/* What the listener has taken: it runs at interrupt time, and the program has emptied `came` before it sends. */
uint8_t echo_data[ddpMaxData];
volatile uint32_t echo_at;
volatile int16_t echo_came;

/* A socket listener (Inside Macintosh II-324): A4 the routines ReadPacket and, two bytes on, ReadRest; A3 where to, D3 how many bytes at most. It keeps
   D6 and D7, A4 to A6. */
extern void EchoListener(void);
__asm__(".text\nEchoListener:\n\tlea echo_data(%pc),%a3\n\tmove.w #586,%d3\n\tjsr 2(%a4)\n\tlea echo_at(%pc),%a0\n\tmove.l 0x16A.w,(%a0)\n\t"
        "lea echo_came(%pc),%a0\n\tmove.w #1,(%a0)\n\trts");

static int16_t Send(uint8_t socket, const AddrBlock *to, uint16_t number) {
    static MPPParamBlock pb;
    static uint8_t header[headerBytes], data[echoBytes];
    static WDSElement wds[3];
    uint16_t i;
    memset(header, 0, sizeof header);
    header[7] = (uint8_t)(to->aNet >> 8);
    header[8] = (uint8_t)to->aNet;
    header[11] = to->aNode;
    header[13] = echoerSocket;
    header[15] = echoType;
    data[0] = echoRequest;
    data[1] = (uint8_t)(number >> 8);
    data[2] = (uint8_t)number;
    for (i = 3; i < echoBytes; i++)
        data[i] = (uint8_t)i;
    wds[0].entryLength = headerBytes;
    wds[0].entryPtr = header;
    wds[1].entryLength = echoBytes;
    wds[1].entryPtr = data;
    wds[2].entryLength = 0;
    memset(&pb, 0, sizeof pb);
    pb.socket = socket;
    pb.wdsPointer = wds;
    PWriteDDP(&pb, 1);
    WaitFor(&pb.ioResult);
    return pb.ioResult;
}

static int IsReply(uint16_t number) {
    uint16_t i;
    if (echo_data[0] != echoReply || echo_data[1] != (uint8_t)(number >> 8) || echo_data[2] != (uint8_t)number)
        return 0;
    for (i = 3; i < echoBytes && echo_data[i] == (uint8_t)i; i++) {}
    return i == echoBytes;
}

/* The number at `at`, which moves behind it; -1 when there is none. */
static int32_t Number(ConstStringPtr text, int *at) {
    int32_t n = -1;
    while (*at <= text[0] && text[*at] >= '0' && text[*at] <= '9' && n < 100000)
        n = (n < 0 ? 0 : n * 10) + (text[(*at)++] - '0');
    return n;
}

static int Find(ConstStringPtr where, AddrBlock *to) {
    int at = 1;
    int32_t net = Number(where, &at), node = -1;
    if (net >= 0 && at <= where[0] && where[at] == '.') {
        at++;
        node = Number(where, &at);
    }
    if (node < 0 || at <= where[0])
        return FindName(where, to);
    to->aNet = (uint16_t)net;
    to->aNode = (uint8_t)node;
    return 1;
}

void Echo(ConstStringPtr where, uint16_t count) {
    MPPParamBlock socket;
    AddrBlock to = {0, 0, 0};
    uint32_t shortest = ~0u, longest = 0, sum = 0;
    uint16_t i, answered = 0;
    Line line;
    OSErr err;
    LineClear(line);
    if (!Find(where, &to)) {
        LineText(line, "nobody to echo: ");
        LineString(line, where);
        Say(line);
        return;
    }
    memset(&socket, 0, sizeof socket);
    socket.listener = (void *)EchoListener;
    err = POpenSkt(&socket, 0);
    if (err) {
        SayNumber("no socket: ", err);
        return;
    }
    for (i = 1; i <= count; i++) {
        uint32_t begin = Ticks, ticks;
        EventRecord event;
        echo_came = 0;
        if (Send(socket.socket, &to, i) == noErr)
            while (!(echo_came && IsReply(i)) && Ticks - begin < waitTicks)
                WaitNextEvent(everyEvent, &event, pollTicks, 0);
        if (!echo_came || !IsReply(i))
            continue;
        ticks = echo_at - begin;
        answered++;
        sum += ticks;
        if (ticks < shortest)
            shortest = ticks;
        if (ticks > longest)
            longest = ticks;
    }
    PCloseSkt(&socket, 0);
    LineText(line, "echo ");
    to.aSocket = echoerSocket;
    LineAddress(line, &to);
    LineText(line, " sent ");
    LineNumber(line, count);
    LineText(line, " lost ");
    LineNumber(line, count - answered);
    if (answered) {
        LineText(line, " ticks shortest ");
        LineNumber(line, (int32_t)shortest);
        LineText(line, " mean ");
        LineNumber(line, (int32_t)(sum / answered));
        LineText(line, " longest ");
        LineNumber(line, (int32_t)longest);
    }
    Say(line);
}
