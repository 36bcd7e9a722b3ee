/* Messages for users of other servers, `Name@Server`: they lie in the store like any other until that server has them, so a restart
   loses none. A server is found by its name and known by its serial number, which is the nonce of its sessions on others. A message keeps its origin
   and number, by which the other server filters what it has already. */
#include "server.h"
#include "interrupt_tasks.h"
#include "low_memory.h"

enum { secondTicks = 60, busyTicks = 10 * secondTicks, lookupInterval = 8, lookupCount = 4, atpSeconds = 2, atpRetries = 5 };
enum { nameBytes = 110 };

/* The job is the one that has read the index at start-up. */
#define job server.set_up

static struct {
    uint8_t under_way, clock_runs, waiting;
    uint32_t due;                   /* when to look at the queue again, while `waiting` */
    uint32_t not_before[maxUsers];  /* ticks; 0: at once. When the server of this recipient is asked again */
    uint32_t message;               /* store number of the message that is being forwarded */
    uint8_t user;                   /* its recipient */
    uint8_t session;
    uint16_t sequence, offset;
    AddrBlock to;
    uint8_t names[nameBytes];
    EntityName wanted;
    MPPParamBlock lookup;
    BDSElement answer;
    Step after_answer;
    VBLTask clock;
    MessageRecord record;
} forward;

static void Next(Slot *slot);
static void ReadPart(Slot *slot);

/* Where in a user's name the server's begins: behind the last @; 0 when there is none. */
static int16_t ServerPart(const uint8_t *name) {
    int16_t i;
    for (i = name[0]; i > 1 && name[i] != '@'; i--) {}
    return i > 1 && i < name[0] ? i + 1 : 0;
}

static int SameServer(const uint8_t *name, const uint8_t *other) {
    int16_t a = ServerPart(name), b = ServerPart(other), n = name[0] - a;
    return a && b && other[0] - b == n && memcmp(name + a, other + b, (size_t)n + 1) == 0;
}

void StripOwnName(uint8_t *recipient) {
    int16_t at = ServerPart(recipient);
    int16_t n = at ? recipient[0] - at + 1 : 0;
    if (!at || n != server_settings.name[0] || memcmp(recipient + at, server_settings.name + 1, (size_t)n) != 0)
        return;
    recipient[0] = (uint8_t)(at - 2);
    memset(recipient + at - 1, 0, (size_t)n + 1);
}

int IsElsewhere(const uint8_t *name) { return ServerPart(name) != 0; }

void ForwardSoon(void) {
    if (forward.under_way)
        return;
    forward.under_way = 1;
    AddToQueue(&job, Next);
}

/* Every second, in the vertical retrace interrupt, from the first message on that had to wait. */
void ForwardClock(void);
extern void ForwardClockEntry(void);
__asm__(".text\nForwardClockEntry:\n\tbra.w ForwardClock");

void ForwardClock(void) {
    forward.clock.vblCount = secondTicks;
    if (!forward.waiting || (int32_t)(Ticks - forward.due) < 0)
        return;
    ForwardSoon();
    if (server_settings.at_interrupt)
        RunSteps();
}

static void StartClock(void) {
    if (forward.clock_runs)
        return;
    forward.clock_runs = 1;
    forward.clock.qType = vType;
    forward.clock.vblAddr = (ProcPtr)ForwardClockEntry;
    forward.clock.vblCount = secondTicks;
    forward.clock.vblPhase = 0;
    (void)VInstall(&forward.clock);
}

/* The server of this message is not asked for so many ticks. */
static void PassOver(Slot *slot, uint32_t ticks) {
    int16_t i;
    for (i = 0; i < server.users; i++)
        if (SameServer(server.user_names[i], server.user_names[forward.user]))
            forward.not_before[i] = (Ticks + ticks) | 1;
    Next(slot);
}

static uint32_t RetryTicks(void) { return (uint32_t)server_settings.retry_minutes * 60 * secondTicks; }

static void Unreachable(Slot *slot) {
    server.unreachable++;
    PassOver(slot, RetryTicks());
}

/* Completion routines get their parameter block in A0. */
#define COMPLETION(name) \
    void name(void *pb); \
    extern void name##Entry(void); \
    __asm__(".text\n\t.globl " #name "Entry\n" #name "Entry:\n\tmove.l %a0,-(%sp)\n\tbsr.w " #name "\n\taddq.l #4,%sp\n\trts")
COMPLETION(ForwardLookedUp);
COMPLETION(ForwardAnswered);

void ForwardAnswered(void *pb) {
    AddToQueue(&job, forward.after_answer);
    if (server_settings.at_interrupt)
        RunSteps();
}

/* One exactly-once request to the other server: `length` bytes of slot->request. */
static void AskServer(Slot *slot, uint8_t opcode, uint16_t length, Step after) {
    ATPParamBlock *pb = &slot->atp;
    memset(pb, 0, sizeof *pb);
    forward.answer.buffPtr = slot->reply;
    forward.answer.buffSize = atpMaxData;
    forward.after_answer = after;
    pb->ioCompletion = (void *)ForwardAnsweredEntry;
    pb->userData = (uint32_t)opcode << 24 | (opcode == opSignOn ? 0 : (uint32_t)forward.session << 16 | forward.sequence);
    pb->atpFlags = atpXOvalue;
    pb->addrBlock = forward.to;
    pb->reqLength = length;
    pb->reqPointer = slot->request;
    pb->bdsPointer = &forward.answer;
    pb->numOfBuffs = 1;
    pb->timeOutVal = atpSeconds;
    pb->retryCount = atpRetries;
    PSendRequest(pb, 1);
}

/* The other server's result; what cannot be used counts as busy, so that it is asked again. */
static int16_t Result(const Slot *slot) {
    uint32_t user = forward.answer.userBytes;
    return (uint16_t)user == forward.sequence ? (int16_t)(user >> 16) : mailBusy;
}

static void Forwarded(Slot *slot) {
    IndexEntry *entry = FindNumber(forward.message);
    if (slot->disk.ioResult) {
        PassOver(slot, busyTicks);
        return;
    }
    if (entry)
        entry->deleted = 1;
    server.forwarded++;
    Next(slot);
}

static void MarkedForwarded(Slot *slot) { Flush(slot, Forwarded); }

static void PartAnswered(Slot *slot) {
    const IndexEntry *entry = FindNumber(forward.message);
    int16_t result = Result(slot);
    if (slot->atp.ioResult) {
        Unreachable(slot);
        return;
    }
    if (result < 0 || !entry) {
        /* Busy, or it wants the message from its beginning: soon. It has no room, or its disk fails: later. */
        int soon = result == mailBusy || result == mailWrongOffset || result == mailNoSession || result == mailBadSequence;
        PassOver(slot, soon ? busyTicks : RetryTicks());
        return;
    }
    forward.sequence++;
    forward.offset += partBytes;
    if (result == mailOk && forward.offset < forward.record.length) {
        ReadPart(slot);
        return;
    }
    slot->reply[0] = (uint32_t)stateDeleted << 16;
    Disk(slot, diskWrite, slot->reply, 2, (int32_t)(entry->sector << 9) + recordStateOffset, MarkedForwarded);
}

static void PartRead(Slot *slot) {
    SendRequest *request = (SendRequest *)slot->request;
    uint8_t *to = request->recipient;
    if (slot->disk.ioResult) {
        PassOver(slot, busyTicks);
        return;
    }
    request->origin = forward.record.origin;
    request->number = forward.record.number;
    request->total = forward.record.length;
    request->offset = forward.offset;
    request->part = (uint16_t)(forward.record.length - forward.offset < partBytes ? forward.record.length - forward.offset : partBytes);
    memcpy(to, forward.record.recipient, sizeof(Str31));
    memcpy(request->subject, forward.record.subject, sizeof(Str31));
    AskServer(slot, opSend, (uint16_t)(sendHeaderBytes + request->part), PartAnswered);
}

static void ReadPart(Slot *slot) {
    const IndexEntry *entry = FindNumber(forward.message);
    int32_t left = (int32_t)forward.record.length - forward.offset;
    if (!entry) {
        Next(slot);
        return;
    }
    slot->disk.ioResult = noErr;
    if (left <= 0)
        PartRead(slot);
    else
        Disk(slot, diskRead, ((SendRequest *)slot->request)->body, left < partBytes ? left : partBytes,
            (int32_t)(entry->sector << 9) + (int32_t)sizeof(MessageRecord) + forward.offset, PartRead);
}

static void SignedOn(Slot *slot) {
    const SignOnReply *reply = (const SignOnReply *)slot->reply;
    if (slot->atp.ioResult) {
        Unreachable(slot);
        return;
    }
    if (Result(slot) < 0 || reply->server == server.serial) {
        PassOver(slot, Result(slot) == mailBusy ? busyTicks : RetryTicks());
        return;
    }
    forward.session = reply->session;
    forward.sequence = 1;
    forward.offset = 0;
    ReadPart(slot);
}

/* The session is the sender's, known to the other server as a user of this one. */
static void RecordRead(Slot *slot) {
    SignOnRequest *request = (SignOnRequest *)slot->request;
    uint8_t *user = request->user;
    int16_t i;
    if (slot->disk.ioResult) {
        PassOver(slot, busyTicks);
        return;
    }
    forward.record = *(const MessageRecord *)slot->reply;
    request->nonce = server.serial;
    request->version = protocolVersion;
    request->zero = 0;
    memset(user, 0, sizeof(Str31));
    memcpy(user, forward.record.sender, sizeof(Str31));
    if (!ServerPart(user)) {
        user[++user[0]] = '@';
        for (i = 1; i <= server_settings.name[0] && user[0] < 31; i++)
            user[++user[0]] = server_settings.name[i];
    }
    forward.sequence = 0;
    AskServer(slot, opSignOn, sizeof *request, SignedOn);
}

static void Found(Slot *slot) {
    const IndexEntry *entry = FindNumber(forward.message);
    EntityName name;
    if (forward.lookup.ioResult || NBPExtract(forward.names, forward.lookup.numGotten, 1, name, &forward.to)) {
        Unreachable(slot);
        return;
    }
    if (entry)
        Disk(slot, diskRead, slot->reply, sizeof(MessageRecord), (int32_t)(entry->sector << 9), RecordRead);
    else
        Next(slot);
}

void ForwardLookedUp(void *pb) {
    AddToQueue(&job, Found);
    if (server_settings.at_interrupt)
        RunSteps();
}

static void LookUp(const uint8_t *recipient) {
    Str31 object;
    int16_t at = ServerPart(recipient);
    object[0] = (uint8_t)(recipient[0] - at + 1);
    memcpy(object + 1, recipient + at, object[0]);
    NBPSetEntity(forward.wanted, object, P("\25MSMail Reconstruction"), P("\1*"));
    memset(&forward.lookup, 0, sizeof forward.lookup);
    forward.lookup.ioCompletion = (void *)ForwardLookedUpEntry;
    forward.lookup.interval = lookupInterval;
    forward.lookup.count = lookupCount;
    forward.lookup.entityPtr = forward.wanted;
    forward.lookup.retBuffPtr = forward.names;
    forward.lookup.retBuffSize = nameBytes;
    forward.lookup.maxToGet = 1;
    PLookupName(&forward.lookup, 1);
}

/* The first message in the queue whose server may be asked. */
static void Next(Slot *slot) {
    int16_t i;
    forward.waiting = 0;
    for (i = 0; i < server.messages; i++) {
        const IndexEntry *entry = &server.index[i];
        uint32_t when = forward.not_before[entry->user];
        if (entry->deleted || !server.user_elsewhere[entry->user])
            continue;
        if (when && (int32_t)(Ticks - when) < 0) {
            if (!forward.waiting || (int32_t)(when - forward.due) < 0)
                forward.due = when;
            forward.waiting = 1;
            continue;
        }
        forward.message = entry->store_number;
        forward.user = entry->user;
        LookUp(server.user_names[entry->user]);
        return;
    }
    forward.under_way = 0;
    if (forward.waiting)
        StartClock();
}
