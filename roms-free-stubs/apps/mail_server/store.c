/* The message store on the disk and its index in memory. */
#include "server.h"
#include "errors.h"
#include "low_memory.h"
#include "../../lib/app_prefs.h"

/* The disk's completion routine: A0 = slot->disk. */
void DiskDone(HIOParam *pb);
__asm__(".text\n\t.globl DiskDoneEntry\nDiskDoneEntry:\n\tmove.l %a0,-(%sp)\n\tbsr.w DiskDone\n\taddq.l #4,%sp\n\trts");
extern void DiskDoneEntry(void);

void DiskDone(HIOParam *pb) {
    Slot *slot = (Slot *)((char *)pb - offsetof(Slot, disk));
    AddToQueue(slot, slot->after);
    if (server_settings.at_interrupt)
        RunSteps();
}

static OSErr Call(DiskAction action, HIOParam *pb, int synchronous) {
    switch (action) {
    case diskRead: return synchronous ? PBReadSync(pb) : PBReadAsync(pb);
    case diskWrite: return synchronous ? PBWriteSync(pb) : PBWriteAsync(pb);
    case diskFlush: return synchronous ? PBFlushFileSync(pb) : PBFlushFileAsync(pb);
    default: return synchronous ? PBSetEOFSync(pb) : PBSetEOFAsync(pb);
    }
}

void Disk(Slot *slot, DiskAction action, void *buffer, int32_t count, int32_t position, Step after) {
    HIOParam *pb = &slot->disk;
    memset(pb, 0, sizeof *pb);
    pb->ioRefNum = server.store;
    pb->ioBuffer = buffer;
    pb->ioReqCount = count;
    pb->ioPosMode = fsFromStart;
    pb->ioPosOffset = position;
    if (action == diskSetEOF)
        pb->ioMisc = (void *)position;
    slot->after = after;
    if (server_settings.synchronous) {
        /* At interrupt time this is what manuals warn of; with an idle disk it works every time. */
        Call(action, pb, 1);
        AddToQueue(slot, after);
    } else {
        pb->ioCompletion = (void *)DiskDoneEntry;
        Call(action, pb, 0);
    }
}

void Flush(Slot *slot, Step after) {
    if (server_settings.flush && slot->disk.ioResult == noErr)
        Disk(slot, diskFlush, 0, 0, 0, after);
    else
        after(slot);
}

/* Two servers that were installed at the same moment differ by their names. */
static uint32_t NewSerial(void) {
    uint32_t serial = Time ^ Ticks << 8;
    int16_t i;
    for (i = 1; i <= server_settings.name[0]; i++)
        serial = (serial << 5 | serial >> 27) ^ server_settings.name[i];
    return serial;
}

static OSErr Create(int32_t folder) {
    static uint32_t sector[sectorBytes / 4];
    StoreHeader *header = (StoreHeader *)sector;
    int16_t file;
    int32_t count = sectorBytes;
    OSErr err = HCreate(0, folder, server_settings.store_path, FOUR_CC('M', 'a', 'i', 'l'), FOUR_CC('M', 'S', 't', 'o'));
    if (err == noErr)
        err = HOpen(0, folder, server_settings.store_path, fsRdWrPerm, &file);
    if (err)
        return err;
    header->magic = storeMagic;
    header->version = 1;
    header->serial = NewSerial();
    err = FSWrite(file, &count, sector);
    FSClose(file);
    FlushVol(0, 0);
    return err;
}

/* At start-up, with the machine to ourselves: opens the store and keeps it open. */
OSErr StoreOpen(void) {
    int32_t folder = SystemFolderID(), length;
    OSErr err = HOpen(0, folder, server_settings.store_path, fsRdWrPerm, &server.store);
    if (err == fnfErr) {
        err = Create(folder);
        if (err == noErr)
            err = HOpen(0, folder, server_settings.store_path, fsRdWrPerm, &server.store);
    }
    if (err == noErr)
        err = GetEOF(server.store, &length);
    if (err == noErr)
        server.end = (uint32_t)length / sectorBytes;
    server.next_number = 1;
    return err;
}

static void ReadRecordHeader(Slot *slot);

static void LoadRecord(Slot *slot) {
    MessageRecord *record = (MessageRecord *)slot->reply;
    int16_t user;
    if (slot->disk.ioResult) {
        server.store_error = slot->disk.ioResult;
        return;
    }
    if (record->magic != recordMagic || record->sectors == 0) {
        slot->position++;       /* the rest of a record that was never finished */
    } else {
        if (record->store_number >= server.next_number)
            server.next_number = record->store_number + 1;
        /* Deleted ones as well: a server that did not hear that this one has a message sends it again. */
        if (record->state != stateUnfinished && RoomInIndex()) {
            user = FindUser(record->recipient, 1);
            if (user >= 0)
                AddToIndex(record, (uint32_t)slot->position, (uint8_t)user);
        }
        slot->position += record->sectors;
    }
    ReadRecordHeader(slot);
}

static void ReadRecordHeader(Slot *slot) {
    if ((uint32_t)slot->position >= server.end) {
        server.ready = 1;
        if (server.elsewhere)
            ForwardSoon();
    } else
        Disk(slot, diskRead, slot->reply, sizeof(MessageRecord), slot->position << 9, LoadRecord);
}

static void LoadHeader(Slot *slot) {
    StoreHeader *header = (StoreHeader *)slot->reply;
    if (slot->disk.ioResult || header->magic != storeMagic) {
        server.store_error = slot->disk.ioResult ? slot->disk.ioResult : badMDBErr;
        return;
    }
    server.serial = header->serial;
    slot->position = 1;
    ReadRecordHeader(slot);
}

void StoreLoad(Slot *slot) {
    Disk(slot, diskRead, slot->reply, sizeof(StoreHeader), 0, LoadHeader);
}

/* Messages arrive in the order of their numbers, but with several writes under way may be finished in another. */
void AddToIndex(const MessageRecord *record, uint32_t sector, uint8_t user) {
    int16_t i = server.messages;
    IndexEntry *entry;
    while (i > 0 && server.index[i - 1].store_number > record->store_number) {
        server.index[i] = server.index[i - 1];
        i--;
    }
    entry = &server.index[i];
    entry->store_number = record->store_number;
    entry->origin = record->origin;
    entry->number = record->number;
    entry->date = record->date;
    entry->sector = sector;
    entry->length = record->length;
    entry->user = user;
    entry->deleted = record->state == stateDeleted;
    server.messages++;
}

/* Half of the deleted ones go at once, the oldest, so that it does not come to this often. */
int RoomInIndex(void) {
    int16_t i, kept = 0, deleted = 0;
    if (server.messages < server_settings.messages)
        return 1;
    for (i = 0; i < server.messages; i++)
        deleted += server.index[i].deleted;
    deleted = (int16_t)((deleted + 1) >> 1);
    for (i = 0; i < server.messages; i++) {
        if (server.index[i].deleted && deleted > 0)
            deleted--;
        else
            server.index[kept++] = server.index[i];
    }
    server.messages = kept;
    return kept < server_settings.messages;
}

IndexEntry *FindNumber(uint32_t store_number) {
    int16_t low = 0, high = server.messages;
    while (low < high) {
        int16_t middle = (int16_t)((low + high) >> 1);
        if (server.index[middle].store_number < store_number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < server.messages && server.index[low].store_number == store_number ? &server.index[low] : 0;
}

IndexEntry *FindDuplicate(uint32_t origin, uint32_t number) {
    IndexEntry *entry = server.index + server.messages;
    while (entry-- > server.index)
        if (entry->number == number && entry->origin == origin)
            return entry;
    return 0;
}

int16_t FindUser(const uint8_t *name, int add) {
    int16_t i;
    if (name[0] == 0 || name[0] > 31)
        return -1;
    for (i = 0; i < server.users; i++)
        if (memcmp(server.user_names[i], name, name[0] + 1) == 0)
            return i;
    if (!add || server.users == maxUsers)
        return -1;
    memcpy(server.user_names[i], name, name[0] + 1);
    server.user_elsewhere[i] = (uint8_t)IsElsewhere(name);
    server.elsewhere += server.user_elsewhere[i];
    server.users++;
    return i;
}
