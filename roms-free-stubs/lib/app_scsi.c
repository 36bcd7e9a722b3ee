#include "app_scsi.h"
#include "low_memory.h"

/* A program at application level finds the manager in use only while something at interrupt time uses it. */
enum { getPatience = 600 };

/* Functions of their own, because a Toolbox trap may change D0 and the result must be taken right behind it. */
static __attribute__((noinline)) OSErr Get(void) { return SCSIGet(); }

static __attribute__((noinline)) OSErr Transfer(ScsiData data, SCSIInstr *tib) {
    switch (data) {
    case scsiReadPolled: return SCSIRead(tib);
    case scsiReadBlind: return SCSIRBlind(tib);
    case scsiWritePolled: return SCSIWrite(tib);
    case scsiWriteBlind: return SCSIWBlind(tib);
    default: return 0;
    }
}

void ScsiTransact(ScsiOutcome *outcome, int16_t id, const void *cdb, int16_t cdb_length, ScsiData data, SCSIInstr *tib,
                  int32_t wait) {
    uint32_t begin = Ticks;
    outcome->command = outcome->transfer = outcome->complete = 0;
    outcome->status = -1;
    outcome->message = -1;
    do
        outcome->select = Get();
    while (outcome->select == scMgrBusyErr && Ticks - begin < getPatience);
    if (outcome->select)
        return;
    outcome->select = SCSISelect(id);
    if (outcome->select)
        return;
    outcome->command = SCSICmd(cdb, cdb_length);
    if (outcome->command == 0)
        outcome->transfer = Transfer(data, tib);

    int16_t status = -1, message = -1;
    outcome->complete = SCSIComplete(&status, &message, wait);
    /* With these two there was a status phase; with any other error the variable holds nothing. */
    if (outcome->complete == 0 || outcome->complete == scComplPhaseErr)
        outcome->status = status & 0xFF;
    outcome->message = message;
}

void ScsiFillTib(SCSIInstr *tib, void *at, int32_t count, int32_t piece) {
    uint32_t pieces = piece > 0 ? (uint32_t)count / (uint32_t)piece : 0;
    tib->scOpcode = scInc;
    tib->scParam1 = (int32_t)at;
    if (pieces > 1 && (int32_t)(pieces * (uint32_t)piece) == count) {
        tib->scParam2 = piece;
        tib++;
        tib->scOpcode = scLoop;
        tib->scParam1 = -(int32_t)sizeof(SCSIInstr);
        tib->scParam2 = (int32_t)pieces;
    } else {
        tib->scParam2 = count;
    }
    tib++;
    tib->scOpcode = scStop;
    tib->scParam1 = tib->scParam2 = 0;
}

void ScsiSimple(ScsiOutcome *outcome, int16_t id, const void *cdb, int16_t cdb_length, void *to, int32_t count,
                int32_t wait) {
    SCSIInstr tib[3];
    ScsiFillTib(tib, to, count, 0);
    ScsiTransact(outcome, id, cdb, cdb_length, count ? scsiReadPolled : scsiNoData, tib, wait);
}
