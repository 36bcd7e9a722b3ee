/* Exception vectors, and the way from an exception to the bomb box. */
#include "low_memory.h"
#include "model.h"
#include "rom_traps.h"

        .text
        .globl  exceptions_init
ROM_INIT(10, exceptions_init)
exceptions_init:
        lea     vectors,%a0
        movea.w #8,%a1
        moveq   #64-2-1,%d0
1:      move.l  (%a0)+,%d1
        bne.s   2f
        subq.l  #4,%a0                  /* end of the list: the rest are uninitialised */
        move.l  #uninitialised,%d1
2:      move.l  %d1,(%a1)+
        dbra    %d0,1b
        rts

vectors:
        .long   bus_error, address_error, illegal_instruction, zero_divide, chk, trapv, privilege, trace
        .long   trap_dispatcher, line_f
        .rept   12                      /* 12-23: reserved, 15 uninitialised interrupt */
        .long   uninitialised
        .endr
        .long   spurious                /* 24 */
        .long   level1
#if HAS_VIA2                            /* the sources' levels do not add up: 1, 2 and 4 */
        .long   via2_interrupt, spurious, scc_interrupt, spurious, spurious, programmers_switch
#else                                   /* level 3 is both lines at once: the SCC first, the VIA asks again */
        .long   scc_interrupt, scc_interrupt
        .long   programmers_switch, programmers_switch, programmers_switch, programmers_switch
#endif
        .long   0

spurious:
        rte

bus_error:
        move.w  #1,DSErrCode.w
        bra     group0
address_error:
        move.w  #2,DSErrCode.w
group0: move.l  FAULT_ADDRESS(%sp),crash_address
        .if     FAULT_STATUS
        addq.l  #FAULT_STATUS,%sp
        .endif
        bra     crash
illegal_instruction:
        move.w  #3,DSErrCode.w
        bra     crash
zero_divide:
        move.w  #4,DSErrCode.w
        bra     crash
chk:    move.w  #5,DSErrCode.w
        bra     crash
trapv:  move.w  #6,DSErrCode.w
        bra     crash
privilege:
        move.w  #7,DSErrCode.w
        bra     crash
trace:  move.w  #8,DSErrCode.w
        bra     crash
line_f: move.w  #10,DSErrCode.w
        bra     crash
programmers_switch:
        move.w  #13,DSErrCode.w
        bra     crash
uninitialised:
        move.w  #11,DSErrCode.w
        bra     crash

/* SysError: D0.w is the number.  The stack is made to look like an exception's. */
        .globl  trap_SysError
TB_TRAP(0xA9C9, SysError)
trap_SysError:
        move.w  %d0,DSErrCode.w
        .if     FRAME_FORMATS
        subq.l  #2,%sp
        move.l  2(%sp),(%sp)
        clr.w   4(%sp)                  /* format 0 */
        .endif
        move.w  %sr,-(%sp)

/* Stack: status, PC, perhaps a format word and more.  All registers go where the bomb box and a debugger find them. */
crash:
        ori.w   #0x0700,%sr
        movem.l %d0-%d7/%a0-%a6,crash_registers
        move.w  (%sp)+,crash_status
        move.l  (%sp)+,crash_pc
        .if     FRAME_FORMATS
        moveq   #0,%d0
        move.w  (%sp)+,%d0
        rol.w   #4,%d0
        andi.w  #15,%d0
        move.b  frame_tails(%pc,%d0.w),%d0
        adda.l  %d0,%sp
        .endif
        move.l  %sp,crash_registers+60
        move.l  %sp,%d0
        btst    #0,%d0
        beq.s   1f
        subq.l  #1,%sp
1:      jsr     draw_bomb_box
        .globl  system_halted
system_halted:
        stop    #0x2700
        bra     system_halted

        .if     FRAME_FORMATS           /* bytes of a frame behind the format word, by format */
frame_tails:
        .byte   0, 0, 4, 0, 0, 0, 0, 0, 0, 12, 24, 84, 0, 0, 0, 0
        .endif

        .section .bss
        .globl  crash_registers, crash_pc, crash_status, crash_address
crash_registers:        .space 64
crash_pc:               .space 4
crash_address:          .space 4
crash_status:           .space 2
        .balign 4
