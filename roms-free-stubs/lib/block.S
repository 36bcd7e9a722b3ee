| memcpy, memmove, memset.  block_move is also the heart of BlockMove: A0 source, A1 destination, D0 count;
| overlapping blocks arrive whole; changes D0, D1, A0, A1.

    .text
    .globl  memcpy, memmove
memcpy:
memmove:
    movea.l 4(%sp),%a1
    movea.l 8(%sp),%a0
    move.l  12(%sp),%d0
    bsr.s   block_move
    move.l  4(%sp),%d0
    movea.l %d0,%a0
    rts

    .globl  block_move
block_move:
    cmpa.l  %a1,%a0
    bcs.s   backwards                   | source below destination: copy from the end
    beq.s   9f
    move.l  %a0,%d1
    btst    #0,%d1
    beq.s   1f
    subq.l  #1,%d0                      | first byte alone, to reach an even source
    bcs.s   9f
    move.b  (%a0)+,(%a1)+
1:  move.l  %a1,%d1
    btst    #0,%d1
    bne.s   7f                          | of unequal parity: bytes only
    move.l  %d0,%d1
    lsr.l   #5,%d1                      | runs of 32 bytes
    bra.s   3f
2:  move.l  (%a0)+,(%a1)+
    move.l  (%a0)+,(%a1)+
    move.l  (%a0)+,(%a1)+
    move.l  (%a0)+,(%a1)+
    move.l  (%a0)+,(%a1)+
    move.l  (%a0)+,(%a1)+
    move.l  (%a0)+,(%a1)+
    move.l  (%a0)+,(%a1)+
3:  subq.l  #1,%d1
    bcc.s   2b
    andi.l  #31,%d0
    move.w  %d0,%d1
    lsr.w   #2,%d1
    bra.s   5f
4:  move.l  (%a0)+,(%a1)+
5:  dbra    %d1,4b
    andi.w  #3,%d0
7:  subq.l  #1,%d0
    bcs.s   9f
6:  move.b  (%a0)+,(%a1)+
    subq.l  #1,%d0
    bcc.s   6b
9:  rts

backwards:
    adda.l  %d0,%a0
    adda.l  %d0,%a1
    move.l  %a0,%d1
    btst    #0,%d1
    beq.s   1f
    subq.l  #1,%d0
    bcs.s   9f
    move.b  -(%a0),-(%a1)
1:  move.l  %a1,%d1
    btst    #0,%d1
    bne.s   7f
    move.l  %d0,%d1
    lsr.l   #5,%d1
    bra.s   3f
2:  move.l  -(%a0),-(%a1)
    move.l  -(%a0),-(%a1)
    move.l  -(%a0),-(%a1)
    move.l  -(%a0),-(%a1)
    move.l  -(%a0),-(%a1)
    move.l  -(%a0),-(%a1)
    move.l  -(%a0),-(%a1)
    move.l  -(%a0),-(%a1)
3:  subq.l  #1,%d1
    bcc.s   2b
    andi.l  #31,%d0
    move.w  %d0,%d1
    lsr.w   #2,%d1
    bra.s   5f
4:  move.l  -(%a0),-(%a1)
5:  dbra    %d1,4b
    andi.w  #3,%d0
7:  subq.l  #1,%d0
    bcs.s   9f
6:  move.b  -(%a0),-(%a1)
    subq.l  #1,%d0
    bcc.s   6b
9:  rts

    .globl  memset
memset:
    movea.l 4(%sp),%a0
    move.b  11(%sp),%d1
    move.l  12(%sp),%d0
    beq.s   9f
    move.l  %d2,-(%sp)
    move.b  %d1,%d2                     | the byte four times over
    lsl.w   #8,%d2
    move.b  %d1,%d2
    move.w  %d2,%d1
    swap    %d1
    move.w  %d2,%d1
    move.w  %a0,%d2
    btst    #0,%d2
    beq.s   1f
    move.b  %d1,(%a0)+
    subq.l  #1,%d0
1:  move.l  %d0,%d2
    lsr.l   #2,%d2
    bra.s   3f
2:  move.l  %d1,(%a0)+
3:  subq.l  #1,%d2
    bcc.s   2b
    andi.w  #3,%d0
    bra.s   5f
4:  move.b  %d1,(%a0)+
5:  dbra    %d0,4b
    move.l  (%sp)+,%d2
9:  move.l  4(%sp),%d0
    movea.l %d0,%a0
    rts
