/* Reset: the first instructions.  ROM is at 0 too until the overlay ends: on the Plus and the SE/30 when a bit of VIA port A
   falls, on the SE with the first access to the ROM's own addresses, which the fetch of the second instruction is. */
#include "low_memory.h"
#include "model.h"
#include "via.h"

#define BANK 0x80000                    /* memory comes in multiples of this */

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
        move.b  #VIA_PORT_A,vBufA(%a1)
        move.b  #VIA_DIRECTION_A,vDirA(%a1)
        move.b  #VIA_PORT_B,vBufB(%a1)
        move.b  #VIA_DIRECTION_B,vDirB(%a1)
        clr.b   vPCR(%a1)               /* CA1 (vertical blanking) and CA2 (one second) on falling edges */
        clr.b   vACR(%a1)               /* timers one-shot, shift register off */
        move.b  #0x7F,vIFR(%a1)

        /* Memory size: tag every 512 KiB from the top down.  Where there is no memory the address wraps round onto a lower
           bank, whose own tag is written later, or reads as anything, or is a bus error; the first tag that is not its own
           address ends memory. */
        lea     no_memory(%pc),%a0
        move.l  %a0,8.w                 /* bus error */
        movea.l #RAM_LIMIT-BANK,%a0
1:      lea     11f(%pc),%a5            /* where no_memory goes on */
        move.l  %a0,(%a0)
11:     suba.l  #BANK,%a0
        cmpa.l  #0,%a0
        bge.s   1b
        suba.l  %a0,%a0
        lea     3f(%pc),%a5
2:      cmpa.l  (%a0),%a0
        bne.s   3f
        adda.l  #BANK,%a0
        cmpa.l  #RAM_LIMIT,%a0
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
        .if     SCREEN_BASE
        move.l  #SCREEN_BASE,ScrnBase.w
        .else
        move.l  %a0,ScrnBase.w
        .endif
        lea     -0x100(%a0),%a0
        move.l  %a0,BufPtr.w
        move.l  %a0,CurStackBase.w
        movea.l %a0,%sp
        move.l  #rom_start,ROMBase.w
        move.l  #VIA_BASE,VIA.w
        move.l  #SCC_READ,SCCRd.w
        move.l  #SCC_WRITE,SCCWr.w
        move.l  #0x00FFFFFF,Lo3Bytes.w
        suba.l  %a6,%a6
        suba.l  %a5,%a5
        jsr     start                   /* never returns */

no_memory:
        movea.l #0x4000,%sp             /* the frame tells nothing that is not known */
        jmp     (%a5)
