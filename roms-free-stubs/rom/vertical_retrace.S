/* Vertical Retrace Manager: Ticks, the stack sniffer, and tasks that run every so many ticks. */
#include "low_memory.h"
#include "model.h"
#include "rom_traps.h"
#include "via.h"

        .equ    inVBL, 6                /* bit of VBLQueue's flags byte: tasks are running */
        .equ    vblAddr, 6
        .equ    vblCount, 10

        .text
        .globl  vertical_retrace
vertical_retrace:
        move.b  #ifVBL,vIFR(%a1)
        addq.l  #1,Ticks.w
        .if     !HAS_ADB
        jsr     mouse_button
        .endif

        /* The interrupted stack pointer lies above the return address (4), the registers (32) and the frame.  A stack
           that has grown into its own heap is system error 28; other stacks (the File Manager's) are not ours to judge. */
        tst.l   StkLowPt.w
        beq.s   1f
        lea     36+FRAME_BYTES(%sp),%a0
        cmpa.l  HeapEnd.w,%a0
        bcc.s   1f
        cmpa.l  ApplZone.w,%a0
        bcc     stack_in_heap
1:
        tst.l   VBLQueue+2.w
        beq.s   9f
        bset    #inVBL,VBLQueue+1.w
        bne.s   9f
        andi.w  #0xF8FF,%sr             /* tasks run at level 0; this is still interrupt time */
        movea.l VBLQueue+2.w,%a0
2:      move.l  (%a0),vbl_next.w
        move.l  vblAddr(%a0),%d0
        cmp.l   process_area_low.w,%d0  /* code of a process that is switched out stands still */
        bcs.s   3f
        cmp.l   process_area_high.w,%d0
        bcc.s   3f
        cmp.l   partition_low.w,%d0
        bcs.s   4f
        cmp.l   partition_high.w,%d0
        bcc.s   4f
3:      tst.w   vblCount(%a0)
        beq.s   4f
        subq.w  #1,vblCount(%a0)
        bne.s   4f
        movea.l %d0,%a1
        jsr     (%a1)
4:      move.l  vbl_next.w,%d0
        movea.l %d0,%a0
        bne.s   2b
        ori.w   #0x0100,%sr
        bclr    #inVBL,VBLQueue+1.w
9:      rts

stack_in_heap:
        lea     38(%sp),%sp             /* back to the interrupted PC, which the box is to show */
        moveq   #28,%d0
        jmp     trap_SysError

OS_TRAP(0xA033, VInstall)
trap_VInstall:
        cmpi.w  #1,4(%a0)               /* vType */
        bne.s   1f
        lea     VBLQueue.w,%a1
        jsr     trap_Enqueue
        moveq   #0,%d0
        rts
1:      moveq   #-2,%d0                 /* vTypErr */
        rts

/* A task may remove itself or its successor while the queue is being walked. */
OS_TRAP(0xA034, VRemove)
trap_VRemove:
        move.w  %sr,-(%sp)
        ori.w   #0x0700,%sr
        cmpa.l  vbl_next.w,%a0
        bne.s   1f
        move.l  (%a0),vbl_next.w
1:      lea     VBLQueue.w,%a1
        jsr     trap_Dequeue
        move.w  (%sp)+,%sr
        rts

        .section .bss
vbl_next:       .space 4
        .balign 4
