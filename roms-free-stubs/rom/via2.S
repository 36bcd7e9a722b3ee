/* The second VIA: slot interrupts, and the 60.15 Hz signal for the first VIA's CA1.

   Guide to the Macintosh Family Hardware: CA1 is any slot's interrupt, port A bits 0-5 say which of the slots 9 to E (low);
   PB7, driven by timer 1, is what the first VIA takes for the vertical blanking of a compact Macintosh. */
#include "low_memory.h"
#include "model.h"
#include "via.h"

#if HAS_VIA2
        .equ    half_period, 6512       /* of 783.36 kHz: a tick of 60.147 Hz is 13,024 */
        .equ    vsync_off, 6            /* bit of the first VIA's port B, the SE/30's */

        .text
        .globl  via2_interrupt, via2_init
via2_interrupt:
        addq.w  #1,interrupt_depth.w
        movem.l %d0-%d3/%a0-%a3,-(%sp)
        movea.l VIA2.w,%a1
        moveq   #0x7F,%d0
        and.b   vIFR(%a1),%d0
        and.b   vIER(%a1),%d0
        beq     leave_interrupt
        lea     VIA2DT.w,%a0
        bra     by_lowest_bit

/* The built-in video's request stays until its interrupt is switched off; nobody here waits for it. */
slot_interrupt:
        movea.l VIA.w,%a0
        bset    #vsync_off,vBufB(%a0)
        move.b  #ifSlot,vIFR(%a1)
        bclr    #vsync_off,vBufB(%a0)
        rts

via2_unclaimed:
        move.b  #0x7F,vIFR(%a1)
        rts

via2_init:
        move.l  #VIA2_BASE,VIA2.w
        lea     via2_unclaimed(%pc),%a0
        lea     VIA2DT.w,%a1
        moveq   #8-1,%d0
1:      move.l  %a0,(%a1)+
        dbra    %d0,1b
        move.l  #slot_interrupt,VIA2DT+4.w
        movea.l VIA2.w,%a1
        move.b  #0x7F,vIER(%a1)
        clr.b   vPCR(%a1)
        clr.b   vDirA(%a1)
        move.b  #0x80,vDirB(%a1)
        move.b  #0xC0,vACR(%a1)         /* timer 1 free-running, square wave on PB7 */
        move.b  #(half_period-2)&0xFF,vT1C(%a1)
        move.b  #(half_period-2)>>8,vT1CH(%a1)
        move.b  #0x7F,vIFR(%a1)
        move.b  #0x80+ifSlot,vIER(%a1)
        rts
#endif
