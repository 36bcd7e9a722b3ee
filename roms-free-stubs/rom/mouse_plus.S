/* The mouse of the Plus: Inside Macintosh III, "The mouse".

   X1 and Y1 are the SCC's carrier detect inputs, channel A's and B's: every edge is an external/status interrupt.  X2 and Y2, on
   VIA port B, tell the direction: after an edge X1 and X2 differ when the mouse goes right, Y1 and Y2 agree when it goes down.
   The button is a bit of the same port, looked at every tick. */
#include "low_memory.h"
#include "model.h"
#include "rom_traps.h"
#include "scc_recovery.h"
#include "via.h"

#if !HAS_ADB
        .equ    dcd_bit, 3              /* of RR0 */
        .equ    x2_bit, 4               /* of port B */
        .equ    y2_bit, 5

        .text
/* A0, A1 = the channel's control register.  Leaves D0 = 0 when DCD has not changed, else its level in bit 0 of D1. */
        .macro  edge last
        moveq   #0,%d1
        btst    #dcd_bit,(%a0)
        beq.s   1f
        moveq   #1,%d1
1:      recover
        move.b  #0x10,(%a1)             /* Reset External/Status Interrupts */
        move.b  \last,%d0
        move.b  %d1,\last
        eor.b   %d1,%d0
        .endm

mouse_x:
        edge    last_x
        beq.s   9f
        movea.l VIA.w,%a2
        btst    #x2_bit,vBufB(%a2)
        beq.s   1f
        eori.b  #1,%d1
1:      pea     0.w                     /* down */
        add.w   %d1,%d1                 /* 1: right, 0: left */
        subq.w  #1,%d1
        ext.l   %d1
        move.l  %d1,-(%sp)
        jsr     mouse_moved
        addq.l  #8,%sp
9:      rts

mouse_y:
        edge    last_y
        beq.s   9f
        movea.l VIA.w,%a2
        btst    #y2_bit,vBufB(%a2)
        bne.s   1f
        eori.b  #1,%d1
1:      add.w   %d1,%d1                 /* 1: down, 0: up */
        subq.w  #1,%d1
        ext.l   %d1
        move.l  %d1,-(%sp)
        pea     0.w                     /* right */
        jsr     mouse_moved
        addq.l  #8,%sp
9:      rts

/* From the vertical retrace interrupt: A1 = VIA. */
        .globl  mouse_button
mouse_button:
        moveq   #vMouseSW,%d0
        and.b   vBufB(%a1),%d0
        lsl.b   #4,%d0                  /* 0x80: up, as in MBState */
        cmp.b   MBState.w,%d0
        beq.s   9f
        moveq   #0,%d1
        tst.b   %d0
        bne.s   1f
        moveq   #1,%d1
1:      move.l  %a1,-(%sp)
        move.l  %d1,-(%sp)
        jsr     mouse_button_changed
        addq.l  #4,%sp
        movea.l (%sp)+,%a1
9:      rts

        .macro  scc_register offset, register, value
        move.b  #\register,\offset(%a1)
        recover
        move.b  #\value,\offset(%a1)
        recover
        .endm
        .equ    channel_a, 2

mouse_init:
        lea     Lvl2DT.w,%a0
        move.l  #mouse_y,4(%a0)
        move.l  #mouse_x,20(%a0)
        movea.l SCCWr.w,%a1
        scc_register channel_a, 9, 0xC0 /* reset of both channels */
        scc_register channel_a, 15, 0x08
        scc_register 0, 15, 0x08        /* external/status: DCD only */
        scc_register channel_a, 0, 0x10
        scc_register 0, 0, 0x10
        scc_register channel_a, 1, 0x01
        scc_register 0, 1, 0x01
        scc_register channel_a, 9, 0x0A /* master interrupt enable, no vector */
        rts
ROM_INIT(68, mouse_init)

        .section .bss
last_x: .space  1
last_y: .space  1
        .balign 4
#endif
