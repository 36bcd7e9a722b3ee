/* SCSI Manager (the one before 4.3): Inside Macintosh: Devices, chapter 3. */
#ifndef SCSI_H
#define SCSI_H

#include "errors.h"
#include "low_memory.h"
#include "strict_alignment.h"

/* Transfer instruction block: what to do with the bytes of the data phase. */
typedef struct {
    int16_t scOpcode;
    int32_t scParam1;
    int32_t scParam2;
} SCSIInstr;

enum { scInc = 1, scNoInc = 2, scAdd = 3, scMove = 4, scLoop = 5, scNop = 6, scStop = 7, scComp = 8 };

enum {
    scCommErr = 2,       /* time-out, or no such target */
    scArbNBErr = 3,      /* bus busy, arbitration failed */
    scBadParmsErr = 4,   /* unknown TIB instruction or selector */
    scPhaseErr = 5,      /* the target is in another phase */
    scCompareErr = 6,    /* scComp: data differ */
    scMgrBusyErr = 7,    /* SCSIGet while the manager is in use */
    scSequenceErr = 8,   /* call out of order */
    scBusTOErr = 9,      /* bus error (hardware handshake) before the data were ready */
    scComplPhaseErr = 10 /* SCSIComplete found another phase than STATUS */
};

/* Status bytes of targets. */
enum { scsiGood = 0x00, scsiCheckCondition = 0x02, scsiBusy = 0x08, scsiReservationConflict = 0x18 };

/* Stack-based calls, selector pushed last. Each leaves an OSErr. */
#define SCSI_CALL0(name, sel)                                                                                          \
    static inline OSErr name(void) {                                                                                   \
        register int32_t r __asm__("d0");                                                                              \
        __asm__ volatile("clr.w -(%%sp)\n\tmove.w #" #sel ",-(%%sp)\n\t.short 0xA815\n\tmove.w (%%sp)+,%0"             \
                         : "=d"(r) : : "d1", "d2", "a0", "a1", "cc", "memory");                                        \
        return (OSErr)r;                                                                                               \
    }
#define SCSI_CALLW(name, sel)                                                                                          \
    static inline OSErr name(int16_t arg) {                                                                            \
        register int32_t r __asm__("d0") = arg;                                                                        \
        __asm__ volatile("clr.w -(%%sp)\n\tmove.w %0,-(%%sp)\n\tmove.w #" #sel ",-(%%sp)\n\t.short 0xA815\n\t"         \
                         "move.w (%%sp)+,%0" : "+d"(r) : : "d1", "d2", "a0", "a1", "cc", "memory");                    \
        return (OSErr)r;                                                                                               \
    }
#define SCSI_CALLP(name, sel, type)                                                                                    \
    static inline OSErr name(type arg) {                                                                               \
        register int32_t r __asm__("d0") = (int32_t)arg;                                                               \
        __asm__ volatile("clr.w -(%%sp)\n\tmove.l %0,-(%%sp)\n\tmove.w #" #sel ",-(%%sp)\n\t.short 0xA815\n\t"         \
                         "move.w (%%sp)+,%0" : "+d"(r) : : "d1", "d2", "a0", "a1", "cc", "memory");                    \
        return (OSErr)r;                                                                                               \
    }

SCSI_CALL0(SCSIReset, 0)
SCSI_CALL0(SCSIGet, 1)
SCSI_CALLW(SCSISelect, 2)
SCSI_CALLP(SCSIRead, 5, SCSIInstr *)
SCSI_CALLP(SCSIWrite, 6, SCSIInstr *)
SCSI_CALLP(SCSIRBlind, 8, SCSIInstr *)
SCSI_CALLP(SCSIWBlind, 9, SCSIInstr *)
SCSI_CALL0(SCSIStat, 10) /* bits 0-7 current SCSI bus status, 8-15 bus and status, of the 5380 (see the header of the ROM's file) */
SCSI_CALLW(SCSISelAtn, 11)
SCSI_CALLP(SCSIMsgIn, 12, int16_t *)
SCSI_CALLW(SCSIMsgOut, 13)

static inline OSErr SCSICmd(const void *buffer, int16_t count) {
    register const void *a __asm__("a0") = buffer;
    register int32_t r __asm__("d0") = count;
    __asm__ volatile("clr.w -(%%sp)\n\tmove.l %1,-(%%sp)\n\tmove.w %0,-(%%sp)\n\tmove.w #3,-(%%sp)\n\t.short 0xA815\n\t"
                     "move.w (%%sp)+,%0" : "+d"(r), "+a"(a) : : "d1", "d2", "a1", "cc", "memory");
    return (OSErr)r;
}

/* `wait` in ticks. */
static inline OSErr SCSIComplete(int16_t *stat, int16_t *message, int32_t wait) {
    register int16_t *s __asm__("a0") = stat;
    register int16_t *m __asm__("a1") = message;
    register int32_t r __asm__("d0") = wait;
    __asm__ volatile("clr.w -(%%sp)\n\tmove.l %1,-(%%sp)\n\tmove.l %2,-(%%sp)\n\tmove.l %0,-(%%sp)\n\t"
                     "move.w #4,-(%%sp)\n\t.short 0xA815\n\tmove.w (%%sp)+,%0"
                     : "+d"(r), "+a"(s), "+a"(m) : : "d1", "d2", "cc", "memory");
    return (OSErr)r;
}

/* Driver descriptor (block 0, "ER") and partition map entry ("PM"): Devices, chapter 3. */
typedef struct {
    uint16_t sbSig; /* 0x4552 */
    uint16_t sbBlkSize;
    uint32_t sbBlkCount;
    uint16_t sbDevType, sbDevId;
    uint32_t sbData;
    uint16_t sbDrvrCount;
} Block0;

typedef struct {
    uint16_t pmSig; /* 0x504D */
    uint16_t pmSigPad;
    uint32_t pmMapBlkCnt;
    uint32_t pmPyPartStart;
    uint32_t pmPartBlkCnt;
    char pmPartName[32];
    char pmParType[32]; /* "Apple_HFS" */
} Partition;

#endif
