/* The server's address, the session, and one request at a time. */
#include "client.h"
#include "journal.h"
#include "network.h"
#include "low_memory.h"

enum { lookupInterval = 8, lookupCount = 4 };   /* four lookups, about a second apart */

Bytes4 reply[atpMaxNum * atpMaxData / 4];
int32_t reply_length;
uint32_t serial;

static AddrBlock server;
static uint8_t server_known, session;
static uint16_t sequence;
static uint32_t nonce;

static uint32_t random_state;

void RandomStart(uint32_t seed) { random_state = seed; }

/* The upper half of a linear congruential generator. */
uint16_t Random(uint16_t below) {
    random_state = random_state * 1664525u + 1013904223u;
    return (uint16_t)(((random_state >> 16) * below) >> 16);
}

/* No two clients on a network, and no two runs of one client, have the same number: what differs is the user, the node, and the time. */
void SessionStart(void) {
    uint16_t node = 0, net = 0;
    int i;
    GetNodeAddress(&node, &net);
    serial = Time ^ (uint32_t)node << 24 ^ Ticks << 8 ^ net;
    for (i = 1; i <= client_settings.user[0]; i++)
        serial = (serial << 5 | serial >> 27) ^ client_settings.user[i];
    RandomStart(client_settings.seed ? client_settings.seed : serial);
    nonce = (uint32_t)Random(0xFFFF) << 16 | Random(0xFFFF);
}

static int FindServer(void) {
    EntityName wanted, found;
    NBPSetEntity(wanted, client_settings.server, P("\25MSMail Reconstruction"), client_settings.zone);
    server_known = LookUp(wanted, lookupInterval, lookupCount, 1) > 0 && NBPExtract(name_buffer, 1, 1, found, &server) == 0;
    return server_known;
}

int SignedOn(void) { return session != 0; }

int16_t Ask(uint8_t opcode, const void *data, uint16_t length, uint8_t packets) {
    Line line;
    LineClear(line);
    for (;;) {
        Transaction t;
        int16_t result;
        if (!server_known && !FindServer()) {
            LineText(line, "no server of that name");
            Say(line);
            JournalFlush();
            Pause(client_settings.interval);
            continue;
        }
        if (opcode != opSignOn && !session)
            return mailNoSession;
        memset(&t, 0, sizeof t);
        t.to = server;
        t.user = (uint32_t)opcode << 24 | (opcode == opSignOn ? 0 : (uint32_t)session << 16 | sequence);
        t.data = data;
        t.length = length;
        t.packets = packets;
        t.exactly_once = 1;
        t.seconds = client_settings.retry;
        t.retries = client_settings.retries;
        t.answer = reply;
        if (Transact(&t)) {
            /* The same request again, later; by then the server may have another address. */
            SayNumber("no answer to request ", opcode);
            JournalFlush();
            server_known = 0;
            Pause(Random((uint16_t)client_settings.interval));
            continue;
        }
        result = (int16_t)(t.user >> 16);
        reply_length = t.answer_length;
        if ((uint16_t)t.user != (opcode == opSignOn ? 0 : sequence))
            result = mailBadSequence;
        if (result == mailBusy) {
            Pause(60 * client_settings.retry);
            continue;
        }
        if (opcode != opSignOn && (result == mailNoSession || result == mailBadSequence)) {
            session = 0;
            return mailNoSession;
        }
        sequence++;
        return result;
    }
}

int16_t SignOn(void) {
    static SignOnRequest request;
    const SignOnReply *answer = (const SignOnReply *)reply;
    Line line;
    int16_t result;
    request.nonce = nonce;
    request.version = protocolVersion;
    memcpy(request.user, client_settings.user, client_settings.user[0] + 1u);
    result = Ask(opSignOn, &request, sizeof request, 1);
    LineClear(line);
    if (result < 0 || reply_length < (int32_t)sizeof *answer) {
        LineText(line, "cannot sign on: ");
        LineNumber(line, result);
    } else {
        session = answer->session;
        sequence = 1;
        LineText(line, "signed on, server ");
        LineHex(line, answer->server, 8);
        LineText(line, ", waiting ");
        LineNumber(line, (int32_t)answer->waiting);
    }
    Say(line);
    return result;
}
