/* BlockMove: A0 source, A1 destination, D0 count. */
#include "rom_traps.h"

        .text
OS_TRAP(0xA02E, BlockMove)
trap_BlockMove:
        jsr     block_move
        moveq   #0,%d0
        rts
