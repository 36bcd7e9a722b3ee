/* A message on its way into the store, part by part. A record of up to nine sectors is written at once when its last part
   is there; a longer one in pieces of nine sectors, and its state last. */
#include "server.h"
#include "errors.h"
#include "low_memory.h"
#include "../../lib/app_sum.h"

static void TakePart(Slot *slot);

static void Answer(Slot *slot, int16_t result) {
    if (result < 0)
        slot->session->sending = 0;
    slot->reply[0] = slot->value;
    Finish(slot, result, 4);
}

static uint16_t Sectors(const Session *s) {
    return (uint16_t)(((uint32_t)sizeof(MessageRecord) + s->total + sectorBytes - 1) / sectorBytes);
}

static int InPieces(const Session *s) { return Sectors(s) * sectorBytes > assemblyBytes; }

/* The message gets its number and its place at the store's end. */
static void Place(Session *s) {
    s->record.store_number = s->store_number = server.next_number++;
    s->sector = server.end;
    server.end += s->record.sectors;
}

static int Failed(Slot *slot) {
    Session *s = slot->session;
    if (slot->disk.ioResult == noErr)
        return 0;
    if (server.end == s->sector + s->record.sectors)
        server.end = s->sector;         /* nothing came behind it yet */
    else
        server.gap = 1;
    Answer(slot, mailStoreError);
    return 1;
}

static void Stored(Slot *slot) {
    Session *s = slot->session;
    if (Failed(slot))
        return;
    if (!RoomInIndex()) {
        Answer(slot, mailFull);         /* others were faster; the next start-up finds it */
        return;
    }
    AddToIndex(&s->record, s->sector, s->recipient);
    s->sending = 0;
    server.sent++;
    if (server.user_elsewhere[s->recipient])
        ForwardSoon();
    slot->value = s->store_number;
    Answer(slot, mailOk);
}

static void Written(Slot *slot) { Flush(slot, Stored); }

/* The record is complete on the disk but for its state. */
static void WriteState(Slot *slot) {
    Session *s = slot->session;
    if (Failed(slot))
        return;
    s->record.state = stateComplete;
    s->record.sum = s->sum;
    Disk(slot, diskWrite, &s->record.state, recordStateBytes, (int32_t)(s->sector << 9) + recordStateOffset, Written);
}

/* The sum runs over the body only, from piece to piece; pieces are multiples of four bytes but for the last. */
static void AddToSum(Session *s) {
    int32_t from = s->base == 0 ? (int32_t)sizeof(MessageRecord) : 0;
    s->sum = RotateAdd(s->assembly + from, (uint32_t)(s->fill - from + 3) >> 2, s->sum);
}

static void PadToSector(Session *s) {
    int32_t whole = (s->fill + sectorBytes - 1) & ~(sectorBytes - 1);
    memset(s->assembly + s->fill, 0, whole - s->fill);
}

static void PieceWritten(Slot *slot) {
    Session *s = slot->session;
    if (Failed(slot))
        return;
    s->base += s->fill;
    s->fill = 0;
    TakePart(slot);
}

static void WritePiece(Slot *slot) {
    Session *s = slot->session;
    if (Failed(slot))
        return;
    Disk(slot, diskWrite, s->assembly, s->fill, (int32_t)(s->sector << 9) + s->base, PieceWritten);
}

static void PieceFull(Slot *slot) {
    Session *s = slot->session;
    AddToSum(s);
    if (s->base) {
        slot->disk.ioResult = noErr;
        WritePiece(slot);
        return;
    }
    /* The first one: room for all of them, so that another message may follow before the rest is there. */
    Place(s);
    s->record.state = stateUnfinished;
    *(MessageRecord *)s->assembly = s->record;
    Disk(slot, diskSetEOF, 0, 0, (int32_t)(server.end << 9), WritePiece);
}

static void WriteRecord(Slot *slot) {
    Session *s = slot->session;
    if (Failed(slot))
        return;
    server.gap = 0;
    Disk(slot, diskWrite, s->assembly, (int32_t)s->record.sectors << 9, (int32_t)(s->sector << 9), Written);
}

static void WriteLast(Slot *slot) {
    Session *s = slot->session;
    PadToSector(s);
    AddToSum(s);
    if (InPieces(s)) {
        Disk(slot, diskWrite, s->assembly, (s->fill + sectorBytes - 1) & ~(sectorBytes - 1),
            (int32_t)(s->sector << 9) + s->base, WriteState);
        return;
    }
    Place(s);
    s->record.state = stateComplete;
    s->record.sum = s->sum;
    *(MessageRecord *)s->assembly = s->record;
    slot->disk.ioResult = noErr;
    if (server.gap)
        Disk(slot, diskSetEOF, 0, 0, (int32_t)(server.end << 9), WriteRecord);
    else
        WriteRecord(slot);
}

/* Copies what is left of the part into the assembly buffer and writes that whenever it is full. */
static void TakePart(Slot *slot) {
    Session *s = slot->session;
    const SendRequest *request = (const SendRequest *)slot->request;
    int32_t n = request->part - slot->taken;
    if (n > assemblyBytes - s->fill)
        n = assemblyBytes - s->fill;
    memcpy(s->assembly + s->fill, request->body + slot->taken, n);
    s->fill += n;
    s->got += n;
    slot->taken += n;
    if (s->fill == assemblyBytes && s->got < s->total)
        PieceFull(slot);
    else if (s->got < s->total)
        Answer(slot, mailOk);
    else
        WriteLast(slot);
}

/* The first part: what the record's header will say. */
static int16_t Begin(Session *s, const SendRequest *request) {
    int16_t recipient;
    if (!RoomInIndex())
        return mailFull;
    if (request->recipient[0] == 0 || request->recipient[0] > 31 || request->subject[0] > 31)
        return mailBadRequest;
    memset(&s->record, 0, sizeof s->record);
    memcpy(s->record.recipient, request->recipient, request->recipient[0] + 1);
    StripOwnName(s->record.recipient);
    recipient = FindUser(s->record.recipient, 1);
    if (recipient < 0)
        return mailFull;
    s->sending = 1;
    s->recipient = (uint8_t)recipient;
    s->total = request->total;
    s->got = 0;
    s->base = 0;
    s->fill = sizeof(MessageRecord);
    s->sum = 0;
    s->record.magic = recordMagic;
    s->record.origin = request->origin;
    s->record.number = request->number;
    s->record.date = Time;
    s->record.length = request->total;
    s->record.sectors = Sectors(s);
    memcpy(s->record.sender, server.user_names[s->user], sizeof(Str31));
    memcpy(s->record.subject, request->subject, request->subject[0] + 1);
    return mailOk;
}

/* Whether another session is bringing the same message at this moment. */
static int UnderWay(const Session *except, const SendRequest *request) {
    int16_t i;
    for (i = 0; i < server_settings.sessions; i++) {
        const Session *s = &server.sessions[i];
        if (s != except && s->id && s->busy && s->sending && s->record.number == request->number
            && s->record.origin == request->origin)
            return 1;
    }
    return 0;
}

void ServeSend(Slot *slot) {
    Session *s = slot->session;
    const SendRequest *request = (const SendRequest *)slot->request;
    const IndexEntry *there;
    int16_t result = mailOk;

    if (slot->atp.reqLength < sendHeaderBytes || slot->atp.reqLength < sendHeaderBytes + request->part
        || request->part > partBytes) {
        Answer(slot, mailBadRequest);
        return;
    }
    if (request->total > maxBody) {
        Answer(slot, mailTooLarge);
        return;
    }
    if (request->offset + request->part > request->total
        || (request->part < partBytes && request->offset + request->part != request->total)) {
        Answer(slot, mailBadRequest);
        return;
    }
    there = FindDuplicate(request->origin, request->number);
    if (there) {
        s->sending = 0;
        slot->value = there->store_number;
        server.duplicates++;
        Answer(slot, mailDuplicate);
        return;
    }
    if (UnderWay(s, request)) {
        s->busy = 0;
        slot->session = 0;
        Finish(slot, mailBusy, 0);
        return;
    }
    if (request->offset == 0)
        result = Begin(s, request);
    else if (!s->sending || s->record.origin != request->origin || s->record.number != request->number
             || s->total != request->total || s->got != request->offset)
        result = mailWrongOffset;
    if (result) {
        Answer(slot, result);
        return;
    }
    slot->taken = 0;
    TakePart(slot);
}
