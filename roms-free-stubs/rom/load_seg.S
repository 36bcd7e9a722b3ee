/* _LoadSeg, called from a jump table entry: loads the segment, then runs the entry again, which is a JMP now.
   All registers are the called routine's arguments, so all survive. */
#include "rom_traps.h"

        .text
TB_TRAP(0xA9F0, LoadSeg)
trap_LoadSeg:
        movem.l %d0-%d7/%a0-%a6,-(%sp)
        moveq   #0,%d0
        move.w  64(%sp),%d0             /* behind 60 bytes of registers and the return address */
        move.l  %d0,-(%sp)
        jsr     load_segment
        addq.l  #4,%sp
        movem.l (%sp)+,%d0-%d7/%a0-%a6
        subq.l  #6,(%sp)                /* back over MOVE.W #segment,-(SP) and the trap word */
        move.l  (%sp),2(%sp)            /* the segment number's place goes */
        addq.l  #2,%sp
        rts
