/* The tape drive as the program uses it: fixed blocks of 512 bytes, sequential access. */
#ifndef BACKUP_TAPE_H
#define BACKUP_TAPE_H
#include "types.h"

typedef enum {
    tapeOk,
    tapeMark,           /* a read met a filemark */
    tapeEnd,            /* end of medium, or of the data */
    tapeFailed          /* reported by the drive or by the SCSI Manager */
} TapeResult;

typedef struct {
    int32_t commands;           /* WRITE and READ */
    int32_t phase_errors;       /* SCSIComplete found another phase than STATUS */
    int32_t transfer_errors;    /* the data phase ended with an error */
    int32_t deferred;           /* deferred errors (response code 71h) */
    int32_t recovered;          /* errors the drive says it mended */
} TapeCounts;

extern TapeCounts tape_counts;

/* Finds the drive: the given ID, or -1 for the first sequential-access device; its ID or -1. */
int16_t TapeFind(int16_t id);
/* Waits until the drive is ready, calling `idle` meanwhile; `limit` ticks, 0 for ever. */
TapeResult TapeWaitReady(int32_t limit, void (*idle)(void));
/* Fixed blocks of 512 bytes, buffered mode as set. */
TapeResult TapeSetMode(void);
TapeResult TapeRewind(void (*idle)(void));
TapeResult TapeWriteFilemarks(int32_t count, void (*idle)(void));
/* One WRITE command. */
TapeResult TapeWrite(void *from, int32_t bytes);
/* One READ command; `got` is less than `bytes` before a filemark or the end of the data. */
TapeResult TapeRead(void *to, int32_t bytes, int32_t *got);

#endif
