/* Segment Loader: CODE resources and the jump table above A5.  An entry that is not loaded reads
   offset, MOVE.W #segment,-(SP), _LoadSeg; one that is loaded reads segment, JMP address. */
#include "caches.h"
#include "internal.h"
#include "memory.h"
#include "os_utils.h"
#include "processes_internal.h"
#include "resources.h"
#include "rom_traps.h"

#define CODE FOUR_CC('C','O','D','E')
enum { JMP = 0x4EF9, MOVE_TO_STACK = 0x3F3C, LOAD_SEG = 0xA9F0, CODE_HEADER = 4 };

typedef struct { uint32_t above_a5, below_a5, table_size, table_offset; uint8_t table[]; } JumpTableResource;
typedef struct { uint16_t segment, jmp; uint32_t address; } __attribute__((packed)) LoadedEntry;

Ptr build_a5_world(Ptr top, int32_t *below_a5)
{
    Handle h = Get1Resource(CODE, 0);
    const JumpTableResource *code0;
    Ptr a5;
    if (!h || !*h)
        return 0;
    code0 = (const JumpTableResource *)*h;
    a5 = top - ((code0->above_a5 + 3) & ~3u);
    *below_a5 = (int32_t)((code0->below_a5 + 3) & ~3u);
    memset(a5 - *below_a5, 0, (size_t)(top - a5 + *below_a5));
    memcpy(a5 + code0->table_offset, code0->table, code0->table_size);
    flush_code_cache();
    CurJTOffset = (int16_t)code0->table_offset;
    ReleaseResource(h);
    return a5;
}

/* Loads and locks the segment and points its jump table entries at it. */
void load_segment(int16_t number);

void load_segment(int16_t number)
{
    Handle h = GetResource(CODE, number);
    LoadedEntry *entry;
    const uint16_t *header;
    Ptr segment;
    if (!h || !*h) {
        SysError(dsLoadErr);
        return;
    }
    HLock(h);
    segment = StripAddress(*h);         /* the program counter shall not carry a handle's flags */
    header = (const uint16_t *)segment;
    entry = (LoadedEntry *)(CurrentA5 + CurJTOffset + header[0]);
    for (uint16_t n = header[1]; n; n--, entry++) {
        uint32_t offset = entry->segment;
        if (entry->jmp == JMP)
            continue;
        entry->segment = (uint16_t)number;
        entry->jmp = JMP;
        entry->address = (uint32_t)segment + CODE_HEADER + offset;
    }
    if (number == 1) {
        current_process->code_low = segment + CODE_HEADER;
        current_process->code_high = segment + GetHandleSize(h);
    }
    flush_code_cache();                 /* of the segment, and of the jump table */
}

typedef struct { Ptr routine; } UnloadSegArgs;

/* The segment becomes movable and purgeable and its entries call the loader again. */
void tb_UnloadSeg(void *args)
{
    LoadedEntry *routine = (LoadedEntry *)(((UnloadSegArgs *)args)->routine - 2), *entry;
    uint16_t number, *header;
    Handle h;
    Ptr segment;
    if (routine->jmp != JMP)
        return;
    number = routine->segment;
    h = GetResource(CODE, (int16_t)number);
    if (!h || !*h)
        return;
    segment = StripAddress(*h);
    header = (uint16_t *)segment;
    entry = (LoadedEntry *)(CurrentA5 + CurJTOffset + header[0]);
    for (uint16_t n = header[1]; n; n--, entry++) {
        uint16_t offset = (uint16_t)(entry->address - (uint32_t)segment - CODE_HEADER);
        entry->segment = offset;
        entry->jmp = MOVE_TO_STACK;
        entry->address = (uint32_t)number << 16 | LOAD_SEG;
    }
    flush_code_cache();
    HUnlock(h);
    HPurge(h);
}
TB_TRAP_ARGS(0xA9F1, UnloadSeg, 4);
