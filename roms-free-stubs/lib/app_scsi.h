/* One SCSI command from selection to status, through the SCSI Manager. */
#ifndef APP_SCSI_H
#define APP_SCSI_H
#include "scsi.h"

typedef struct {
    OSErr select;       /* SCSIGet or SCSISelect; the other fields mean nothing when it is not 0 */
    OSErr command;      /* SCSICmd */
    OSErr transfer;     /* the data phase */
    OSErr complete;     /* SCSIComplete */
    int16_t status;     /* the target's status byte, -1 without one */
    int16_t message;
} ScsiOutcome;

typedef enum { scsiNoData, scsiReadPolled, scsiReadBlind, scsiWritePolled, scsiWriteBlind } ScsiData;

/* `tib` may be 0 with scsiNoData. `wait` in ticks is for SCSIComplete. */
void ScsiTransact(ScsiOutcome *outcome, int16_t id, const void *cdb, int16_t cdb_length, ScsiData data, SCSIInstr *tib,
                  int32_t wait);
/* Fills `tib` (3 instructions) for `count` bytes at `at`: one scInc for all of them when `piece` is 0 or does not divide
   `count`, otherwise a loop over pieces of that size. */
void ScsiFillTib(SCSIInstr *tib, void *at, int32_t count, int32_t piece);
/* A command without data or with a short, polled read into `to`. */
void ScsiSimple(ScsiOutcome *outcome, int16_t id, const void *cdb, int16_t cdb_length, void *to, int32_t count, int32_t wait);

#endif
