| The first byte of every program.  An application returns from main into ExitToShell; a start-up document
| returns to the start-up code that called it: both find their way through the return address on the stack.
    .section .text.entry,"ax"
    .globl  start
start:
    bra.w   main
