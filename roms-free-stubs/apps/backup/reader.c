#include "reader.h"
#include "settings.h"
#include "yield.h"
#include "../../lib/app_sum.h"

Reader reader;
static uint8_t *window;
static int32_t size;        /* bytes per reading; the window has room for twice as many */
static int32_t at, end;     /* what lies in the window unread */
static uint32_t session;

void ReaderBegin(void *memory, int32_t bytes, uint32_t id) {
    memset(&reader, 0, sizeof reader);
    window = memory;
    size = bytes;
    at = end = 0;
    session = id;
}

/* Makes sure that `bytes` lie in the window behind `at`; 0 if the tape has no more. */
static int Have(int32_t bytes) {
    while (end - at < bytes) {
        int32_t got, room;
        if (reader.stopped != tapeOk)
            return 0;
        if (at > 0) {
            memmove(window, window + at, end - at);
            end -= at;
            at = 0;
        }
        room = 2 * size - end;
        if (room > settings.block)
            room = settings.block;
        if (room < blockBytes)
            return 0;
        reader.stopped = TapeRead(window + end, room & ~511, &got);
        end += got;
        YieldAfterCommand();
    }
    return 1;
}

static int IsHeader(const RecordHeader *h) {
    return h->magic == recordMagic && h->version == recordVersion && h->session == session
        && h->length <= (uint32_t)size && h->header_sum == RotateAdd(h, headerLongs, 0);
}

RecordHeader *ReaderNext(void (*bad)(const RecordHeader *)) {
    while (Have(blockBytes)) {
        if (!IsHeader((RecordHeader *)(window + at))) {
            reader.skipped++;
            at += blockBytes;
            continue;
        }
        int32_t length = (int32_t)WholeBlocks(((RecordHeader *)(window + at))->length);
        int whole = Have(blockBytes + length);
        RecordHeader *h = (RecordHeader *)(window + at);
        if (!whole || (h->length && RotateAdd(h + 1, (h->length + 3) >> 2, 0) != h->sum)) {
            reader.bad++;
            if (bad)
                bad(h);
            at += blockBytes;
            continue;
        }
        at += blockBytes + length;
        if (h->sequence < reader.next)
            continue;   /* a repetition */
        reader.good++;
        reader.missing += h->sequence - reader.next;
        reader.next = h->sequence + 1;
        return h;
    }
    return 0;
}
