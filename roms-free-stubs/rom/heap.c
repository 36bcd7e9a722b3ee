/* The inside of a heap zone; see heap.h.  Not re-entrant, as the real one was not: never called at interrupt time. */
#include "heap.h"
#include "internal.h"
#include "processes_internal.h"

void heap_init(THz zone, Ptr limit, int16_t masters, ProcPtr grow_zone)
{
    memset(zone, 0, sizeof *zone);
    limit = (Ptr)((uint32_t)limit & ~3u);
    zone->bkLim = limit - SMALLEST_BLOCK;
    zone->moreMast = masters;
    zone->gzProc = grow_zone;
    zone->allocPtr = zone->heapData;
    zone->zcbFree = zone->bkLim - zone->heapData;
    set_free(first_block(zone), (uint32_t)zone->zcbFree);
    set_free(last_block(zone), SMALLEST_BLOCK);
    heap_more_masters(zone);
}

/* First fit from the bottom, joining neighbouring free blocks on the way. */
static Block *find_free(THz zone, uint32_t physical)
{
    Block *end = last_block(zone);
    for (Block *b = first_block(zone); b < end; b = block_after(b)) {
        Block *next;
        if (block_tag(b) != TAG_FREE)
            continue;
        while ((next = block_after(b)) < end && block_tag(next) == TAG_FREE)
            set_free(b, block_size(b) + block_size(next));
        if (block_size(b) >= physical)
            return b;
    }
    return 0;
}

/* Cuts what is left over off a block's end. */
static void trim(THz zone, Block *b, uint32_t physical)
{
    uint32_t rest = block_size(b) - physical;
    if (rest < SMALLEST_BLOCK)
        return;
    set_free((Block *)((Ptr)b + physical), rest);
    b->tag_size -= rest;
    zone->zcbFree += (int32_t)rest;
}

int heap_grow(THz zone, uint32_t needed)
{
    Block *old_end = last_block(zone);
    Ptr limit = (Ptr)((uint32_t)(ApplLimit - SMALLEST_BLOCK) & ~3u), end = zone->bkLim + needed;
    if (zone != ApplZone || zone->bkLim >= limit)
        return 0;
    if (end > limit || end < zone->bkLim)
        end = limit;
    if (end - zone->bkLim < SMALLEST_BLOCK)
        return 0;
    zone->zcbFree += end - zone->bkLim;
    set_free(old_end, (uint32_t)(end - zone->bkLim));
    zone->bkLim = end;
    set_free(last_block(zone), SMALLEST_BLOCK);
    HeapEnd = end;
    return 1;
}

static int32_t call_grow_zone(ProcPtr proc, uint32_t needed)
{
    int32_t freed;
    asm volatile("clr.l -(%%sp)\n\tmove.l %2,-(%%sp)\n\tjsr (%1)\n\tmove.l (%%sp)+,%0"
        : "=d"(freed) : "a"(proc), "d"(needed) : "d0", "d1", "d2", "a0", "a1", "cc", "memory");
    return freed;
}

Block *heap_allocate(THz zone, int tag, uint32_t logical)
{
    uint32_t physical = physical_size(logical);
    Block *b;
    if (logical > LOW_24 - 16)
        return 0;
    while (!(b = find_free(zone, physical))) {
        if (heap_grow(zone, physical) || heap_compact(zone) >= physical || heap_purge(zone, physical))
            continue;
        if (!zone->gzProc || call_grow_zone(zone->gzProc, physical) == 0)
            return 0;
    }
    zone->zcbFree -= (int32_t)block_size(b);
    trim(zone, b, physical);
    set_block(b, tag, block_size(b), logical);
    return b;
}

void heap_free(THz zone, Block *b)
{
    zone->zcbFree += (int32_t)block_size(b);
    set_free(b, block_size(b));
}

int heap_resize(THz zone, Block *b, uint32_t logical)
{
    uint32_t physical = physical_size(logical), have = block_size(b);
    Block *next = block_after(b);
    while (have < physical && next < last_block(zone) && block_tag(next) == TAG_FREE) {
        have += block_size(next);
        next = block_after(next);
    }
    if (have < physical) {
        if (have > block_size(b))       /* leave the neighbours joined, which harms nobody */
            set_free(block_after(b), have - block_size(b));
        return 0;
    }
    zone->zcbFree -= (int32_t)(have - block_size(b));
    b->tag_size = (b->tag_size & ~LOW_24) | have;
    trim(zone, b, physical);
    set_block(b, block_tag(b), block_size(b), logical);
    return 1;
}

static void move_block(THz zone, Block *from, Block *to)
{
    Handle h = block_handle(zone, from);
    memmove(to, from, block_size(from));
    set_handle_block(h, to);
}

uint32_t heap_compact(THz zone)
{
    Block *end = last_block(zone), *b = first_block(zone), *to = b;
    uint32_t largest = 0;
    while (b <= end) {
        Block *next = block_after(b);
        int tag = b == end ? TAG_POINTER : block_tag(b);
        if (tag == TAG_HANDLE && !(handle_flags(block_handle(zone, b)) & HANDLE_LOCKED)) {
            uint32_t size = block_size(b);
            if (to != b)
                move_block(zone, b, to);
            to = (Block *)((Ptr)to + size);
        } else if (tag != TAG_FREE) {
            uint32_t gap = (uint32_t)((Ptr)b - (Ptr)to);
            if (gap) {
                set_free(to, gap);
                if (gap > largest)
                    largest = gap;
            }
            to = next;
        }
        if (b == end)
            break;
        b = next;
    }
    return largest;
}

int heap_purge(THz zone, uint32_t needed)
{
    Block *end = last_block(zone);
    for (Block *b = first_block(zone); b < end; b = block_after(b)) {
        Handle h = block_handle(zone, b);
        if (block_tag(b) != TAG_HANDLE || (handle_flags(h) & (HANDLE_LOCKED | HANDLE_PURGE)) != HANDLE_PURGE)
            continue;
        heap_free(zone, b);
        *h = 0;
        if (heap_compact(zone) >= needed)
            return 1;
        b = first_block(zone);          /* compaction has moved the blocks behind */
    }
    return 0;
}

void heap_move_high(THz zone, Handle h)
{
    Block *b = handle_block(h), *end = last_block(zone), *best = 0;
    uint32_t size = block_size(b), room;
    for (Block *f = b; f < end; f = block_after(f))
        if (block_tag(f) == TAG_FREE && block_size(f) >= size)
            best = f;
    if (!best)
        return;
    room = block_size(best);
    if (room - size >= SMALLEST_BLOCK) {
        set_free(best, room - size);
        best = block_after(best);
    } else if (room != size)
        return;
    move_block(zone, b, best);
    set_free(b, size);
}

THz zone_of(const void *address)
{
    Ptr p = (Ptr)((uint32_t)address & ADDRESS_MASK);
    if (p >= (Ptr)SysZone && p < SysZone->bkLim)
        return SysZone;
    for (Process *process = process_table; process < process_table + PROCESS_LIMIT; process++)
        if (process->state != processFree && p >= process->partition_low && p < process->partition_high)
            return (THz)process->partition_low;
    return p >= (Ptr)ApplZone && p < ApplZone->bkLim ? ApplZone : TheZone;
}

int heap_more_masters(THz zone)
{
    int n = zone->moreMast;
    Block *b = heap_allocate(zone, TAG_POINTER, (uint32_t)n * 4);
    if (!b)
        return 0;
    b->owner = (uint32_t)zone;
    for (int i = 0; i < n; i++) {
        Ptr *master = (Ptr *)b->data + i;
        *master = zone->hFstFree;
        zone->hFstFree = (Ptr)master;
    }
    return 1;
}

Handle heap_new_master(THz zone)
{
    Handle h;
    if (!zone->hFstFree && !heap_more_masters(zone))
        return 0;
    h = (Handle)zone->hFstFree;
    zone->hFstFree = *h;
    *h = 0;
    return h;
}
