/* Device Manager: parameter blocks, device control entries, driver headers.
   Names and offsets: Inside Macintosh: Devices, chapter 1, and Files, chapter 2. */
#ifndef DEVICES_H
#define DEVICES_H

#include "errors.h"
#include "low_memory.h"
#include "strict_alignment.h"

/* A positive ioResult means "not finished"; result codes are in errors.h. */
enum { ioInProgress = 1, offLinErr = -65 };

/* ioTrap bits. */
enum { asyncTrpBit = 10, noQueueBit = 9 };

/* ioPosMode. */
enum { fsAtMark = 0, fsFromStart = 1, fsFromLEOF = 2, fsFromMark = 3, rdVerify = 64, fsNewLineMask = 0x80 };

/* dCtlFlags: the high byte comes from the driver header, the low byte is the Device Manager's. */
enum {
    dReadEnableMask = 0x0100, dWritEnableMask = 0x0200, dCtlEnableMask = 0x0400, dStatEnableMask = 0x0800,
    dNeedGoodByeMask = 0x1000, dNeedTimeMask = 0x2000, dNeedLockMask = 0x4000,
    dOpenedMask = 0x0020, dRAMBasedMask = 0x0040, drvrActiveMask = 0x0080
};

/* csCode values every driver may see. */
enum { killCode = 1, accEvent = 64, accRun = 65, goodBye = -1, drvStsCode = 8 };

/* The head common to all parameter blocks. The completion routine is entered with A0 = the parameter block,
   D0 = ioResult, and may change D0-D2/A0-A1 only. */
#define PARAM_BLOCK_HEADER                                                                                             \
    struct QElem *qLink;                                                                                               \
    int16_t qType;                                                                                                     \
    int16_t ioTrap;                                                                                                    \
    void *ioCmdAddr;                                                                                                   \
    void *ioCompletion;                                                                                                \
    volatile int16_t ioResult;                                                                                         \
    uint8_t *ioNamePtr;                                                                                                \
    int16_t ioVRefNum;

typedef struct {
    PARAM_BLOCK_HEADER
    int16_t ioRefNum;
    int8_t ioVersNum;
    int8_t ioPermssn;
    void *ioMisc;
    void *ioBuffer;
    int32_t ioReqCount;
    int32_t ioActCount;
    int16_t ioPosMode;
    int32_t ioPosOffset;
} IOParam;

typedef struct {
    PARAM_BLOCK_HEADER
    int16_t ioCRefNum;
    int16_t csCode;
    int16_t csParam[11];
} CntrlParam;

typedef struct {
    PARAM_BLOCK_HEADER
    int16_t ioFRefNum;
    int8_t ioFVersNum;
    int8_t filler1;
    int16_t ioFDirIndex;
    uint8_t ioFlAttrib;
    uint8_t ioFlVersNum;
    struct FInfo {
        uint32_t fdType;
        uint32_t fdCreator;
        uint16_t fdFlags;
        int16_t fdLocation[2];
        int16_t fdFldr;
    } ioFlFndrInfo;
    uint32_t ioFlNum;
    uint16_t ioFlStBlk;
    int32_t ioFlLgLen;
    int32_t ioFlPyLen;
    uint16_t ioFlRStBlk;
    int32_t ioFlRLgLen;
    int32_t ioFlRPyLen;
    uint32_t ioFlCrDat;
    uint32_t ioFlMdDat;
} FileParam;

typedef struct {
    PARAM_BLOCK_HEADER
    int32_t filler2;
    int16_t ioVolIndex;
    uint32_t ioVCrDate;
    uint32_t ioVLsBkUp;
    uint16_t ioVAtrb;
    uint16_t ioVNmFls;
    uint16_t ioVDirSt;
    int16_t ioVBlLn;
    uint16_t ioVNmAlBlks;
    uint32_t ioVAlBlkSiz;
    uint32_t ioVClpSiz;
    uint16_t ioAlBlSt;
    uint32_t ioVNxtFNum;
    uint16_t ioVFrBlk;
} VolumeParam;

typedef struct FInfo FInfo;

typedef union {
    IOParam ioParam;
    FileParam fileParam;
    VolumeParam volumeParam;
    CntrlParam cntrlParam;
} ParamBlockRec, *ParmBlkPtr;

typedef struct DCtlEntry {
    void *dCtlDriver;   /* pointer to the driver, or a handle if dRAMBased is set */
    int16_t dCtlFlags;
    QHdr dCtlQHdr;
    int32_t dCtlPosition;
    void *dCtlStorage;
    int16_t dCtlRefNum;
    int32_t dCtlCurTicks;
    void *dCtlWindow;
    int16_t dCtlDelay;
    int16_t dCtlEMask;
    int16_t dCtlMenu;
} DCtlEntry, *DCtlPtr, **DCtlHandle;

typedef struct {
    int16_t drvrFlags, drvrDelay, drvrEMask, drvrMenu;
    int16_t drvrOpen, drvrPrime, drvrCtl, drvrStatus, drvrClose;
    uint8_t drvrName[32]; /* a Pascal string, as long as it needs */
} DRVRHeader, *DRVRHeaderPtr;

/* Drive queue element. The four bytes before it are flags: write protect, disk in place, installed, sides. */
typedef struct DrvQEl {
    struct QElem *qLink;
    int16_t qType; /* 0: dQDrvSz only; 1: dQDrvSz2 is the high word of the block count */
    int16_t dQDrive;
    int16_t dQRefNum;
    int16_t dQFSID;
    uint16_t dQDrvSz;
    uint16_t dQDrvSz2;
} DrvQEl;

/* The three vectors a driver jumps through; A1 = the device control entry. */
#define jFetch LM(ProcPtr, 0x8F4)
#define jStash LM(ProcPtr, 0x8F8)
#define jIODone LM(ProcPtr, 0x8FC)

/* Register-based calls: A0 = parameter block, D0 = result. */
#define PB_TRAP(name, word)                                                                                            \
    static inline OSErr name(void *pb) {                                                                               \
        register void *a0 __asm__("a0") = pb;                                                                          \
        register int32_t d0 __asm__("d0");                                                                             \
        __asm__ volatile(".short " #word : "+a"(a0), "=d"(d0) : : "d1", "a1", "cc", "memory");                         \
        return (OSErr)d0;                                                                                              \
    }
#define PB_TRAPS(name, sync, async) PB_TRAP(name##Sync, sync) PB_TRAP(name##Async, async)

PB_TRAPS(PBOpen, 0xA000, 0xA400)
PB_TRAPS(PBClose, 0xA001, 0xA401)
PB_TRAPS(PBRead, 0xA002, 0xA402)
PB_TRAPS(PBWrite, 0xA003, 0xA403)
PB_TRAPS(PBControl, 0xA004, 0xA404)
PB_TRAPS(PBStatus, 0xA005, 0xA405)
PB_TRAPS(PBKillIO, 0xA006, 0xA406)
PB_TRAP(PBOpenImmed, 0xA200)
PB_TRAP(PBReadImmed, 0xA202)
PB_TRAP(PBWriteImmed, 0xA203)
PB_TRAP(PBControlImmed, 0xA204)
PB_TRAP(PBStatusImmed, 0xA205)

static inline void AddDrive(int16_t drvrRefNum, int16_t drvNum, DrvQEl *qEl) {
    register void *a0 __asm__("a0") = qEl;
    register int32_t d0 __asm__("d0") = (int32_t)drvNum << 16 | (uint16_t)drvrRefNum;
    __asm__ volatile(".short 0xA04E" : "+a"(a0), "+d"(d0) : : "d1", "a1", "cc", "memory");
}

/* Makes a device control entry for the driver and puts it into the unit table; the driver is not opened. */
static inline OSErr DrvrInstall(const void *drvr, int16_t refNum) {
    register const void *a0 __asm__("a0") = drvr;
    register int32_t d0 __asm__("d0") = refNum;
    __asm__ volatile(".short 0xA03D" : "+a"(a0), "+d"(d0) : : "d1", "a1", "cc", "memory");
    return (OSErr)d0;
}

static inline OSErr DrvrRemove(int16_t refNum) {
    register void *a0 __asm__("a0") = 0;
    register int32_t d0 __asm__("d0") = refNum;
    __asm__ volatile(".short 0xA03E" : "+a"(a0), "+d"(d0) : : "d1", "a1", "cc", "memory");
    return (OSErr)d0;
}

static inline DCtlHandle GetDCtlEntry(int16_t refNum) {
    int16_t unit = ~refNum;
    return refNum < 0 && unit < UnitNtryCnt ? (DCtlHandle)UTableBase[unit] : 0;
}

/* A driver calls this (usually from an interrupt) when a queued request is finished. */
static inline void IODone(DCtlPtr dce, OSErr result) {
    register void *a1 __asm__("a1") = dce;
    register int32_t d0 __asm__("d0") = result;
    __asm__ volatile("move.l 0x8FC.w,%%a0\n\tjsr (%%a0)" : "+a"(a1), "+d"(d0) : : "d1", "d2", "a0", "cc", "memory");
}

/* A driver in C. Routines are `OSErr name(ParmBlkPtr pb, DCtlPtr dce)`. What Prime, Control and Status return decides as
   in the register convention: a value <= 0 is the result of a finished request (the thunk jumps to jIODone, or returns
   it in D0 if the call was immediate or KillIO); ioInProgress means that IODone will be called later.
   DRIVER emits the header as symbol `sym`; `name` is the name with its full stop, without a length byte. The routines
   are named in assembly only: make them global, or static with __attribute__((used)). Bit numbers of `flags` as in
   dCtlFlags, given as a number, for instance 0x4F00. */
#define DRIVER(sym, name, flags, delay, emask, open, prime, ctl, status, close)                                        \
    extern const DRVRHeader sym;                                                                                       \
    __asm__(".section .text\n\t.balign 2\n\t.globl " #sym "\n" #sym ":\n\t"                                            \
            ".short " #flags "," #delay "," #emask ",0\n\t"                                                            \
            ".short 71f-" #sym ",72f-" #sym ",73f-" #sym ",74f-" #sym ",75f-" #sym "\n\t"                              \
            ".byte 77f-76f\n76:.ascii \"" name "\"\n77:\t.balign 2\n"                                                  \
            "71:\tpea " #open "(%pc)\n\tbra.s 78f\n75:\tpea " #close "(%pc)\n"                                         \
            "78:\tmove.l (%sp)+,%d1\n\tmove.l %a1,-(%sp)\n\tmove.l %a0,-(%sp)\n\tmove.l %d1,%a0\n\tjsr (%a0)\n\t"      \
            "addq.l #8,%sp\n\text.l %d0\n\trts\n"                                                                      \
            "72:\tpea " #prime "(%pc)\n\tbra.s 79f\n73:\tpea " #ctl "(%pc)\n\tbra.s 79f\n74:\tpea " #status "(%pc)\n"  \
            "79:\tmove.l (%sp)+,%d1\n\tmove.w 6(%a0),-(%sp)\n\tmovem.l %a0-%a1,-(%sp)\n\tmovem.l %a0-%a1,-(%sp)\n\t"  \
            "move.l %d1,%a0\n\tjsr (%a0)\n\taddq.l #8,%sp\n\tmovem.l (%sp)+,%a0-%a1\n\tmove.w (%sp)+,%d1\n\t"        \
            "btst #9,%d1\n\tbne.s 80f\n\tcmp.b #6,%d1\n\tbeq.s 80f\n\text.l %d0\n\tbgt.s 80f\n\t"                      \
            "move.l 0x8FC.w,%a0\n\tjmp (%a0)\n80:\text.l %d0\n\trts\n\t.previous");

#endif
