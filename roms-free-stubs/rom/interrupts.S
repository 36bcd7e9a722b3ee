/* Interrupt dispatch: level 1 (VIA) through Lvl1DT, the SCC (level 2, or 4 beside a second VIA) through Lvl2DT, the second VIA
   (level 2) through VIA2DT; deferred tasks afterwards. */
#include "low_memory.h"
#include "model.h"
#include "rom_traps.h"
#include "scc_recovery.h"
#include "via.h"

        .text
        .globl  level1, scc_interrupt, by_lowest_bit, leave_interrupt
/* One source for each interrupt, the lowest bit of IFR first; others that wait ask again after RTE.
   Handlers find A1 = VIA and may change D0-D3/A0-A3. */
level1: addq.w  #1,interrupt_depth.w
        movem.l %d0-%d3/%a0-%a3,-(%sp)
        movea.l VIA.w,%a1
        moveq   #0x7F,%d0
        and.b   vIFR(%a1),%d0
        and.b   vIER(%a1),%d0
        beq.s   leave_interrupt
        lea     Lvl1DT.w,%a0
by_lowest_bit:
1:      lsr.b   #1,%d0
        bcs.s   2f
        addq.l  #4,%a0
        bra.s   1b
2:      movea.l (%a0),%a0
        jsr     (%a0)

leave_interrupt:
        tst.l   DTQueue+2.w
        bne.s   4f
3:      movem.l (%sp)+,%d0-%d3/%a0-%a3
        subq.w  #1,interrupt_depth.w
        rte
4:      cmpi.w  #1,interrupt_depth.w    /* deferred tasks wait for the outermost handler, ... */
        bne.s   3b
        moveq   #7,%d0
        and.b   32(%sp),%d0             /* ... and for level 0 */
        bne.s   3b
        bsr.s   run_deferred_tasks
        bra.s   3b

/* RR2 of channel B tells which of the chip's eight causes it is; handlers find A0, A1 = that channel's control
   register for reading and writing. */
scc_interrupt:
        addq.w  #1,interrupt_depth.w
        movem.l %d0-%d3/%a0-%a3,-(%sp)
        movea.l SCCRd.w,%a0
        movea.l SCCWr.w,%a1
        move.b  #2,(%a1)
        moveq   #0x0E,%d0               /* bits 3-1 */
        recover
        and.b   (%a0),%d0
        add.w   %d0,%d0                 /* times four */
        cmpi.w  #16,%d0
        bcs.s   1f
        addq.l  #2,%a0                  /* channel A */
        addq.l  #2,%a1
1:      lea     Lvl2DT.w,%a2
        movea.l 0(%a2,%d0.w),%a2
        jsr     (%a2)
        bra.s   leave_interrupt

        recovery_routine

/* Each task leaves the queue before it runs, at level 0; A1 = dtParm.  Tasks that arrive meanwhile join the round,
   because interrupt_depth stays 1. */
        .globl  run_deferred_tasks
run_deferred_tasks:
1:      ori.w   #0x0700,%sr
        move.l  DTQueue+2.w,%d0
        beq.s   3f
        movea.l %d0,%a0
        move.l  (%a0),DTQueue+2.w
        bne.s   2f
        clr.l   DTQueue+6.w
2:      movea.l 12(%a0),%a1             /* dtParm */
        movea.l 8(%a0),%a0              /* dtAddr */
        andi.w  #0xF8FF,%sr
        jsr     (%a0)
        bra.s   1b
3:      rts

/* A0 = task. */
        .globl  trap_DTInstall
OS_TRAP(0xA082, DTInstall)
trap_DTInstall:
        cmpi.w  #7,4(%a0)               /* dtQType */
        bne.s   2f
        lea     DTQueue.w,%a1
        jsr     trap_Enqueue
        moveq   #0,%d0
        rts
2:      moveq   #-2,%d0                 /* vTypErr */
        rts

/* Calls a task from C: call_task(proc, a0, a1).  The task may change D0-D3/A0-A3. */
        .globl  call_task
call_task:
        movem.l %d2-%d3/%a2-%a3,-(%sp)
        movea.l 20(%sp),%a2
        movea.l 24(%sp),%a0
        movea.l 28(%sp),%a1
        jsr     (%a2)
        movem.l (%sp)+,%d2-%d3/%a2-%a3
        rts

one_second:
        move.b  #ifOneSec,vIFR(%a1)
        addq.l  #1,Time.w
        rts

/* A VIA source nobody has claimed: quiet it. */
via_unclaimed:
        move.b  #0x78+ifKeyRdy,vIFR(%a1)
        rts

/* An SCC cause nobody has claimed: reset external/status latches, pending transmit, errors; drain a byte. */
scc_unclaimed:
        move.b  #0x10,(%a1)
        recover
        move.b  #0x28,(%a1)
        recover
        move.b  #0x30,(%a1)
        recover
        tst.b   4(%a0)
        rts

        .globl  interrupts_init
ROM_INIT(40, interrupts_init)
interrupts_init:
        lea     via_unclaimed,%a0
        lea     Lvl1DT.w,%a1
        moveq   #8-1,%d0
1:      move.l  %a0,(%a1)+
        dbra    %d0,1b
        lea     scc_unclaimed,%a0
        lea     Lvl2DT.w,%a1
        moveq   #8-1,%d0
2:      move.l  %a0,(%a1)+
        dbra    %d0,2b
        move.l  #one_second,Lvl1DT.w
        move.l  #vertical_retrace,Lvl1DT+4.w
        move.l  #timer1_interrupt,Lvl1DT+24.w
        move.l  #trap_DTInstall,JDTInstall.w
        jsr     measure_loops
        .if     HAS_VIA2
        jsr     via2_init
        .endif
        movea.l VIA.w,%a1
        move.b  #0x80+ifOneSec+ifVBL,vIER(%a1)
        move.w  #0x2000,%sr
        rts

        .section .bss
        .globl  interrupt_depth
interrupt_depth:        .space 2
        .balign 4
