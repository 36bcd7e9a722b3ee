| Rotate-add sum and comparison, unrolled by sixteen longs: the loops in which a backup spends its own time.
    .text
    .globl  RotateAdd, SameLongs

| uint32_t RotateAdd(const void *from, uint32_t longs, uint32_t sum)
RotateAdd:
    move.l  4(%sp),%a0
    move.l  8(%sp),%d1
    move.l  12(%sp),%d0
    move.l  %d2,-(%sp)
    move.l  %d1,%d2
    lsr.l   #4,%d2                  | groups of sixteen
    bra.s   2f
1:  .rept   16
    rol.l   #1,%d0
    add.l   (%a0)+,%d0
    .endr
    subq.l  #1,%d2
2:  tst.l   %d2
    bne.s   1b
    and.w   #15,%d1                 | and what is left over
    bra.s   4f
3:  rol.l   #1,%d0
    add.l   (%a0)+,%d0
4:  dbra    %d1,3b
    move.l  (%sp)+,%d2
    rts

| uint32_t SameLongs(const void *a, const void *b, uint32_t longs)
SameLongs:
    move.l  4(%sp),%a0
    move.l  8(%sp),%a1
    move.l  12(%sp),%d1
    lsr.l   #4,%d1
    bra.s   2f
1:  .rept   16
    cmpm.l  (%a0)+,(%a1)+
    bne.s   9f
    .endr
    subq.l  #1,%d1
2:  tst.l   %d1
    bne.s   1b
    move.w  14(%sp),%d1
    and.w   #15,%d1
    bra.s   4f
3:  cmpm.l  (%a0)+,(%a1)+
    bne.s   9f
4:  dbra    %d1,3b
    move.l  12(%sp),%d0
    rts
9:  move.l  %a0,%d0                 | the last pair compared differed
    sub.l   4(%sp),%d0
    lsr.l   #2,%d0
    subq.l  #1,%d0
    rts
