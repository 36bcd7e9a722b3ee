/* Random work on a heap zone: contents survive, sizes add up, the zone stays a chain of sound blocks. */
#include <stdio.h>
#include <stdlib.h>
#include "types.h"
#define LOW_MEMORY_H
static struct Zone *SysZone, *ApplZone, *TheZone;
static Ptr ApplLimit, HeapEnd;
static int16_t MemErr;
#include "../../rom/heap.c"
#include "../../rom/memory_handles.c"

Process process_table[PROCESS_LIMIT];
static char system_heap[20000] __attribute__((aligned(4)));
static char memory[120000] __attribute__((aligned(4)));

enum { SLOTS = 60 };
static Handle slots[SLOTS];
static uint8_t marks[SLOTS];
static int locked[SLOTS];
static Ptr pointers[SLOTS];

static void fail(const char *what)
{
    printf("heap: %s\n", what);
    exit(1);
}

static OSRegs call(void (*routine)(OSRegs *), void *a0, uint32_t d0, uint16_t trap)
{
    OSRegs r = { d0, trap, 0, (uint32_t)a0, 0, 0 };
    routine(&r);
    return r;
}

static void check_zone(THz zone)
{
    uint32_t free = 0;
    Block *b = first_block(zone);
    while (b < last_block(zone)) {
        if (block_size(b) < SMALLEST_BLOCK || (block_size(b) & 3))
            fail("block of a bad size");
        if (block_tag(b) == TAG_FREE)
            free += block_size(b);
        if (block_tag(b) == TAG_HANDLE && handle_block(block_handle(zone, b)) != b)
            fail("master pointer does not point at its block");
        b = block_after(b);
    }
    if (b != last_block(zone))
        fail("chain misses the trailer");
    if (free != (uint32_t)zone->zcbFree)
        fail("zcbFree is wrong");
}

static Ptr contents(Handle h) { return (Ptr)(*(uint32_t *)h & ADDRESS_MASK); }

static void check_contents(void)
{
    for (int i = 0; i < SLOTS; i++) {
        if (slots[i]) {
            uint32_t n = call(os_GetHandleSize, slots[i], 0, 0).d0;
            for (uint32_t k = 0; k < n; k++)
                if ((uint8_t)contents(slots[i])[k] != marks[i])
                    fail("a handle's contents changed");
        }
        if (pointers[i])
            for (int k = 0; k < 100; k++)
                if (pointers[i][k] != (char)i)
                    fail("a pointer's contents changed");
    }
}

static void step(int i, unsigned what)
{
    uint32_t n = (uint32_t)rand() % 3000;
    if (!slots[i]) {
        slots[i] = (Handle)call(os_NewHandle, 0, n, 0xA122).a0;
        marks[i] = (uint8_t)rand();
        locked[i] = 0;
        if (slots[i])
            memset(contents(slots[i]), marks[i], n);
    } else if (what < 3) {
        call(os_DisposeHandle, slots[i], 0, 0);
        slots[i] = 0;
    } else if (what < 6) {
        Ptr before = contents(slots[i]);
        OSRegs r = call(os_SetHandleSize, slots[i], n, 0);
        if (locked[i] && contents(slots[i]) != before)
            fail("a locked handle moved");
        if (r.d0 == 0)
            memset(contents(slots[i]), marks[i], n);
    } else if (what == 6) {
        call(locked[i] ? os_HUnlock : os_HLock, slots[i], 0, 0);
        locked[i] = !locked[i];
    } else if (what == 7)
        call(os_MoveHHi, slots[i], 0, 0);
    else if (pointers[i]) {
        heap_free(TheZone, block_of(pointers[i]));
        pointers[i] = 0;
    } else {
        Block *b = heap_allocate(TheZone, TAG_POINTER, 100);
        if (b) {
            pointers[i] = b->data;
            b->owner = (uint32_t)TheZone;
            memset(b->data, i, 100);
        }
    }
}

int main(void)
{
    SysZone = (THz)system_heap;
    heap_init(SysZone, system_heap + sizeof system_heap, 16, 0);
    ApplZone = TheZone = (THz)memory;
    ApplLimit = memory + sizeof memory - 8000;
    heap_init(TheZone, memory + 6000, 16, 0);
    srand(1);
    for (int n = 0; n < 200000; n++) {
        step(rand() % SLOTS, (unsigned)rand() % 10);
        if (n % 50 == 0) {
            check_zone(TheZone);
            check_contents();
        }
        if (n % 1000 == 999) {
            heap_compact(TheZone);
            check_zone(TheZone);
            check_contents();
        }
    }
    if (TheZone->bkLim > ApplLimit || HeapEnd != TheZone->bkLim)
        fail("grew beyond its limit");
    for (int i = 0; i < SLOTS; i++) {
        if (slots[i])
            call(os_DisposeHandle, slots[i], 0, 0);
        if (pointers[i])
            heap_free(TheZone, block_of(pointers[i]));
    }
    check_zone(TheZone);
    printf("heap: sound after 200000 steps, %ld bytes free\n", (long)TheZone->zcbFree);
    return 0;
}
