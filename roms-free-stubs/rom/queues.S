/* Enqueue and Dequeue: A0 = element, A1 = queue header (flags, head, tail).  Interrupts are masked while links change. */
#include "rom_traps.h"

        .text
        .globl  trap_Enqueue, trap_Dequeue
TB_TRAP(0xA96F, Enqueue)
trap_Enqueue:
        move.w  %sr,-(%sp)
        ori.w   #0x0700,%sr
        clr.l   (%a0)
        tst.l   2(%a1)
        bne.s   1f
        move.l  %a0,2(%a1)
        move.l  %a0,6(%a1)
        move.w  (%sp)+,%sr
        rts
1:      move.l  %a1,-(%sp)
        movea.l 6(%a1),%a1
        move.l  %a0,(%a1)
        movea.l (%sp)+,%a1
        move.l  %a0,6(%a1)
        move.w  (%sp)+,%sr
        rts

/* D0 = 0, or qErr when the element is not in the queue. */
TB_TRAP(0xA96E, Dequeue)
trap_Dequeue:
        movem.l %d1/%a2-%a3,-(%sp)
        move.w  %sr,-(%sp)
        ori.w   #0x0700,%sr
        lea     2(%a1),%a2              /* where the link to the current element is */
        suba.l  %a3,%a3                 /* the element before it */
1:      move.l  (%a2),%d1
        beq.s   4f
        cmpa.l  %d1,%a0
        beq.s   2f
        movea.l %d1,%a3
        movea.l %d1,%a2
        bra.s   1b
2:      move.l  (%a0),(%a2)
        cmpa.l  6(%a1),%a0
        bne.s   3f
        move.l  %a3,6(%a1)
3:      move.w  (%sp)+,%sr
        movem.l (%sp)+,%d1/%a2-%a3
        moveq   #0,%d0
        rts
4:      move.w  (%sp)+,%sr
        movem.l (%sp)+,%d1/%a2-%a3
        moveq   #-1,%d0                 /* qErr */
        rts
