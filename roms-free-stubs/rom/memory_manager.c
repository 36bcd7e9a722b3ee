/* Memory Manager: zones and pointers.  Handles are in memory_handles.c. */
#include "heap.h"
#include "internal.h"
#include "processes_internal.h"
#include "rom_traps.h"

enum { SYSTEM_HEAP = 0x6000, BOOT_STACK = 0x4000 };

void os_InitZone(OSRegs *r)
{
    const InitZoneBlock *b = (const InitZoneBlock *)r->a0;
    heap_init((THz)b->startPtr, b->limitPtr, b->cMoreMasters, b->pGrowZone);
    TheZone = (THz)b->startPtr;
    result(r, noErr);
}
OS_TRAP(0xA019, InitZone);

void os_GetZone(OSRegs *r)
{
    r->a0 = (uint32_t)TheZone;
    result(r, noErr);
}
OS_TRAP(0xA11A, GetZone);

void os_SetZone(OSRegs *r)
{
    TheZone = (THz)r->a0;
    result(r, noErr);
}
OS_TRAP(0xA01B, SetZone);

void os_FreeMem(OSRegs *r)
{
    MemErr = noErr;
    r->d0 = (uint32_t)zone_asked(r)->zcbFree;
}
OS_TRAP(0xA01C, FreeMem);

void os_MaxMem(OSRegs *r)
{
    THz zone = zone_asked(r);
    MemErr = noErr;
    heap_purge(zone, LOW_24);
    r->d0 = heap_compact(zone) - HEADER;
    r->a0 = zone == ApplZone && ApplLimit > zone->bkLim ? (uint32_t)(ApplLimit - zone->bkLim) : 0;
}
OS_TRAP(0xA11D, MaxMem);

void os_MaxBlock(OSRegs *r)
{
    THz zone = zone_asked(r);
    uint32_t largest = heap_compact(zone);
    MemErr = noErr;
    r->d0 = largest ? largest - HEADER : 0;
}
OS_TRAP(0xA061, MaxBlock);

void os_CompactMem(OSRegs *r)
{
    MemErr = noErr;
    r->d0 = heap_compact(zone_asked(r));
}
OS_TRAP(0xA04C, CompactMem);

void os_PurgeMem(OSRegs *r)
{
    THz zone = zone_asked(r);
    result(r, heap_compact(zone) >= r->d0 || heap_purge(zone, r->d0) ? noErr : memFullErr);
}
OS_TRAP(0xA04D, PurgeMem);

void os_ResrvMem(OSRegs *r)
{
    THz zone = zone_asked(r);
    uint32_t needed = physical_size(r->d0);
    result(r, heap_compact(zone) >= needed || heap_grow(zone, needed) || heap_purge(zone, needed) ? noErr : memFullErr);
}
OS_TRAP(0xA040, ResrvMem);

void os_MoreMasters(OSRegs *r) { result(r, heap_more_masters(TheZone) ? noErr : memFullErr); }
OS_TRAP(0xA036, MoreMasters);

void os_SetGrowZone(OSRegs *r)
{
    TheZone->gzProc = (ProcPtr)r->a0;
    result(r, noErr);
}
OS_TRAP(0xA04B, SetGrowZone);

void os_SetApplLimit(OSRegs *r)
{
    if ((Ptr)r->a0 >= ApplZone->bkLim && (Ptr)r->a0 <= CurStackBase)
        ApplLimit = (Ptr)r->a0;
    result(r, noErr);
}
OS_TRAP(0xA02D, SetApplLimit);

void os_MaxApplZone(OSRegs *r)
{
    heap_grow(ApplZone, LOW_24);
    result(r, noErr);
}
OS_TRAP(0xA063, MaxApplZone);

/* Between the stack pointer and the top of the application's heap. */
void os_StackSpace(OSRegs *r)
{
    MemErr = noErr;
    r->d0 = (uint32_t)((Ptr)r - HeapEnd);
}
OS_TRAP(0xA065, StackSpace);

void os_NewPtr(OSRegs *r)
{
    THz zone = zone_asked(r);
    Block *b = heap_allocate(zone, TAG_POINTER, r->d0);
    r->a0 = 0;
    if (!b) {
        result(r, memFullErr);
        return;
    }
    b->owner = (uint32_t)zone;
    if (r->d1 & TRAP_CLEAR)
        memset(b->data, 0, r->d0);
    r->a0 = (uint32_t)b->data;
    result(r, noErr);
}
OS_TRAP(0xA11E, NewPtr);

static Block *pointer_block(OSRegs *r)
{
    Block *b = block_of((void *)r->a0);
    if (r->a0 && !(r->a0 & 3) && block_tag(b) == TAG_POINTER)
        return b;
    result(r, memWZErr);
    return 0;
}

void os_DisposePtr(OSRegs *r)
{
    Block *b = pointer_block(r);
    if (!b)
        return;
    heap_free((THz)b->owner, b);
    result(r, noErr);
}
OS_TRAP(0xA01F, DisposePtr);

void os_SetPtrSize(OSRegs *r)
{
    Block *b = pointer_block(r);
    if (b)
        result(r, heap_resize((THz)b->owner, b, r->d0) ? noErr : memFullErr);
}
OS_TRAP(0xA020, SetPtrSize);

void os_GetPtrSize(OSRegs *r)
{
    Block *b = pointer_block(r);
    if (!b)
        return;
    MemErr = noErr;
    r->d0 = logical_size(b);
}
OS_TRAP(0xA021, GetPtrSize);

void os_PtrZone(OSRegs *r)
{
    Block *b = pointer_block(r);
    if (!b)
        return;
    r->a0 = b->owner;
    result(r, noErr);
}
OS_TRAP(0xA148, PtrZone);

/* The system heap takes an eighth of memory and 96 KB; the rest up to the boot stack is for partitions, and until a
   program runs it is the application zone. */
void memory_init(void)
{
    Ptr split = (Ptr)(SYSTEM_HEAP + ((uint32_t)MemTop >> 3) + 0x18000);
    heap_init((THz)SYSTEM_HEAP, split, ZONE_MASTERS, 0);
    SysZone = (THz)SYSTEM_HEAP;
    process_area_low = split;
    process_area_high = BufPtr - BOOT_STACK;
    heap_init((THz)split, process_area_high, ZONE_MASTERS, 0);
    ApplZone = TheZone = (THz)split;
    HeapEnd = ApplZone->bkLim;
    ApplLimit = HeapEnd + SMALLEST_BLOCK;
    StkLowPt = CurStackBase;
    MinStack = 0x400;
    DefltStack = 0x2000;
}
ROM_INIT(30, memory_init);
