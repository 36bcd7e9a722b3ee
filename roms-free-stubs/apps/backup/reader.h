/* Records read back from the tape, with the way back after a bad one: docs/tape-format.md, "Reading". */
#ifndef BACKUP_READER_H
#define BACKUP_READER_H
#include "format.h"
#include "tape.h"

typedef struct {
    uint32_t good, bad;     /* records */
    uint32_t skipped;       /* blocks that should have been headers */
    uint32_t missing;       /* records whose sequence number never came */
    uint32_t next;          /* the sequence number expected now */
    TapeResult stopped;     /* why there are no more blocks */
} Reader;

extern Reader reader;

/* `window` must hold two buffers of `size` bytes. */
void ReaderBegin(void *window, int32_t size, uint32_t session);
/* The next good record whose number is not known yet, its data behind it; 0 at the end. `bad` (if not 0) is called
   with the header of every record whose data are wrong. */
RecordHeader *ReaderNext(void (*bad)(const RecordHeader *));

#endif
