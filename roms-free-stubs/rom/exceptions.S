/* Exception vectors, and the way from an exception to the bomb box. */
#include "low_memory.h"
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
        .long   level1, level2
        .long   level2                  /* level 3 is both lines at once: the SCC first, the VIA asks again */
        .long   programmers_switch, programmers_switch, programmers_switch, programmers_switch
        .long   0

spurious:
        rte

bus_error:                              /* a longer frame: access type, address, instruction before status and PC */
        move.w  #1,DSErrCode.w
        bra     group0
address_error:
        move.w  #2,DSErrCode.w
group0: move.l  2(%sp),crash_address
        addq.l  #8,%sp
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
        move.w  %sr,-(%sp)

/* Stack: status, PC.  All registers go where the bomb box and a debugger find them. */
crash:
        ori.w   #0x0700,%sr
        movem.l %d0-%d7/%a0-%a6,crash_registers
        move.w  (%sp)+,crash_status
        move.l  (%sp)+,crash_pc
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

        .section .bss
        .globl  crash_registers, crash_pc, crash_status, crash_address
crash_registers:        .space 64
crash_pc:               .space 4
crash_address:          .space 4
crash_status:           .space 2
        .balign 4
