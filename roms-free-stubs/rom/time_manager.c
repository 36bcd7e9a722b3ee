/* Time Manager: tasks after a delay, on VIA timer 1 (783.36 kHz, 16 bits, one-shot).

   Primed tasks form a list in order of expiry; tmCount holds the VIA clocks from the task before.  The timer runs only
   while the list is not empty, with the first task's remaining time or RUN_MAX, whichever is less; after it has expired it
   goes on counting down, so late service costs no accuracy as long as it is not later than the rest of 16 bits. */
#include "interrupt_tasks.h"
#include "internal.h"
#include "os_utils.h"
#include "processes_internal.h"
#include "rom_traps.h"
#include "via.h"

#define RUN_MAX 0x7000u             /* 36.6 ms */
#define RUN_MIN 4u                  /* a shorter count would expire before the handler can return */
#define PRIMED  ((int16_t)0x8000)
#define LONGEST_MS 5400000u         /* 90 minutes: what 32 bits of VIA clocks hold */

static TMTask *first_task;
static uint16_t run_length;         /* what the timer was last started with */
static uint8_t running;

static uint16_t timer_count(void)
{
    volatile uint8_t *via = VIA;
    uint8_t high, low;
    do {
        high = via[vT1CH];
        low = via[vT1C];
    } while (high != via[vT1CH]);
    return (uint16_t)(high << 8 | low);
}

static void start_timer(uint16_t length)
{
    volatile uint8_t *via = VIA;
    run_length = length;
    running = 1;
    via[vT1C] = (uint8_t)length;
    via[vT1CH] = (uint8_t)(length >> 8);    /* starts it and clears its flag */
    via[vIER] = 0x80 | ifT1;
}

/* Takes the time since the timer was started off the list. */
static void catch_up(void)
{
    uint16_t elapsed;
    if (!running)
        return;
    elapsed = (uint16_t)(run_length - timer_count());
    if (elapsed >= 0xFFF0)              /* read before the chip has taken the first step from its latch */
        return;
    run_length -= elapsed;
    for (TMTask *t = first_task; t && elapsed; t = t->qLink) {
        if ((uint32_t)t->tmCount > elapsed) {
            t->tmCount -= elapsed;
            break;
        }
        elapsed -= (uint16_t)t->tmCount;
        t->tmCount = 0;
    }
}

static void run_for_first_task(void)
{
    uint32_t wait;
    if (!first_task) {
        if (running) {
            VIA[vIER] = ifT1;
            VIA[vIFR] = ifT1;
            running = 0;
        }
        return;
    }
    wait = (uint32_t)first_task->tmCount;
    start_timer(wait > RUN_MAX ? RUN_MAX : wait < RUN_MIN ? RUN_MIN : (uint16_t)wait);
}

void call_task(ProcPtr proc, void *a0, void *a1);
void timer1_interrupt(void);

void timer1_interrupt(void)
{
    TMTask *t;
    VIA[vIFR] = ifT1;
    catch_up();
    while ((t = first_task) != 0 && t->tmCount == 0) {
        uint16_t sr = disable_interrupts();
        first_task = t->qLink;
        t->qType &= ~PRIMED;
        restore_interrupts(sr);
        if (t->tmAddr)
            call_task(t->tmAddr, t, t);
    }
    uint16_t sr = disable_interrupts();
    catch_up();
    run_for_first_task();
    restore_interrupts(sr);
}

/* 65536ths of a clock: in a microsecond 0.78336, in a millisecond 0.36 over 783. */
static uint32_t scale(uint32_t n, uint16_t per_65536)
{
    return (uint32_t)(uint16_t)(n >> 16) * per_65536 + ((uint32_t)(uint16_t)n * per_65536 >> 16);
}

static uint32_t clocks_from_count(int32_t count)
{
    uint32_t n;
    if (count < 0)
        return scale((uint32_t)-count, 51338);
    n = (uint32_t)count > LONGEST_MS ? LONGEST_MS : (uint32_t)count;
    return n * 783 + scale(n, 23593);
}

static int32_t count_from_clocks(uint32_t clocks)
{
    if (clocks < 0x7FFFFFFF / 1277 * 1000)
        return -(int32_t)(clocks / 1000 * 1277 + clocks % 1000 * 1277 / 1000);
    return (int32_t)(clocks / 784);
}

static int unlink_task(TMTask *task)
{
    for (TMTask **link = &first_task; *link; link = &(*link)->qLink)
        if (*link == task) {
            *link = task->qLink;
            if (task->qLink)
                task->qLink->tmCount += task->tmCount;
            return 1;
        }
    return 0;
}

void os_InsTime(OSRegs *r)
{
    TMTask *task = (TMTask *)r->a0;
    task->qType &= ~PRIMED;
    task->tmCount = 0;
    r->d0 = noErr;
}
OS_TRAP(0xA058, InsTime);

void os_PrimeTime(OSRegs *r)
{
    TMTask *task = (TMTask *)r->a0, **link;
    uint32_t wait = clocks_from_count((int32_t)r->d0);
    uint16_t sr = disable_interrupts();
    catch_up();
    if (task->qType & PRIMED)
        unlink_task(task);
    for (link = &first_task; *link && (uint32_t)(*link)->tmCount <= wait; link = &(*link)->qLink)
        wait -= (uint32_t)(*link)->tmCount;
    task->tmCount = (int32_t)wait;
    task->qLink = *link;
    if (task->qLink)
        task->qLink->tmCount -= (int32_t)wait;
    *link = task;
    task->qType |= PRIMED;
    if (first_task == task)
        run_for_first_task();
    restore_interrupts(sr);
    r->d0 = noErr;
}
OS_TRAP(0xA05A, PrimeTime);

void os_RmvTime(OSRegs *r)
{
    TMTask *task = (TMTask *)r->a0;
    uint32_t left = 0;
    uint16_t sr = disable_interrupts();
    if (task->qType & PRIMED) {
        catch_up();
        for (TMTask *t = first_task; t; t = t->qLink) {
            left += (uint32_t)t->tmCount;
            if (t == task)
                break;
        }
        unlink_task(task);
        task->qType &= ~PRIMED;
        run_for_first_task();
    }
    restore_interrupts(sr);
    task->tmCount = left ? count_from_clocks(left) : 0;
    r->d0 = noErr;
}
OS_TRAP(0xA059, RmvTime);

void time_manager_forget(Ptr low, Ptr high)
{
    uint16_t sr = disable_interrupts();
    TMTask *task = first_task, *next;
    for (; task; task = next) {
        next = task->qLink;
        if (((Ptr)task >= low && (Ptr)task < high) || ((Ptr)task->tmAddr >= low && (Ptr)task->tmAddr < high))
            unlink_task(task);
    }
    restore_interrupts(sr);
}
