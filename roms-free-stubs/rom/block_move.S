/* BlockMove: A0 source, A1 destination, D0 count.  What is moved may be code. */
#include "model.h"
#include "rom_traps.h"

        .text
OS_TRAP(0xA02E, BlockMove)
trap_BlockMove:
        jsr     block_move
        .if     HAS_CACHES
        jsr     flush_code_cache
        .endif
        moveq   #0,%d0
        rts
