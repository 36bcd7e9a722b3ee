/* What a request asks for, all opcodes but Send. */
#include "server.h"
#include "low_memory.h"

enum { idleLimit = 3600 };      /* ticks after which a session may lose its place */

static Session *FindSession(uint8_t id, const AddrBlock *from) {
    int16_t i;
    for (i = 0; id && i < server_settings.sessions; i++) {
        Session *s = &server.sessions[i];
        if (s->id == id && s->node == from->aNode && s->net == from->aNet)
            return s;
    }
    return 0;
}

/* A place for a new session: a free one, or the one idle longest. */
static Session *FreeSession(void) {
    Session *oldest = 0;
    int16_t i;
    for (i = 0; i < server_settings.sessions; i++) {
        Session *s = &server.sessions[i];
        if (s->id == 0)
            return s;
        if (!s->busy && Ticks - s->last_ticks >= idleLimit
            && (!oldest || Ticks - s->last_ticks > Ticks - oldest->last_ticks))
            oldest = s;
    }
    return oldest;
}

static uint8_t NewID(void) {
    static uint8_t last_id;
    int16_t i;
    do {
        if (++last_id == 0)
            last_id = 1;
        for (i = 0; i < server_settings.sessions && server.sessions[i].id != last_id; i++) {}
    } while (i < server_settings.sessions);
    return last_id;
}

static void SignOn(Slot *slot) {
    const SignOnRequest *request = (const SignOnRequest *)slot->request;
    SignOnReply *reply = (SignOnReply *)slot->reply;
    const AddrBlock *from = &slot->atp.addrBlock;
    Session *session = 0;
    int16_t user, i;

    if (slot->atp.reqLength < sizeof *request || request->version != protocolVersion || request->user[0] == 0
        || request->user[0] > 31) {
        Finish(slot, mailBadRequest, 0);
        return;
    }
    for (i = 0; i < server_settings.sessions; i++) {
        Session *s = &server.sessions[i];
        if (s->id && s->nonce == request->nonce && s->node == from->aNode && s->net == from->aNet)
            session = s;
    }
    if (session && session->busy) {
        Finish(slot, mailBusy, 0);
        return;
    }
    user = FindUser(request->user, 1);
    if (!session && (session = FreeSession()) != 0) {
        session->id = NewID();
        session->net = from->aNet;
        session->node = from->aNode;
        session->nonce = request->nonce;
    }
    if (!session || user < 0) {
        if (session)
            session->id = 0;
        Finish(slot, mailFull, 0);
        return;
    }
    session->user = (uint8_t)user;
    session->last = 0;
    session->answered = 0;
    session->sending = 0;
    session->last_ticks = Ticks;
    reply->session = session->id;
    reply->zero = 0;
    reply->version = protocolVersion;
    reply->server = server.serial;
    reply->waiting = 0;
    for (i = 0; i < server.messages; i++)
        if (server.index[i].user == user && !server.index[i].deleted)
            reply->waiting++;
    Finish(slot, mailOk, sizeof *reply);
}

static void List(Slot *slot) {
    const ListRequest *request = (const ListRequest *)slot->request;
    ListReply *reply = (ListReply *)slot->reply;
    ListEntry *to = (ListEntry *)(reply + 1);
    int32_t room = slot->packets * (int32_t)atpMaxData - (int32_t)sizeof *reply;
    uint16_t limit = request->limit;
    int16_t i;

    if (slot->atp.reqLength < sizeof *request) {
        Finish(slot, mailBadRequest, 0);
        return;
    }
    reply->count = reply->more = 0;
    for (i = 0; i < server.messages; i++) {
        const IndexEntry *entry = &server.index[i];
        if (entry->store_number <= request->after || entry->user != slot->session->user || entry->deleted)
            continue;
        room -= sizeof *to;
        if (room < 0 || reply->count >= limit) {
            reply->more = 1;
            break;
        }
        to->store_number = entry->store_number;
        to->origin = entry->origin;
        to->number = entry->number;
        to->date = entry->date;
        to->length = entry->length;
        to->zero = 0;
        to++;
        reply->count++;
    }
    Finish(slot, mailOk, (char *)to - (char *)reply);
}

static void Fetched(Slot *slot) {
    server.fetched++;
    Finish(slot, slot->disk.ioResult ? mailStoreError : mailOk, slot->disk.ioActCount);
}

static void Fetch(Slot *slot) {
    const FetchRequest *request = (const FetchRequest *)slot->request;
    const IndexEntry *entry;
    int32_t length, room = slot->packets * (int32_t)atpMaxData;

    if (slot->atp.reqLength < sizeof *request || request->length == 0 || request->length > maxFetch) {
        Finish(slot, mailBadRequest, 0);
        return;
    }
    entry = FindNumber(request->store_number);
    if (!entry || entry->deleted || entry->user != slot->session->user) {
        Finish(slot, mailNoSuchMessage, 0);
        return;
    }
    length = (int32_t)sizeof(MessageRecord) + entry->length - request->offset;
    if (length > request->length)
        length = request->length;
    if (length > room)
        length = room;
    if (length <= 0)
        Finish(slot, mailOk, 0);
    else
        Disk(slot, diskRead, slot->reply, length, (int32_t)(entry->sector << 9) + request->offset, Fetched);
}

static void Deleted(Slot *slot) {
    IndexEntry *entry = FindNumber(((const DeleteRequest *)slot->request)->store_number);
    if (slot->disk.ioResult) {
        Finish(slot, mailStoreError, 0);
        return;
    }
    if (entry)
        entry->deleted = 1;
    server.deleted++;
    Finish(slot, mailOk, 0);
}

static void MarkedDeleted(Slot *slot) { Flush(slot, Deleted); }

static void Delete(Slot *slot) {
    const DeleteRequest *request = (const DeleteRequest *)slot->request;
    IndexEntry *entry = slot->atp.reqLength < sizeof *request ? 0 : FindNumber(request->store_number);
    if (!entry || entry->deleted || entry->user != slot->session->user) {
        Finish(slot, slot->atp.reqLength < sizeof *request ? mailBadRequest : mailNoSuchMessage, 0);
        return;
    }
    slot->reply[0] = (uint32_t)stateDeleted << 16;
    Disk(slot, diskWrite, slot->reply, 2, (int32_t)(entry->sector << 9) + recordStateOffset, MarkedDeleted);
}

/* The same sequence number again: what changed something is answered from memory, what only reads is done again. */
static int AnswerFromMemory(Slot *slot, const Session *session) {
    if (slot->opcode != opSend && slot->opcode != opDelete)
        return 0;
    slot->session = 0;
    slot->reply[0] = session->last_value;
    Finish(slot, session->last_result, slot->opcode == opSend ? 4 : 0);
    return 1;
}

void ServeRequest(Slot *slot) {
    uint32_t user_data = slot->atp.userData;
    uint8_t bit_map = slot->atp.bitMap;
    Session *session;

    slot->opcode = (uint8_t)(user_data >> 24);
    slot->sequence = (uint16_t)user_data;
    slot->value = 0;
    slot->session = 0;
    for (slot->packets = 0; bit_map & 1; bit_map >>= 1)
        slot->packets++;
    if (slot->packets == 0)
        slot->packets = 1;

    if (!server.ready) {
        Finish(slot, server.store_error ? mailStoreError : mailBusy, 0);
        return;
    }
    if (slot->opcode == opSignOn) {
        SignOn(slot);
        return;
    }
    session = FindSession((uint8_t)(user_data >> 16), &slot->atp.addrBlock);
    if (!session) {
        Finish(slot, mailNoSession, 0);
        return;
    }
    if (session->busy) {
        Finish(slot, mailBusy, 0);
        return;
    }
    if (slot->sequence == session->last && session->answered) {
        if (AnswerFromMemory(slot, session))
            return;
    } else if (slot->sequence != (uint16_t)(session->last + 1)) {
        Finish(slot, mailBadSequence, 0);
        return;
    }
    session->busy = 1;
    slot->session = session;
    switch (slot->opcode) {
    case opSend: ServeSend(slot); break;
    case opList: List(slot); break;
    case opFetch: Fetch(slot); break;
    case opDelete: Delete(slot); break;
    case opSignOff:
        session->id = 0;
        session->busy = 0;
        slot->session = 0;
        Finish(slot, mailOk, 0);
        break;
    default: Finish(slot, mailBadRequest, 0); break;
    }
}
