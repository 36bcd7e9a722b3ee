/* The inside of a heap zone: blocks laid end to end, each with an eight-byte header.

     first long    tag (bits 31-30: 0 free, 1 pointer, 2 handle), bytes allocated beyond the logical size (bits 27-24),
                   physical size (bits 23-0)
     second long   a pointer's zone; a handle's master pointer as an offset from the zone (bits 23-0); unused when free

   A handle's flags stand in the high byte of its master pointer while addresses have 24 bits; with 32 the block's second long
   keeps them (bits 31-24), and the master pointer is an address and nothing else.

   A zone ends with a free block that is never given away, at bkLim. */
#ifndef HEAP_H
#define HEAP_H
#include "memory.h"
#include "model.h"
#include "rom_traps.h"

enum { HEADER = 8, SMALLEST_BLOCK = 12, ZONE_MASTERS = 64 };
enum { TAG_FREE = 0, TAG_POINTER = 1, TAG_HANDLE = 2 };
#define HANDLE_LOCKED   0x80000000u
#define HANDLE_PURGE    0x40000000u
#define HANDLE_RESOURCE 0x20000000u
#define LOW_24          0x00FFFFFFu

typedef struct {
    uint32_t tag_size;
    uint32_t owner;
    char data[];
} Block;

static inline int block_tag(const Block *b) { return (int)(b->tag_size >> 30); }
static inline uint32_t block_size(const Block *b) { return b->tag_size & LOW_24; }
static inline Block *block_after(const Block *b) { return (Block *)((Ptr)b + block_size(b)); }
static inline Block *first_block(THz zone) { return (Block *)zone->heapData; }
static inline Block *last_block(THz zone) { return (Block *)zone->bkLim; }
static inline Block *block_of(void *data) { return (Block *)(((uint32_t)data & ADDRESS_MASK) - HEADER); }
static inline uint32_t logical_size(const Block *b) { return block_size(b) - HEADER - (b->tag_size >> 24 & 15); }
static inline Block *handle_block(Handle h) { return block_of(*h); }
static inline int handle_is_full(Handle h) { return (*(uint32_t *)h & ADDRESS_MASK) != 0; }
static inline Handle block_handle(THz zone, const Block *b) { return (Handle)((Ptr)zone + (b->owner & LOW_24)); }

/* The flags of a handle that has a block; an empty one has none. */
static inline uint32_t *flags_place(Handle h) { return ADDRESS_MASK == LOW_24 ? (uint32_t *)h : &handle_block(h)->owner; }
static inline uint32_t handle_flags(Handle h) { return handle_is_full(h) ? *flags_place(h) & ~LOW_24 : 0; }
static inline void set_handle_flags(Handle h, uint32_t flags)
{
    uint32_t *place = flags_place(h);
    *place = (*place & LOW_24) | flags;
}
/* The block is somewhere else; its header, and with it the flags, have come along. */
static inline void set_handle_block(Handle h, Block *b)
{
    *(uint32_t *)h = (*(uint32_t *)h & ~ADDRESS_MASK) | (uint32_t)b->data;
}

static inline uint32_t physical_size(uint32_t logical)
{
    uint32_t size = (logical + HEADER + 3) & ~3u;
    return size < SMALLEST_BLOCK ? SMALLEST_BLOCK : size;
}
static inline void set_block(Block *b, int tag, uint32_t physical, uint32_t logical)
{
    b->tag_size = (uint32_t)tag << 30 | (physical - HEADER - logical) << 24 | physical;
}
static inline void set_free(Block *b, uint32_t physical) { b->tag_size = physical; }

void heap_init(THz zone, Ptr limit, int16_t masters, ProcPtr grow_zone);
/* A block of at least `logical` bytes, found by any means the zone has; 0 when memory is full. */
Block *heap_allocate(THz zone, int tag, uint32_t logical);
void heap_free(THz zone, Block *block);
/* Resizes where it is; returns 0 when the block after it is not free or too small. */
int heap_resize(THz zone, Block *block, uint32_t logical);
/* Slides relocatable blocks together; returns the largest free block's size. */
uint32_t heap_compact(THz zone);
int heap_purge(THz zone, uint32_t needed);
/* As high as possible, when that is higher than where it is. */
void heap_move_high(THz zone, Handle h);
int heap_grow(THz zone, uint32_t needed);
THz zone_of(const void *address);
Handle heap_new_master(THz zone);
int heap_more_masters(THz zone);

/* What the traps share: bits of the trap word, the zone it asks for, the result in D0 and MemErr. */
enum { TRAP_SYS = 0x400, TRAP_CLEAR = 0x200 };
static inline THz zone_asked(const OSRegs *r) { return r->d1 & TRAP_SYS ? SysZone : TheZone; }
static inline void result(OSRegs *r, OSErr code)
{
    MemErr = code;
    r->d0 = (uint32_t)(int32_t)code;
}
#endif
