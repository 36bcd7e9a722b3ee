#include "archive.h"
#include "journal.h"
#include "low_memory.h"
#include "settings.h"
#include "yield.h"
#include "../../lib/app_sum.h"

Archive archive;
static uint8_t *buffer;
static int32_t used;

/* The whole buffer, in WRITE commands of settings.block bytes. The last command of a session may be shorter. */
static TapeResult WriteBuffer(void) {
    int32_t at, bytes;
    for (at = 0; at < used; at += bytes) {
        bytes = used - at < settings.block ? used - at : settings.block;
        TapeResult result = TapeWrite(buffer + at, bytes);
        if (result != tapeOk)
            return result;
        YieldAfterCommand();
    }
    return tapeOk;
}

/* After a failure the buffer is written again from its beginning, so that its records arrive whole somewhere. */
static void Flush(void) {
    int32_t tries = 0;
    while (used > 0 && archive.failed == tapeOk) {
        TapeResult result = WriteBuffer();
        if (result == tapeOk)
            break;
        if (result == tapeEnd || tries++ >= settings.retry) {
            archive.failed = result;
            SayText(result == tapeEnd ? "the tape is full" : "writing the tape failed");
        } else {
            archive.rewritten++;
            SayNumber("buffer written again, record ", (int32_t)archive.records);
        }
    }
    used = 0;
    ShowProgress("Backup: ", (int32_t)archive.files, (int32_t)(archive.bytes >> 10));
}

static RecordHeader *Header(uint16_t kind, uint32_t object) {
    RecordHeader *h = (RecordHeader *)(buffer + used);
    memset(h, 0, sizeof *h);
    h->magic = recordMagic;
    h->version = recordVersion;
    h->kind = kind;
    h->session = archive.session;
    h->sequence = archive.records++;
    h->object = object;
    return h;
}

RecordHeader *ArchiveHeader(uint16_t kind, uint32_t object) {
    if (used + blockBytes > settings.buffer)
        Flush();
    return Header(kind, object);
}

void ArchiveClose(RecordHeader *h) {
    h->header_sum = RotateAdd(h, headerLongs, 0);
    used += blockBytes + WholeBlocks(h->length);
    if (used >= settings.buffer)
        Flush();
}

RecordHeader *ArchiveData(uint32_t object, int32_t *room) {
    if (used + 2 * blockBytes > settings.buffer)
        Flush();
    *room = settings.buffer - used - blockBytes;
    return Header(kindData, object);
}

uint32_t ArchiveCloseData(RecordHeader *h, uint32_t length) {
    uint8_t *data = (uint8_t *)(h + 1);
    uint32_t sum;
    memset(data + length, 0, WholeBlocks(length) - length);
    h->length = length;
    h->sum = sum = RotateAdd(data, (length + 3) >> 2, 0);
    archive.bytes += length;
    ArchiveClose(h);
    return sum;
}

void ArchiveBegin(void *to, ConstStringPtr volume, int32_t root) {
    memset(&archive, 0, sizeof archive);
    archive.session = Time;
    buffer = to;
    used = 0;
    RecordHeader *h = ArchiveHeader(kindSession, 0);
    memcpy(h->session_start.volume, volume, volume[0] + 1);
    h->session_start.date = archive.session;
    h->session_start.write_size = (uint32_t)settings.block;
    h->session_start.root = (uint32_t)root;
    memcpy(h->session_start.program, "\20Shoeshine Backup", 17);
    ArchiveClose(h);
}

void ArchiveEnd(void) {
    RecordHeader *h = ArchiveHeader(kindSessionEnd, 0);
    h->session_end.files = archive.files;
    h->session_end.folders = archive.folders;
    h->session_end.bytes = archive.bytes;
    h->session_end.records = archive.records;
    h->session_end.incomplete = archive.incomplete;
    h->session_end.date = Time;
    ArchiveClose(h);
    Flush();
}
