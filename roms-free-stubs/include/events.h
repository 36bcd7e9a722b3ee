/* Event Manager, Toolbox and Operating System. */
#ifndef EVENTS_H
#define EVENTS_H
#include "errors.h"
#include "low_memory.h"
#include "traps.h"

enum { nullEvent, mouseDown, mouseUp, keyDown, keyUp, autoKey, updateEvt, diskEvt, activateEvt, networkEvt = 10, driverEvt,
       app1Evt, app2Evt, app3Evt, osEvt };
enum { everyEvent = -1, mDownMask = 2, keyDownMask = 8, autoKeyMask = 32 };

typedef struct {
    int16_t what;
    int32_t message;
    uint32_t when;
    Point where;
    int16_t modifiers;
} EventRecord;

/* An element of the event queue. */
typedef struct EvQEl {
    struct EvQEl *qLink;
    int16_t qType;
    int16_t evtQWhat;
    int32_t evtQMessage;
    uint32_t evtQWhen;
    Point evtQWhere;
    int16_t evtQModifiers;
} EvQEl;

static inline Boolean WaitNextEvent(int16_t mask, EventRecord *event, uint32_t sleep, void *mouse_region)
{
    register int16_t result asm("d0");
    asm volatile("clr.w -(%%sp)\n\tmove.w %1,-(%%sp)\n\tmove.l %2,-(%%sp)\n\tmove.l %3,-(%%sp)\n\tmove.l %4,-(%%sp)\n\t"
        TRAP_WORD(0xA860) "\n\tmove.w (%%sp)+,%0"
        : "=d"(result) : "d"(mask), "d"(event), "d"(sleep), "d"(mouse_region) : TB_CLOBBERS);
    return TB_TRUE(result);
}
#define EVENT_CALL_(word, mask, event) ({ register int16_t result_ asm("d0"); \
    asm volatile("clr.w -(%%sp)\n\tmove.w %1,-(%%sp)\n\tmove.l %2,-(%%sp)\n\t" TRAP_WORD(word) "\n\tmove.w (%%sp)+,%0" \
        : "=d"(result_) : "d"((int16_t)(mask)), "d"(event) : TB_CLOBBERS); TB_TRUE(result_); })
#define GetNextEvent(mask, event) EVENT_CALL_(0xA970, mask, event)
#define EventAvail(mask, event)   EVENT_CALL_(0xA971, mask, event)
#define SystemTask()   TB_VOID(0xA9B4)
#define TickCount()    ((uint32_t)TB_LONG(0xA975))
#define Button()       TB_TRUE(TB_WORD(0xA974))
#define PostEvent(what, message)     OS_ERR(OS_A0_D0(0xA02F, what, message))
#define GetOSEvent(mask, event)      ((int32_t)OS_A0_D0(0xA031, event, mask))
#define OSEventAvail(mask, event)    ((int32_t)OS_A0_D0(0xA030, event, mask))
#define FlushEvents(which, stop)     ((void)OS_A0_D0(0xA032, 0, (uint32_t)(stop) << 16 | (uint16_t)(which)))
/* Returns the tick at which the delay ended. */
#define Delay(ticks) ((uint32_t)OS_A0_D0(0xA03B, ticks, 0))
#endif
