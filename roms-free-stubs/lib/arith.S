| 32-bit multiplication and division for the plain 68000 (the compiler's own library assumes a 68020).
| C convention: arguments on the stack, result in D0, D0/D1/A0/A1 scratch.

    .text
    .globl  __mulsi3
__mulsi3:                               | (xh:xl) * (yh:yl) mod 2^32
    move.w  4(%sp),%d0                  | xh
    mulu.w  10(%sp),%d0                 | * yl
    move.w  6(%sp),%d1                  | xl
    mulu.w  8(%sp),%d1                  | * yh
    add.w   %d1,%d0
    swap    %d0
    clr.w   %d0
    move.w  6(%sp),%d1
    mulu.w  10(%sp),%d1
    add.l   %d1,%d0
    rts

| D0 / D1 -> quotient D0, remainder D1; preserves D2 and D3.
    .globl  udivmod32
udivmod32:
    movem.l %d2-%d3,-(%sp)
    move.l  %d1,%d2                     | divisor
    cmpi.l  #0x10000,%d2
    bcc.s   3f
    move.l  %d0,%d3                     | short divisor: two hardware divisions, high word first
    clr.w   %d0
    swap    %d0
    divu.w  %d2,%d0                     | D0 = remainder : high quotient
    move.w  %d0,%d1
    swap    %d1                         | high quotient in the upper half
    move.w  %d3,%d0                     | remainder : low word of the dividend
    divu.w  %d2,%d0
    move.w  %d0,%d1
    clr.w   %d0
    swap    %d0                         | remainder
    exg     %d0,%d1
    movem.l (%sp)+,%d2-%d3
    rts
3:  move.l  %d0,%d1                     | long divisor: the quotient has at most 16 bits
    clr.w   %d1
    swap    %d1                         | partial remainder = high word
    swap    %d0
    clr.w   %d0                         | low word, to be shifted in from the top
    moveq   #15,%d3
4:  add.l   %d0,%d0
    addx.l  %d1,%d1
    bcs.s   5f                          | a 33-bit remainder always holds the divisor
    cmp.l   %d2,%d1
    bcs.s   6f
5:  sub.l   %d2,%d1
    addq.w  #1,%d0
6:  dbra    %d3,4b
    movem.l (%sp)+,%d2-%d3
    rts

    .globl  __udivsi3
__udivsi3:
    move.l  4(%sp),%d0
    move.l  8(%sp),%d1
    bra.w   udivmod32

    .globl  __umodsi3
__umodsi3:
    move.l  4(%sp),%d0
    move.l  8(%sp),%d1
    bsr.w   udivmod32
    move.l  %d1,%d0
    rts

    .globl  __divsi3
__divsi3:
    move.l  4(%sp),%d0
    move.l  8(%sp),%d1
    bpl.s   1f
    neg.l   %d1
1:  tst.l   %d0
    bpl.s   2f
    neg.l   %d0
2:  bsr.w   udivmod32
    move.b  4(%sp),%d1
    eor.b   %d1,8(%sp)                  | the argument slot belongs to the callee
    bpl.s   3f
    neg.l   %d0
3:  rts

    .globl  __modsi3
__modsi3:
    move.l  4(%sp),%d0
    move.l  8(%sp),%d1
    bpl.s   1f
    neg.l   %d1
1:  tst.l   %d0
    bpl.s   2f
    neg.l   %d0
2:  bsr.w   udivmod32
    move.l  %d1,%d0
    tst.b   4(%sp)                      | the remainder has the dividend's sign
    bpl.s   3f
    neg.l   %d0
3:  rts
