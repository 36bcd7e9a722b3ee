/* Process Manager: cooperative processes, each with a partition of its own.

   The processor changes hands in process_wait only, which the Event Manager calls.  The process in front goes first when it
   has an event; otherwise whoever's sleep is over has a turn, one after the other.  A background process gets turns
   if its SIZE resource says canBackground. */
#include "devices.h"
#include "events.h"
#include "heap.h"
#include "interrupt_tasks.h"
#include "internal.h"
#include "os_utils.h"
#include "processes.h"
#include "processes_internal.h"
#include "resource_file.h"
#include "rom_traps.h"
#include "screen_text.h"

enum { FIRST_HEAP = 0x1800, DEFAULT_PARTITION = 0x20000 };

Process process_table[PROCESS_LIMIT];
Process *current_process = process_table, *front_process = process_table;
Ptr process_area_low, process_area_high, partition_low, partition_high;

/* The globals each process has for itself: address and length. */
static const struct { uint16_t address, length; } own_globals[] = {
    { 0x114, 8 },               /* HeapEnd, TheZone */
    { 0x130, 4 },               /* ApplLimit */
    { 0x214, 2 },               /* SFSaveDisk */
    { 0x220, 2 },               /* MemErr */
    { 0x2AA, 4 },               /* ApplZone */
    { 0x352, 4 }, { 0x384, 2 }, { 0x398, 4 },   /* DefVCBPtr, DefVRefNum, CurDirStore */
    { 0x900, 54 },              /* CurApRefNum to CurJTOffset */
    { 0xA50, 4 }, { 0xA5A, 2 }, { 0xA5E, 4 },   /* TopMapHndl, CurMap, ResLoad, ResErr */
    { 0xA8C, 4 }, { 0xAEC, 4 }, /* ResumeProc, AppParmHandle */
};

/* The stack sniffer, which a StkLowPt of 0 stops, stands still while globals and stack belong to different processes.
   Interrupts stay on: masked for so long, the SCC's receiver would overrun. */
static void save_globals(Process *process)
{
    uint8_t *at = process->globals;
    *(Ptr *)at = StkLowPt;
    at += sizeof(Ptr);
    for (unsigned i = 0; i < sizeof own_globals / sizeof *own_globals; i++) {
        memcpy(at, (void *)(uint32_t)own_globals[i].address, own_globals[i].length);
        at += own_globals[i].length;
    }
}

static void restore_globals(const Process *process)
{
    const uint8_t *at = process->globals + sizeof(Ptr);
    StkLowPt = 0;
    for (unsigned i = 0; i < sizeof own_globals / sizeof *own_globals; i++) {
        memcpy((void *)(uint32_t)own_globals[i].address, at, own_globals[i].length);
        at += own_globals[i].length;
    }
    StkLowPt = *(const Ptr *)process->globals;
}

static void set_partition(const Process *process)
{
    uint16_t sr = disable_interrupts();
    partition_low = process->partition_low;
    partition_high = process->partition_high;
    restore_interrupts(sr);
}

static void switch_to(Process *next)
{
    Process *previous = current_process;
    save_globals(previous);
    StkLowPt = 0;
    current_process = next;
    set_partition(next);
    switch_stacks(&previous->stack_pointer, next->stack_pointer);
    restore_globals(current_process);
}

static int is_ready(const Process *process)
{
    if (process->state == processFree)
        return 0;
    if (process != front_process && process != process_table && !(process->size_flags & canBackground))
        return 0;
    return (int32_t)(Ticks - process->wake_tick) >= 0;
}

static Process *choose(void)
{
    Process *p = current_process;
    if (front_process->state != processFree && event_pending(front_process->event_mask))
        return front_process;
    do {
        if (++p == process_table + PROCESS_LIMIT)
            p = process_table;
        if (is_ready(p))
            return p;
    } while (p != current_process);
    return 0;
}

void process_wait(uint16_t mask, uint32_t wake)
{
    Process *next;
    current_process->event_mask = mask;
    current_process->wake_tick = wake;
    current_process->state = processWaiting;
    while (!(next = choose())) {
        stop_until_interrupt();
        SystemTask();
    }
    if (next != current_process)
        switch_to(next);
    current_process->state = processReady;
}

static void bring_to_front(Process *process)
{
    Process *old = front_process;
    front_process = process;
    pane_mark_front(old->pane, old->name, 0);
    pane_mark_front(process->pane, process->name, 1);
}

int16_t pane_of_code(const void *pc)
{
    for (Process *p = process_table + 1; p < process_table + PROCESS_LIMIT; p++)
        if (p->state != processFree && (Ptr)pc >= p->partition_low && (Ptr)pc < p->partition_high)
            return p->pane;
    return SYSTEM_PANE;
}

/* The first instructions of a process: its jump table's first entry, which loads segment 1 and goes there. */
static void process_begin(void)
{
    restore_globals(current_process);
    current_process->state = processReady;
    enter_program(CurrentA5, CurrentA5 + CurJTOffset + 2);
    ExitToShell();
}

static Process *free_entry(void)
{
    for (Process *p = process_table + 1; p < process_table + PROCESS_LIMIT; p++)
        if (p->state == processFree)
            return p;
    return 0;
}

static Ptr allocate_partition(uint32_t preferred, uint32_t least, uint32_t *size)
{
    Block *b;
    for (*size = preferred; !(b = heap_allocate((THz)process_area_low, TAG_POINTER, *size)); *size = least)
        if (*size <= least)
            return 0;
    b->owner = (uint32_t)process_area_low;
    return b->data;
}

typedef struct { uint16_t flags; uint32_t preferred, least; } __attribute__((packed)) SizeResource;

/* A5 world, stack and the low memory that goes with them. */
static OSErr furnish(Process *process, int16_t file, ConstStringPtr name)
{
    int32_t below;
    Ptr a5;
    memcpy(CurApName, name, (size_t)name[0] + 1);
    CurApRefNum = file;
    AppParmHandle = 0;
    ResumeProc = 0;
    a5 = build_a5_world(process->partition_high, &below);
    if (!a5)
        return dsLoadErr;
    CurrentA5 = a5;
    CurStackBase = a5 - below;
    ApplLimit = CurStackBase - DefltStack;
    StkLowPt = CurStackBase;
    AppParmHandle = NewHandleClear(4);
    return noErr;
}

static void prepare_stack(Process *process)
{
    uint32_t *sp = (uint32_t *)CurStackBase;
    *--sp = (uint32_t)process_begin;
    sp -= 11;                           /* what switch_stacks takes off: D2-D7, A2-A6 */
    memset(sp, 0, 44);
    process->stack_pointer = (Ptr)sp;
}

OSErr process_launch(int16_t vRefNum, int32_t dirID, ConstStringPtr name)
{
    Process *process = free_entry();
    uint32_t preferred = DEFAULT_PARTITION, least = DEFAULT_PARTITION, size;
    uint16_t flags = 0;
    int16_t file;
    Handle h;
    OSErr err;
    if (!process)
        return memFullErr;
    save_globals(current_process);
    file = HOpenResFile(vRefNum, dirID, name, 1);
    if (file == -1)
        return ResErr;
    h = Get1Resource(FOUR_CC('S','I','Z','E'), -1);
    if (h && *h) {
        const SizeResource *s = (const SizeResource *)*h;
        flags = s->flags;
        preferred = s->preferred;
        least = s->least;
    }
    CloseResFile(file);
    memset(process, 0, sizeof *process);
    process->partition_low = allocate_partition(preferred, least, &size);
    if (!process->partition_low)
        return memFullErr;
    process->partition_high = process->partition_low + (size & ~3u);
    process->size_flags = flags;
    memcpy(process->name, name, name[0] < 31 ? name[0] + 1u : 32u);
    if (process->name[0] > 31)
        process->name[0] = 31;
    process->state = processWaiting;
    process->wake_tick = Ticks;

    /* From here to the end the new process's globals are in place, on the launcher's stack. */
    StkLowPt = 0;
    ApplZone = TheZone = (THz)process->partition_low;
    ApplLimit = process->partition_high;
    heap_init(ApplZone, process->partition_low + FIRST_HEAP, ZONE_MASTERS, 0);
    HeapEnd = ApplZone->bkLim;
    TopMapHndl = 0;
    file = HOpenResFile(vRefNum, dirID, name, 1);
    err = file == -1 ? ResErr : furnish(process, file, process->name);
    if (err == noErr) {
        prepare_stack(process);
        save_globals(process);
        process->pane = pane_open(process->name);
    } else {
        if (file != -1)
            CloseResFile(file);
        heap_free((THz)process_area_low, block_of(process->partition_low));
        process->state = processFree;
    }
    restore_globals(current_process);
    if (err == noErr)
        bring_to_front(process);
    return err;
}

/* Tasks whose record or code would vanish with the partition. */
static void forget_tasks(Ptr low, Ptr high)
{
    VBLTask *task = (VBLTask *)VBLQueue.qHead, *next;
    for (; task; task = next) {
        next = task->qLink;
        if (((Ptr)task >= low && (Ptr)task < high) || ((Ptr)task->vblAddr >= low && (Ptr)task->vblAddr < high))
            VRemove(task);
    }
    time_manager_forget(low, high);
}

static Process *successor(const Process *dying)
{
    for (Process *p = process_table + PROCESS_LIMIT - 1; p > process_table; p--)
        if (p->state != processFree && p != dying)
            return p;
    return process_table;
}

/* The dying process leaves its stack for good; nobody allocates between freeing it and leaving it. */
void tb_ExitToShell(void *args)
{
    Process *dying = current_process;
    if (dying == process_table)
        SysError(dsLoadErr);
    forget_tasks(dying->partition_low, dying->partition_high);
    while (TopMap)
        CloseResFile((*TopMap)->ref_num);
    pane_print(dying->pane, "(quit)");
    if (front_process == dying)
        bring_to_front(successor(dying));
    pane_close(dying->pane);
    dying->state = processFree;
    heap_free((THz)process_area_low, block_of(dying->partition_low));
    switch_to(process_table);
}
TB_TRAP_ARGS(0xA9F4, ExitToShell, 0);

void process_manager_init(void)
{
    static const uint8_t name[] = "\6System";
    memcpy(process_table->name, name, sizeof name - 1);
    memcpy(CurApName, name, sizeof name - 1);
    process_table->state = processReady;
    process_table->size_flags = canBackground;
    process_table->partition_low = process_area_low;
    process_table->partition_high = process_area_low;
}
ROM_INIT(80, process_manager_init);
