/* Changing stacks. */
        .text
        .globl  switch_stacks, stop_until_interrupt
/* switch_stacks(&old_sp, new_sp): everything C preserves goes on the old stack and comes back from the new one. */
switch_stacks:
        movea.l 4(%sp),%a0
        movea.l 8(%sp),%a1
        movem.l %d2-%d7/%a2-%a6,-(%sp)
        move.l  %sp,(%a0)
        movea.l %a1,%sp
        movem.l (%sp)+,%d2-%d7/%a2-%a6
        rts

stop_until_interrupt:
        stop    #0x2000
        rts

        .globl  enter_program
enter_program:                          /* nothing is kept: the process ends when this returns */
        movea.l 4(%sp),%a5
        movea.l 8(%sp),%a0
        jmp     (%a0)

/* Calls a start-up document: it may spoil every register but A7. */
        .globl  call_startup_document
call_startup_document:
        movea.l 4(%sp),%a0
        movem.l %d2-%d7/%a2-%a6,-(%sp)
        jsr     (%a0)
        movem.l (%sp)+,%d2-%d7/%a2-%a6
        rts
