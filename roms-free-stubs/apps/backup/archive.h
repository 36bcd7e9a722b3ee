/* The archive being written: records go into a buffer, full buffers go to the tape. */
#ifndef BACKUP_ARCHIVE_H
#define BACKUP_ARCHIVE_H
#include "format.h"
#include "tape.h"

typedef struct {
    uint32_t session;       /* id */
    uint32_t records;
    uint32_t files, folders, bytes, incomplete, skipped;
    uint32_t objects;
    uint32_t rewritten;     /* buffers written again */
    TapeResult failed;      /* tapeOk, or what ended the session early */
} Archive;

extern Archive archive;

/* `buffer` holds settings.buffer bytes. */
void ArchiveBegin(void *buffer, ConstStringPtr volume, int32_t root);
/* A header in the buffer for a record without data, to be filled in and closed. */
RecordHeader *ArchiveHeader(uint16_t kind, uint32_t object);
void ArchiveClose(RecordHeader *header);
/* Room for a data record: the header, and at most `*room` bytes for its data right behind it. */
RecordHeader *ArchiveData(uint32_t object, int32_t *room);
/* Closes a data record of `length` bytes; its sum. */
uint32_t ArchiveCloseData(RecordHeader *header, uint32_t length);
void ArchiveEnd(void);

#endif
