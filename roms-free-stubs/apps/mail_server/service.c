/* The queue of steps, the requests under way and the registration. */
#include "server.h"
#include "errors.h"
#include "low_memory.h"
#include "os_utils.h"

Server server;
static Slot *first, *last;
static uint8_t running;
static MPPParamBlock registration;
static NamesTableEntry names_entry;

/* Completion routines get their parameter block in A0; C wants it on the stack. */
#define COMPLETION(name) \
    void name(void *pb); \
    extern void name##Entry(void); \
    __asm__(".text\n\t.globl " #name "Entry\n" #name "Entry:\n\tmove.l %a0,-(%sp)\n\tbsr.w " #name "\n\taddq.l #4,%sp\n\trts")
COMPLETION(RequestArrived);
COMPLETION(ResponseOver);
COMPLETION(Registered);

void AddToQueue(Slot *slot, Step step) {
    uint16_t sr = disable_interrupts();
    slot->step = step;
    slot->next = 0;
    if (first)
        last->next = slot;
    else
        first = slot;
    last = slot;
    restore_interrupts(sr);
}

void RunSteps(void) {
    uint16_t sr = disable_interrupts();
    if (running) {
        restore_interrupts(sr);
        return;
    }
    running = 1;
    while (first) {
        Slot *slot = first;
        first = slot->next;
        restore_interrupts(sr);
        slot->step(slot);
        disable_interrupts();
    }
    running = 0;
    restore_interrupts(sr);
}

static void WaitForRequest(Slot *slot) {
    memset(&slot->atp, 0, sizeof slot->atp);
    slot->atp.ioCompletion = (void *)RequestArrivedEntry;
    slot->atp.atpSocket = server.socket;
    slot->atp.reqLength = atpMaxData;
    slot->atp.reqPointer = slot->request;
    PGetRequest(&slot->atp, 1);
}

void RequestArrived(void *pb) {
    Slot *slot = pb;
    if (slot->atp.ioResult)
        return;         /* the socket is closed */
    AddToQueue(slot, ServeRequest);
    if (server_settings.at_interrupt)
        RunSteps();
}

/* Released by the client, or forgotten after the release timer: the slot is free for the next request. */
void ResponseOver(void *pb) { WaitForRequest(pb); }

/* Sends `length` bytes of slot->reply, as many packets as the client can take. */
static void Respond(Slot *slot, int16_t result, int32_t length) {
    uint32_t user_bytes = (uint32_t)(uint16_t)result << 16 | slot->sequence;
    uint8_t *at = (uint8_t *)slot->reply;
    uint8_t n = 0;
    do {
        BDSElement *b = &slot->bds[n++];
        b->buffPtr = at;
        b->buffSize = (uint16_t)(length > atpMaxData ? atpMaxData : length);
        b->dataSize = b->buffSize;
        b->userBytes = user_bytes;
        at += b->buffSize;
        length -= b->buffSize;
    } while (length > 0 && n < slot->packets);
    slot->atp.ioCompletion = (void *)ResponseOverEntry;
    slot->atp.atpFlags = (slot->atp.atpFlags & atpXOvalue) | atpEOMvalue;
    slot->atp.bdsPointer = slot->bds;
    slot->atp.numOfBuffs = n;
    slot->atp.bdsSize = n;
    PSendResponse(&slot->atp, 1);
}

void Finish(Slot *slot, int16_t result, int32_t length) {
    Session *session = slot->session;
    if (session && slot->opcode != opSignOn) {
        session->busy = 0;
        session->last = slot->sequence;
        session->last_result = result;
        session->last_value = slot->value;
        session->answered = 1;
        session->last_ticks = Ticks;
    }
    slot->session = 0;
    if (result < 0) {
        length = 0;
        server.refused++;
    }
    server.served++;
    Respond(slot, result, length);
}

/* A real server's start-up went on here, whenever the network got round to it. */
void Registered(void *pb) {
    server.registration = registration.ioResult;
    AddToQueue(&server.set_up, StoreLoad);
    if (server_settings.at_interrupt)
        RunSteps();
}

static OSErr OpenSocket(void) {
    ATPParamBlock pb;
    memset(&pb, 0, sizeof pb);
    OSErr err = POpenATPSkt(&pb, 0);    /* any socket, requests from anywhere */
    server.socket = pb.atpSocket;
    return err;
}

static void Register(void) {
    NBPSetNTE(&names_entry, server_settings.name, P("\25MSMail Reconstruction"), P("\1*"), server.socket);
    server.registration = 1;
    registration.ioCompletion = (void *)RegisteredEntry;
    registration.interval = server_settings.register_interval;
    registration.count = server_settings.register_count;
    registration.ntQElPtr = &names_entry;
    registration.verifyFlag = 1;
    PRegisterName(&registration, 1);
}

OSErr ServerStart(void) {
    int16_t i;
    OSErr err;
    server.index = GetMemory(server_settings.messages * (int32_t)sizeof(IndexEntry));
    server.sessions = GetMemory(server_settings.sessions * (int32_t)sizeof(Session));
    server.slots = GetMemory(server_settings.requests * (int32_t)sizeof(Slot));
    if (!server.index || !server.sessions || !server.slots)
        return memFullErr;
    for (i = 0; i < server_settings.sessions; i++)
        if ((server.sessions[i].assembly = GetMemory(assemblyBytes)) == 0)
            return memFullErr;
    if ((err = StoreOpen()) != noErr || (err = MPPOpen()) != noErr || (err = OpenSocket()) != noErr)
        return err;
    for (i = 0; i < server_settings.requests; i++)
        WaitForRequest(&server.slots[i]);
    Register();
    return noErr;
}
