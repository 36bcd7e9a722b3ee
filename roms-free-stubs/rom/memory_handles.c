/* Memory Manager: handles. */
#include "heap.h"
#include "internal.h"
#include "rom_traps.h"

static int attach_block(THz zone, Handle h, uint32_t size)
{
    Block *b = heap_allocate(zone, TAG_HANDLE, size);
    if (!b)
        return 0;
    b->owner = (uint32_t)((Ptr)h - (Ptr)zone);
    *h = b->data;
    return 1;
}

static void free_master(THz zone, Handle h)
{
    *h = zone->hFstFree;
    zone->hFstFree = (Ptr)h;
}

/* The handle in A0, when it has a block. */
static Handle full_handle(OSRegs *r)
{
    Handle h = (Handle)r->a0;
    if (h && handle_is_full(h))
        return h;
    result(r, nilHandleErr);
    return 0;
}

void os_NewHandle(OSRegs *r)
{
    THz zone = zone_asked(r);
    uint32_t size = r->d0;
    Handle h = heap_new_master(zone);
    r->a0 = 0;
    if (h && !attach_block(zone, h, size)) {
        free_master(zone, h);
        h = 0;
    }
    if (!h) {
        result(r, memFullErr);
        return;
    }
    if (r->d1 & TRAP_CLEAR)
        memset(*h, 0, size);
    r->a0 = (uint32_t)h;
    result(r, noErr);
}
OS_TRAP(0xA122, NewHandle);

void os_NewEmptyHandle(OSRegs *r)
{
    Handle h = heap_new_master(zone_asked(r));
    r->a0 = (uint32_t)h;
    result(r, h ? noErr : memFullErr);
}
OS_TRAP(0xA166, NewEmptyHandle);

void os_DisposeHandle(OSRegs *r)
{
    Handle h = (Handle)r->a0;
    THz zone;
    if (!h) {
        result(r, nilHandleErr);
        return;
    }
    zone = zone_of(h);
    if (handle_is_full(h))
        heap_free(zone, handle_block(h));
    free_master(zone, h);
    result(r, noErr);
}
OS_TRAP(0xA023, DisposeHandle);

void os_EmptyHandle(OSRegs *r)
{
    Handle h = full_handle(r);
    if (!h)
        return;
    if (handle_flags(h) & HANDLE_LOCKED) {
        result(r, memPurErr);
        return;
    }
    heap_free(zone_of(h), handle_block(h));
    *h = 0;
    result(r, noErr);
}
OS_TRAP(0xA02B, EmptyHandle);

void os_ReallocHandle(OSRegs *r)
{
    Handle h = (Handle)r->a0;
    THz zone = zone_of(h);
    if (handle_flags(h) & HANDLE_LOCKED) {
        result(r, memPurErr);
        return;
    }
    if (handle_is_full(h))
        heap_free(zone, handle_block(h));
    *h = 0;
    result(r, attach_block(zone, h, r->d0) ? noErr : memFullErr);
}
OS_TRAP(0xA027, ReallocHandle);

void os_GetHandleSize(OSRegs *r)
{
    Handle h = full_handle(r);
    if (!h)
        return;
    MemErr = noErr;
    r->d0 = logical_size(handle_block(h));
}
OS_TRAP(0xA025, GetHandleSize);

/* In place when the neighbour allows; otherwise into a new block, unless the handle is locked. */
void os_SetHandleSize(OSRegs *r)
{
    Handle h = full_handle(r);
    uint32_t size = r->d0, old_size, flags;
    THz zone;
    Block *b;
    if (!h)
        return;
    zone = zone_of(h);
    old_size = logical_size(handle_block(h));
    if (heap_resize(zone, handle_block(h), size)) {
        result(r, noErr);
        return;
    }
    flags = handle_flags(h);
    if (flags & HANDLE_LOCKED) {
        result(r, memFullErr);
        return;
    }
    set_handle_flags(h, flags & ~HANDLE_PURGE);    /* making room must not throw away what is to be copied */
    b = heap_allocate(zone, TAG_HANDLE, size);
    if (b) {
        Block *old = handle_block(h);
        b->owner = old->owner;
        memcpy(b->data, old->data, old_size < size ? old_size : size);
        heap_free(zone, old);
        *h = b->data;
    }
    set_handle_flags(h, flags);
    result(r, b ? noErr : memFullErr);
}
OS_TRAP(0xA024, SetHandleSize);

void os_HandleZone(OSRegs *r)
{
    r->a0 = (uint32_t)zone_of((void *)r->a0);
    result(r, noErr);
}
OS_TRAP(0xA126, HandleZone);

void os_RecoverHandle(OSRegs *r)
{
    Block *b = block_of((void *)r->a0);
    if (block_tag(b) != TAG_HANDLE) {
        r->a0 = 0;
        result(r, memBCErr);
        return;
    }
    r->a0 = (uint32_t)block_handle(zone_of((void *)r->a0), b);
    result(r, noErr);
}
OS_TRAP(0xA128, RecoverHandle);

static void change_flags(OSRegs *r, uint32_t set, uint32_t clear)
{
    Handle h = full_handle(r);
    if (!h)
        return;
    set_handle_flags(h, (handle_flags(h) & ~clear) | set);
    result(r, noErr);
}

void os_HLock(OSRegs *r) { change_flags(r, HANDLE_LOCKED, 0); }
OS_TRAP(0xA029, HLock);
void os_HUnlock(OSRegs *r) { change_flags(r, 0, HANDLE_LOCKED); }
OS_TRAP(0xA02A, HUnlock);
void os_HPurge(OSRegs *r) { change_flags(r, HANDLE_PURGE, 0); }
OS_TRAP(0xA049, HPurge);
void os_HNoPurge(OSRegs *r) { change_flags(r, 0, HANDLE_PURGE); }
OS_TRAP(0xA04A, HNoPurge);
void os_HSetRBit(OSRegs *r) { change_flags(r, HANDLE_RESOURCE, 0); }
OS_TRAP(0xA067, HSetRBit);
void os_HClrRBit(OSRegs *r) { change_flags(r, 0, HANDLE_RESOURCE); }
OS_TRAP(0xA068, HClrRBit);

void os_HGetState(OSRegs *r)
{
    Handle h = full_handle(r);
    if (!h)
        return;
    MemErr = noErr;
    r->d0 = handle_flags(h) >> 24;
}
OS_TRAP(0xA069, HGetState);

void os_HSetState(OSRegs *r) { change_flags(r, r->d0 << 24, ~LOW_24); }
OS_TRAP(0xA06A, HSetState);

void os_MoveHHi(OSRegs *r)
{
    Handle h = full_handle(r);
    if (!h)
        return;
    if (handle_flags(h) & HANDLE_LOCKED) {
        result(r, memLockedErr);
        return;
    }
    heap_compact(zone_of(h));
    heap_move_high(zone_of(h), h);
    result(r, noErr);
}
OS_TRAP(0xA064, MoveHHi);
