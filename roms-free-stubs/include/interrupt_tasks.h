/* Tasks that run at interrupt time: Vertical Retrace, Time and Deferred Task Managers, notifications. */
#ifndef INTERRUPT_TASKS_H
#define INTERRUPT_TASKS_H
#include "errors.h"
#include "low_memory.h"
#include "traps.h"

/* vblAddr is called with A0 = the task, may change A0-A3/D0-D3; it runs again only if it sets vblCount again. */
typedef struct VBLTask {
    struct VBLTask *qLink;
    int16_t qType;          /* vType */
    ProcPtr vblAddr;
    int16_t vblCount;
    int16_t vblPhase;
} VBLTask;
#define VInstall(task) OS_ERR(OS_A0(0xA033, task))
#define VRemove(task)  OS_ERR(OS_A0(0xA034, task))

/* tmAddr is called with A1 = the task, may change A0-A3/D0-D3. */
typedef struct TMTask {
    struct TMTask *qLink;
    int16_t qType;          /* bit 15: primed and waiting */
    ProcPtr tmAddr;
    int32_t tmCount;        /* time left when removed: positive ms, negative microseconds */
} TMTask;
#define InsTime(task)          OS_ERR(OS_A0(0xA058, task))
#define RmvTime(task)          OS_ERR(OS_A0(0xA059, task))
#define PrimeTime(task, count) OS_ERR(OS_A0_D0(0xA05A, task, count))

/* dtAddr is called with A1 = dtParm, may change A0-A3/D0-D3. */
typedef struct DeferredTask {
    struct DeferredTask *qLink;
    int16_t qType;          /* dtQType */
    int16_t dtFlags;
    ProcPtr dtAddr;
    int32_t dtParm;
    int32_t dtReserved;
} DeferredTask;
#define DTInstall(task) OS_ERR(OS_A0(0xA082, task))

typedef struct NMRec {
    struct NMRec *qLink;
    int16_t qType;          /* nmType */
    int16_t nmFlags;
    int32_t nmPrivate;
    int16_t nmReserved, nmMark;
    Handle nmIcon, nmSound;
    StringPtr nmStr;
    ProcPtr nmResp;
    int32_t nmRefCon;
} NMRec;
#define NMInstall(record) OS_ERR(OS_A0(0xA05E, record))
#define NMRemove(record)  OS_ERR(OS_A0(0xA05F, record))
#endif
