| File Manager: from the stack of the caller to that of the file system and back.
|
| While the file system runs on its own stack, which lies in the system heap, the stack sniffer must not take that for an
| overflow: StkLowPt is zero meanwhile, as documented for code with private stacks.

#include "low_memory.h"

    .section .bss
    .balign 2
fs_sp:       .space 4               | of the file system while it is suspended or idle
    .globl  fs_caller_sp
fs_caller_sp: .space 4              | of the code that entered it
caller_low:  .space 4

HFSStkPtr = 0x36E

    .text
| fs_stack_init(top, body): the first fs_enter goes to the start of body.
    .globl  fs_stack_init
fs_stack_init:
    move.l  4(%sp),%a0
    move.l  8(%sp),-(%a0)           | where fs_enter returns to
    lea     -44(%a0),%a0            | D2-D7/A2-A6 of nobody
    move.l  %a0,fs_sp
    rts

| fs_enter(): goes on where the file system left off.  Returns when it leaves again, with what fs_leave was given: as soon
| as interrupts are let in, one of them may enter the file system itself, so a variable would not do.
    .globl  fs_enter
fs_enter:
    movem.l %d2-%d7/%a2-%a6,-(%sp)
    move.w  %sr,%d0
    move.w  %d0,-(%sp)
    ori.w   #0x700,%sr              | between the two stacks no interrupt
    move.l  StkLowPt,caller_low
    clr.l   StkLowPt
    move.l  %sp,fs_caller_sp
    move.l  fs_sp,%sp
    move.l  %sp,HFSStkPtr
    movem.l (%sp)+,%d2-%d7/%a2-%a6
    move.w  %d0,%sr                 | the level of the code that entered
    rts

| fs_leave(state): the other way; the interrupt level is that of the code that is returned to.
    .globl  fs_leave
fs_leave:
    move.l  4(%sp),%d0
    ori.w   #0x700,%sr
    movem.l %d2-%d7/%a2-%a6,-(%sp)
    move.l  %sp,fs_sp
    move.l  fs_caller_sp,%sp
    move.l  caller_low,StkLowPt
    move.w  (%sp)+,%d1
    movem.l (%sp)+,%d2-%d7/%a2-%a6
    move.w  %d1,%sr
    rts
