/* Messages out and in. */
#include "client.h"
#include "journal.h"
#include "low_memory.h"
#include "memory.h"
#include "../../lib/app_sum.h"

enum { listLimit = 50, lineLength = 64 };

int32_t messages_sent, messages_read;

static struct {
    uint8_t begun;
    uint32_t number, seed, since;
    uint16_t length;
    Str31 recipient;
} draft;

/* One of the names in the setting `to`; the user itself without one. */
static void ChooseRecipient(uint8_t *to) {
    const uint8_t *list = client_settings.to;
    int names = 1, chosen, i;
    to[0] = 0;
    for (i = 1; i <= list[0]; i++)
        names += list[i] == ',';
    chosen = Random((uint16_t)names);
    for (i = 1; i <= list[0] && chosen >= 0; i++) {
        if (list[i] == ',')
            chosen--;
        else if (chosen == 0 && to[0] < 31)
            to[++to[0]] = list[i];
    }
    if (to[0] == 0)
        memcpy(to, client_settings.user, client_settings.user[0] + 1u);
}

/* Byte `at` of a body: lines of letters that another seed begins elsewhere. */
static uint8_t BodyByte(uint16_t at) {
    return at % lineLength == lineLength - 1 ? '\r' : (uint8_t)('a' + (uint16_t)(draft.seed + at + at / lineLength) % 26);
}

static void Begin(void) {
    int32_t most = 2 * client_settings.body;
    draft.begun = 1;
    draft.number++;
    draft.seed = Random(0xFFFF);
    draft.length = Random((uint16_t)((most < maxBody ? most : maxBody) + 1));
    draft.since = Ticks;
    ChooseRecipient(draft.recipient);
}

static void Tell(const char *what, int16_t result, uint32_t store_number) {
    Line line;
    LineClear(line);
    LineText(line, what);
    LineNumber(line, (int32_t)draft.number);
    LineText(line, " to ");
    LineString(line, draft.recipient);
    LineText(line, result < 0 ? ", result " : ", store number ");
    LineNumber(line, result < 0 ? result : (int32_t)store_number);
    LineText(line, ", bytes ");
    LineNumber(line, draft.length);
    LineText(line, ", ticks ");
    LineNumber(line, (int32_t)(Ticks - draft.since));
    Say(line);
}

int SendMessage(void) {
    static SendRequest request;
    uint16_t offset = 0, i;
    int16_t result;
    if (!draft.begun)
        Begin();
    do {
        memset(&request, 0, sendHeaderBytes);
        request.origin = serial;
        request.number = draft.number;
        request.total = draft.length;
        request.offset = offset;
        request.part = (uint16_t)(draft.length - offset < partBytes ? draft.length - offset : partBytes);
        memcpy(request.recipient, draft.recipient, draft.recipient[0] + 1u);
        memcpy(request.subject, P("\10Greeting"), 9);
        for (i = 0; i < request.part; i++)
            request.body[i] = BodyByte((uint16_t)(offset + i));
        result = Ask(opSend, &request, (uint16_t)(sendHeaderBytes + request.part), 1);
        if (result == mailNoSession || result == mailWrongOffset)
            return 0;
        offset += request.part;
    } while (result == mailOk && offset < draft.length);
    draft.begun = 0;
    if (result >= 0)
        messages_sent++;
    Tell(result < 0 ? "refused " : result == mailDuplicate ? "sent again " : "sent ", result, reply[0]);
    return 1;
}

static Bytes4 *record;       /* the longest record, and room for the sum's last long */

int MessagesStart(void) { return (record = (Bytes4 *)NewPtr(sizeof(MessageRecord) + maxBody + 4)) != 0; }

static void TellRead(const ListEntry *entry, int good) {
    const MessageRecord *header = (const MessageRecord *)record;
    Line line;
    LineClear(line);
    LineText(line, "read ");
    LineNumber(line, (int32_t)entry->store_number);
    LineText(line, " from ");
    LineString(line, header->sender);
    LineText(line, ", message ");
    LineHex(line, header->origin, 8);
    LineText(line, "/");
    LineNumber(line, (int32_t)header->number);
    LineText(line, ", bytes ");
    LineNumber(line, header->length);
    LineText(line, good ? ", good" : ", damaged");
    Say(line);
}

/* Fetches a whole record and compares its sum. */
static int16_t Read(const ListEntry *entry) {
    FetchRequest request;
    const MessageRecord *header = (const MessageRecord *)record;
    int32_t got = 0, whole = (int32_t)sizeof *header + entry->length;
    uint32_t sum;
    do {
        int16_t result;
        request.store_number = entry->store_number;
        request.offset = (uint16_t)got;
        request.length = maxFetch;
        result = Ask(opFetch, &request, sizeof request, atpMaxNum);
        if (result < 0)
            return result;
        if (reply_length == 0 || got + reply_length > whole)
            break;
        memcpy((char *)record + got, reply, (size_t)reply_length);
        got += reply_length;
    } while (got < whole);
    memset((char *)record + got, 0, 4);
    sum = RotateAdd((char *)record + sizeof *header, (uint32_t)(entry->length + 3) >> 2, 0);
    TellRead(entry, got == whole && header->magic == recordMagic && header->sum == sum);
    messages_read++;
    return mailOk;
}

void CheckMail(void) {
    static ListEntry entries[listLimit];
    static uint32_t after;
    const ListReply *list = (const ListReply *)reply;
    ListRequest request = {after, listLimit, 0};
    uint16_t count, i;
    if (Ask(opList, &request, sizeof request, atpMaxNum) < 0)
        return;
    count = list->count < listLimit ? list->count : listLimit;
    memcpy(entries, list + 1, count * sizeof *entries);
    for (i = 0; i < count; i++) {
        DeleteRequest discard = {entries[i].store_number};
        if (Read(&entries[i]) == mailNoSession)
            return;
        if (!client_settings.keep && Ask(opDelete, &discard, sizeof discard, 1) == mailNoSession)
            return;
        after = entries[i].store_number;
    }
}
