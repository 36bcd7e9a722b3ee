/* Reset: the first instructions, with ROM at 0 and RAM at 0x600000 until the overlay bit falls. */
#include "low_memory.h"
#include "via.h"

#define SCREEN_BYTES 0x5900             /* screen and the gap to MemTop that holds the sound buffer */

        .section .text.boot,"ax"
rom_start:
        .long   0x00004000              /* stack pointer: nothing is pushed before it is set again */
        .long   boot
        .asciz  "Shoeshine stub ROM: documented hardware only, no Apple code"
        .balign 4

        .globl  boot
boot:
        move.w  #0x2700,%sr
        lea     VIA_BASE,%a1
        move.b  #0x7F,vIER(%a1)         /* no interrupts */
        move.b  #0x68,vBufA(%a1)        /* main screen, main sound buffer, volume 0, overlay off */
        move.b  #0x7F,vDirA(%a1)
        move.b  #0x87,vBufB(%a1)        /* sound off, clock chip off */
        move.b  #0x87,vDirB(%a1)
        clr.b   vPCR(%a1)               /* CA1 (vertical blanking) and CA2 (one second) on falling edges */
        clr.b   vACR(%a1)               /* timers one-shot, shift register off */
        move.b  #0x7F,vIFR(%a1)

        /* Memory size: tag every 512 KiB from the top down.  Where there is no memory the address wraps round onto a lower
           bank, whose own tag is written later; the first tag that is not its own address ends memory. */
        movea.l #0x380000,%a0
1:      move.l  %a0,(%a0)
        suba.l  #0x80000,%a0
        cmpa.l  #0,%a0
        bge.s   1b
        suba.l  %a0,%a0
2:      cmpa.l  (%a0),%a0
        bne.s   3f
        adda.l  #0x80000,%a0
        cmpa.l  #0x400000,%a0
        bcs.s   2b
3:      movea.l %a0,%a6                 /* MemTop */

        suba.l  %a0,%a0                 /* vectors, low memory, tables, variables */
        move.w  #0x6000/4-1,%d0
4:      clr.l   (%a0)+
        dbra    %d0,4b

        lea     __data_start,%a0
        lea     __data_load,%a1
5:      cmpa.l  #__data_end,%a0
        bcc.s   6f
        move.l  (%a1)+,(%a0)+
        bra.s   5b
6:
        move.l  %a6,MemTop.w
        movea.l %a6,%a0
        suba.l  #SCREEN_BYTES,%a0
        move.l  %a0,ScrnBase.w
        lea     -0x100(%a0),%a0
        move.l  %a0,BufPtr.w
        move.l  %a0,CurStackBase.w
        movea.l %a0,%sp
        move.l  #rom_start,ROMBase.w
        move.l  #VIA_BASE,VIA.w
        move.l  #0x9FFFF8,SCCRd.w
        move.l  #0xBFFFF9,SCCWr.w
        move.l  #0x00FFFFFF,Lo3Bytes.w
        suba.l  %a6,%a6
        suba.l  %a5,%a5
        jsr     start                   /* never returns */
