/* Event Manager: the queue, and the three calls in which the processor may change hands.
   Events belong to the process in front. */
#include "device_internal.h"
#include "events.h"
#include "input.h"
#include "internal.h"
#include "os_utils.h"
#include "processes_internal.h"
#include "rom_traps.h"

enum { EVENT_BUFFERS = 20 };

static EvQEl buffers[EVENT_BUFFERS];

/* A buffer whose qType is 0 is unused; when none is, the oldest event gives way. */
static EvQEl *take_buffer(void)
{
    EvQEl *oldest;
    for (int i = 0; i < EVENT_BUFFERS; i++)
        if (buffers[i].qType == 0)
            return &buffers[i];
    oldest = (EvQEl *)EventQueue.qHead;
    Dequeue(oldest, &EventQueue);
    return oldest;
}

/* PostEvent: A0 = what, D0 = message.  May be called at interrupt time. */
void os_PostEvent(OSRegs *r)
{
    int16_t what = (int16_t)r->a0;
    EvQEl *e;
    uint16_t sr;
    if (what < 0 || what > 15 || !(SysEvtMask & 1 << what)) {
        r->d0 = evtNotEnb;
        return;
    }
    sr = disable_interrupts();
    e = take_buffer();
    e->qType = evType;
    e->evtQWhat = what;
    e->evtQMessage = (int32_t)r->d0;
    e->evtQWhen = Ticks;
    e->evtQWhere.v = Mouse.v;
    e->evtQWhere.h = Mouse.h;
    e->evtQModifiers = modifiers_now();
    Enqueue(e, &EventQueue);
    restore_interrupts(sr);
    r->a0 = (uint32_t)e;
    r->d0 = noErr;
}
OS_TRAP(0xA02F, PostEvent);

static EvQEl *find_event(uint16_t mask)
{
    for (EvQEl *e = (EvQEl *)EventQueue.qHead; e; e = e->qLink)
        if (mask & 1 << e->evtQWhat)
            return e;
    return 0;
}

int event_pending(uint16_t mask) { return find_event(mask) != 0; }

/* Fills in the event; true unless it is a null event. */
static int next_event(uint16_t mask, EventRecord *event, int remove)
{
    uint16_t sr = disable_interrupts();
    EvQEl *e = find_event(mask);
    if (e) {
        memcpy(event, &e->evtQWhat, sizeof *event);
        if (remove) {
            Dequeue(e, &EventQueue);
            e->qType = 0;
        }
    }
    restore_interrupts(sr);
    if (e)
        return 1;
    event->message = mask & autoKeyMask && current_process == front_process ? auto_key() : 0;
    event->what = event->message ? autoKey : nullEvent;
    event->when = Ticks;
    event->where.v = Mouse.v;
    event->where.h = Mouse.h;
    event->modifiers = modifiers_now();
    return event->what != nullEvent;
}

void os_GetOSEvent(OSRegs *r) { r->d0 = next_event((uint16_t)r->d0, (EventRecord *)r->a0, 1) ? 0 : (uint32_t)-1; }
OS_TRAP(0xA031, GetOSEvent);
void os_OSEventAvail(OSRegs *r) { r->d0 = next_event((uint16_t)r->d0, (EventRecord *)r->a0, 0) ? 0 : (uint32_t)-1; }
OS_TRAP(0xA030, OSEventAvail);

/* D0: events to remove, and in the high word those at which to stop. */
void os_FlushEvents(OSRegs *r)
{
    uint16_t sr = disable_interrupts(), which = (uint16_t)r->d0, stop = (uint16_t)(r->d0 >> 16);
    EvQEl *e = (EvQEl *)EventQueue.qHead, *next;
    for (; e && !(stop & 1 << e->evtQWhat); e = next) {
        next = e->qLink;
        if (which & 1 << e->evtQWhat) {
            Dequeue(e, &EventQueue);
            e->qType = 0;
        }
    }
    restore_interrupts(sr);
    r->d0 = e ? (uint32_t)e->evtQWhat : 0;
}
OS_TRAP(0xA032, FlushEvents);

/* The heart of WaitNextEvent, GetNextEvent and EventAvail: drivers first, then an event at once if there is one;
   otherwise others run until there is one or the sleep is over. */
static uint16_t wait_event(uint16_t mask, EventRecord *event, uint32_t sleep, int remove)
{
    SystemTask();
    if (current_process == front_process && next_event(mask, event, remove))
        return 0x100;
    process_wait(mask, Ticks + sleep);
    if (current_process == front_process)
        return next_event(mask, event, remove) ? 0x100 : 0;
    next_event(0, event, 0);
    return 0;
}

typedef struct {
    void *mouse_region;
    uint32_t sleep;
    EventRecord *event;
    uint16_t mask, result;
} __attribute__((packed)) WaitNextEventArgs;

void tb_WaitNextEvent(void *args)
{
    WaitNextEventArgs *a = args;
    a->result = wait_event(a->mask, a->event, a->sleep, 1);
}
TB_TRAP_ARGS(0xA860, WaitNextEvent, 14);

typedef struct {
    EventRecord *event;
    uint16_t mask, result;
} __attribute__((packed)) NextEventArgs;

void tb_GetNextEvent(void *args)
{
    NextEventArgs *a = args;
    a->result = wait_event(a->mask, a->event, 0, 1);
}
TB_TRAP_ARGS(0xA970, GetNextEvent, 6);

void tb_EventAvail(void *args)
{
    NextEventArgs *a = args;
    a->result = wait_event(a->mask, a->event, 0, 0);
}
TB_TRAP_ARGS(0xA971, EventAvail, 6);

void tb_SystemTask(void *args) { device_manager_periodic(); }
TB_TRAP_ARGS(0xA9B4, SystemTask, 0);

void tb_TickCount(void *args) { *(uint32_t *)args = Ticks; }
TB_TRAP_ARGS(0xA975, TickCount, 0);

void tb_Button(void *args) { *(uint16_t *)args = MBState & 0x80 ? 0 : 0x100; }
TB_TRAP_ARGS(0xA974, Button, 0);

void tb_GetMouse(void *args)
{
    Point *where = *(Point **)args;
    where->v = Mouse.v;
    where->h = Mouse.h;
}
TB_TRAP_ARGS(0xA972, GetMouse, 4);

void tb_GetKeys(void *args) { memcpy(*(void **)args, (void *)KeyMap, 16); }
TB_TRAP_ARGS(0xA976, GetKeys, 4);

/* A0 = ticks to wait.  The processor is the caller's all the time. */
void os_Delay(OSRegs *r)
{
    uint32_t end = Ticks + r->a0;
    while ((int32_t)(Ticks - end) < 0) {}
    r->d0 = Ticks;
}
OS_TRAP(0xA03B, Delay);

void event_manager_init(void)
{
    EvtBufCnt = EVENT_BUFFERS;
    SysEvtMask = 0xFFEF;                /* all but keyUp */
}
ROM_INIT(80, event_manager_init);
