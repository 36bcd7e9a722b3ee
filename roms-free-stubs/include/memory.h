/* Memory Manager. */
#ifndef MEMORY_H
#define MEMORY_H
#include "errors.h"
#include "low_memory.h"
#include "traps.h"

/* A zone's header; its first block follows at heapData. */
typedef struct Zone {
    Ptr bkLim;              /* the zone's trailer block */
    Ptr purgePtr;
    Ptr hFstFree;           /* first free master pointer */
    int32_t zcbFree;        /* free bytes */
    ProcPtr gzProc;
    int16_t moreMast;       /* master pointers to allocate at once */
    int16_t flags;
    int16_t cntRel, maxRel, cntNRel, maxNRel, cntEmpty, cntHandles;
    int32_t minCBFree;
    ProcPtr purgeProc;
    Ptr sparePtr;
    Ptr allocPtr;           /* where the next search for room begins */
    char heapData[];
} Zone;
typedef Zone *THz;

#define NewPtr(size)            ((Ptr)OS_RETURN_A0(0xA11E, 0, size))
#define NewPtrClear(size)       ((Ptr)OS_RETURN_A0(0xA31E, 0, size))
#define NewPtrSys(size)         ((Ptr)OS_RETURN_A0(0xA51E, 0, size))
#define NewPtrSysClear(size)    ((Ptr)OS_RETURN_A0(0xA71E, 0, size))
#define DisposePtr(p)           OS_ERR(OS_A0(0xA01F, p))
#define SetPtrSize(p, size)     OS_ERR(OS_A0_D0(0xA020, p, size))
#define GetPtrSize(p)           ((int32_t)OS_A0(0xA021, p))
#define NewHandle(size)         ((Handle)OS_RETURN_A0(0xA122, 0, size))
#define NewHandleClear(size)    ((Handle)OS_RETURN_A0(0xA322, 0, size))
#define NewHandleSys(size)      ((Handle)OS_RETURN_A0(0xA522, 0, size))
#define NewHandleSysClear(size) ((Handle)OS_RETURN_A0(0xA722, 0, size))
#define NewEmptyHandle()        ((Handle)OS_RETURN_A0(0xA166, 0, 0))
#define DisposeHandle(h)        OS_ERR(OS_A0(0xA023, h))
#define SetHandleSize(h, size)  OS_ERR(OS_A0_D0(0xA024, h, size))
#define GetHandleSize(h)        ((int32_t)OS_A0(0xA025, h))
#define HandleZone(h)           ((THz)OS_RETURN_A0(0xA126, h, 0))
#define PtrZone(p)              ((THz)OS_RETURN_A0(0xA148, p, 0))
#define ReallocateHandle(h, n)  OS_ERR(OS_A0_D0(0xA027, h, n))
#define RecoverHandle(p)        ((Handle)OS_RETURN_A0(0xA128, p, 0))
#define HLock(h)                OS_ERR(OS_A0(0xA029, h))
#define HUnlock(h)              OS_ERR(OS_A0(0xA02A, h))
#define EmptyHandle(h)          OS_ERR(OS_A0(0xA02B, h))
#define HPurge(h)               OS_ERR(OS_A0(0xA049, h))
#define HNoPurge(h)             OS_ERR(OS_A0(0xA04A, h))
#define MoveHHi(h)              OS_ERR(OS_A0(0xA064, h))
#define HSetRBit(h)             OS_ERR(OS_A0(0xA067, h))
#define HClrRBit(h)             OS_ERR(OS_A0(0xA068, h))
#define HGetState(h)            ((int8_t)OS_A0(0xA069, h))
#define HSetState(h, state)     OS_ERR(OS_A0_D0(0xA06A, h, state))
#define GetZone()               ((THz)OS_RETURN_A0(0xA11A, 0, 0))
#define SetZone(z)              OS_ERR(OS_A0(0xA01B, z))
#define FreeMem()               ((int32_t)OS_A0(0xA01C, 0))
#define FreeMemSys()            ((int32_t)OS_A0(0xA41C, 0))
#define MaxBlock()              ((int32_t)OS_A0(0xA061, 0))
#define CompactMem(need)        ((int32_t)OS_A0_D0(0xA04C, 0, need))
#define PurgeMem(need)          OS_ERR(OS_A0_D0(0xA04D, 0, need))
#define ResrvMem(need)          OS_ERR(OS_A0_D0(0xA040, 0, need))
#define MoreMasters()           OS_ERR(OS_A0(0xA036, 0))
#define SetApplLimit(p)         OS_ERR(OS_A0(0xA02D, p))
#define MaxApplZone()           OS_ERR(OS_A0(0xA063, 0))
#define SetGrowZone(proc)       OS_ERR(OS_A0(0xA04B, proc))
#define StackSpace()            ((int32_t)OS_A0(0xA065, 0))
#define StripAddress(p)         ((Ptr)OS_A0_D0(0xA055, 0, p))
#define BlockMove(from, to, n)  ((void)OS_A0_A1_D0(0xA02E, from, to, n))

/* What InitZone takes: A0 points here. */
typedef struct { Ptr startPtr, limitPtr; int16_t cMoreMasters; ProcPtr pGrowZone; } __attribute__((packed)) InitZoneBlock;
#define InitZone(block)         OS_ERR(OS_A0(0xA019, block))

static inline OSErr MemError(void) { return MemErr; }
#endif
