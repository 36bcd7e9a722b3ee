| Programs that keep one chip each busy for ever, for the reset vector of a small ROM. D7 counts what they have done, D6 sums what they
| have read. Addresses and register numbers are those of Inside Macintosh III; what the registers do is in the chips' own manuals.

        .equ    via, 0xEFE1FE
        .equ    vBufB, 0x0000
        .equ    vDirB, 0x0400
        .equ    vDirA, 0x0600
        .equ    vT1C, 0x0800
        .equ    vT1CH, 0x0A00
        .equ    vT2C, 0x1000
        .equ    vT2CH, 0x1200
        .equ    vSR, 0x1400
        .equ    vACR, 0x1600
        .equ    vIFR, 0x1A00
        .equ    vIER, 0x1C00
        .equ    vBufA, 0x1E00
        .equ    asked, 0x3FF0           | whether the keyboard's command has been shifted out
        .equ    log, 0x4000             | 1 KB of notes, used in a ring

        .text
        bra.w   disk
        bra.w   localtalk
        bra.w   wires
        bra.w   idle
        bra.w   compute

| RAM at 0, a stack in it, both handlers.
        .macro  begin
        lea     via,%a0
        move.b  #0x47,vBufA(%a0)        | overlay off, main screen
        move.b  #0x7F,vDirA(%a0)
        move.b  #0x7F,vIER(%a0)
        lea     0x8000,%sp
        lea     level1(%pc),%a1
        move.l  %a1,0x64
        lea     level2(%pc),%a1
        move.l  %a1,0x68
        lea     log,%a6
        moveq   #0,%d6
        moveq   #0,%d7
        .endm

| SCSI: arbitration, selection of target 0, READ of one block, all of it by pseudo-DMA, status, message; again with the next block.
disk:   begin
        lea     0x580000,%a2
        lea     0x580260,%a5            | input data with DACK
arbitrate:
        clr.b   0x31(%a2)               | target command register: DATA OUT, no phase that matters
        move.b  #0x80,1(%a2)            | our ID, 7
        move.b  #0x01,0x21(%a2)         | mode: arbitrate
1:      btst    #6,0x10(%a2)            | AIP
        beq.s   1b
        nop                             | 2.2 us
        nop
        nop
        btst    #5,0x10(%a2)            | lost?
        bne.s   arbitrate
        move.b  #0x0C,0x11(%a2)         | BSY, SEL
        move.b  #0x81,1(%a2)            | our ID and the target's
        move.b  #0x0D,0x11(%a2)         | and the data bus
        clr.b   0x21(%a2)
        move.b  #0x05,0x11(%a2)         | BSY off
1:      btst    #6,0x40(%a2)            | the target's BSY
        beq.s   1b
        clr.b   0x11(%a2)
        lea     0x2000,%a3              | READ(6), one block, number D7
        move.l  #0x08000000,(%a3)
        move.b  %d7,3(%a3)
        move.w  #0x0100,4(%a3)
phase:  move.b  0x40(%a2),%d0
        btst    #6,%d0                  | BSY
        beq     free
        btst    #5,%d0                  | REQ
        beq.s   phase
        lsr.b   #2,%d0
        andi.b  #7,%d0
        move.b  %d0,0x31(%a2)
        subq.b  #1,%d0
        beq.s   data_in
        btst    #2,0x40(%a2)            | I/O
        bne.s   in
        move.b  (%a3)+,1(%a2)           | COMMAND, byte by byte
        move.b  #0x01,0x11(%a2)
        move.b  #0x11,0x11(%a2)
        bra.s   1f
in:     add.b   (%a2),%d6               | STATUS, MESSAGE IN
        move.b  #0x10,0x11(%a2)
1:      btst    #5,0x40(%a2)
        bne.s   1b
        clr.b   0x11(%a2)
        bra.s   phase
data_in:
        move.b  #0x02,0x21(%a2)         | mode: DMA
        clr.b   0x71(%a2)               | start DMA initiator receive
        lea     0x2010,%a4
        move.w  #63,%d1
1:      btst    #6,0x50(%a2)            | DRQ, for the first of eight bytes
        beq.s   1b
        .rept   8
        move.b  (%a5),(%a4)+
        .endr
        dbra    %d1,1b
        clr.b   0x21(%a2)
        bra     phase
free:   addq.b  #1,%d7
        lea     0x2010,%a4
        move.w  #127,%d1
1:      add.l   (%a4)+,%d6
        dbra    %d1,1b
        bra     arbitrate

| LocalTalk: node 5 receives frames by polling and answers each with one of its own.
scc_registers:
        .byte   9,0x4A, 4,0x20, 10,0xE0, 7,0x7E, 6,5, 3,0xC0, 5,0x61, 11,0x70, 12,6, 13,0, 14,0x60, 14,0xC0, 14,0xA0, 14,0x01, 14,0x21
        .byte   15,0, 0,0x10, 0,0x10, 3,0xDD, 0xFF
answer: .byte   9, 5, 1, 0xAA, 0x55, 0xFF, 0xFF, 0xFF, 0x00, 0x12
        .balign 2
        .macro  scc_set_up
        lea     0x9FFFF8,%a2
        lea     0xBFFFF9,%a3
        lea     scc_registers(%pc),%a4
1:      move.b  (%a4)+,%d0
        bmi.s   2f
        move.b  %d0,(%a3)
        nop
        nop
        nop
        move.b  (%a4)+,(%a3)
        nop
        bra.s   1b
2:
        .endm
        .macro  scc_write register, value
        move.b  #\register,(%a3)
        nop
        nop
        nop
        move.b  #\value,(%a3)
        nop
        nop
        nop
        .endm
localtalk:
        begin
        scc_set_up
receive:
        btst    #0,(%a2)
        beq.s   receive
        move.b  #1,(%a3)
        nop
        nop
        nop
        move.b  (%a2),%d0               | RR1, then the byte it belongs to
        nop
        nop
        nop
        rol.l   #1,%d6
        add.b   4(%a2),%d6
        tst.b   %d0                     | end of frame?
        bpl.s   receive
        nop
        move.b  #0x30,(%a3)             | error reset
        scc_write 3, 0xC0
        scc_write 5, 0x63               | drivers on
        scc_write 5, 0x6B               | transmitter on: flags
        move.b  #0x80,(%a3)             | reset the CRC
        move.w  #40,%d0
1:      dbra    %d0,1b
        lea     answer(%pc),%a4
        moveq   #8,%d1
        move.b  (%a4)+,4(%a3)
        nop
        nop
        nop
        move.b  #0xC0,(%a3)             | reset the underrun latch
2:      btst    #2,(%a2)
        beq.s   2b
        move.b  (%a4)+,4(%a3)
        dbra    %d1,2b
3:      move.b  #0x10,(%a3)
        nop
        nop
        nop
        btst    #6,(%a2)                | underrun: the CRC goes out
        beq.s   3b
        move.w  #100,%d0
4:      dbra    %d0,4b
        scc_write 5, 0x61
        scc_write 14, 0x21
        scc_write 3, 0xDD
        addq.b  #1,%d7
        bra     receive

| Clock chip: the seconds, bit by bit, while timer 1, vertical blanking, the seconds signal and the keyboard's bytes interrupt.
        .macro  via_set_up
        move.b  #0x5C,vACR(%a0)         | timer 1 runs on, the shift register sends to the keyboard
        move.b  #0x10,vSR(%a0)          | Inquiry
        move.b  #0xC7,vIER(%a0)         | timer 1, SR, CA1, CA2
        move.b  #0x34,vT1C(%a0)
        move.b  #0x12,vT1CH(%a0)
        move.b  #0xFF,vT2C(%a0)         | timer 2 counts on for ever: the time for the log
        move.b  #0xFF,vT2CH(%a0)
        .endm
wires:  begin
        move.b  #0x87,vBufB(%a0)
        move.b  #0x87,vDirB(%a0)
        via_set_up
        move.w  #0x2000,%sr
clock:  move.b  #0x81,%d0               | read the lowest byte of the seconds
        moveq   #7,%d1
1:      moveq   #0,%d2                  | data, enabled, clock low
        lsl.b   #1,%d0
        addx.b  %d2,%d2
        move.b  %d2,vBufB(%a0)
        ori.b   #2,%d2
        move.b  %d2,vBufB(%a0)
        dbra    %d1,1b
        move.b  #0x86,vDirB(%a0)        | the chip drives the wire
        moveq   #7,%d1
2:      move.b  #0,vBufB(%a0)
        move.b  #2,vBufB(%a0)
        move.b  vBufB(%a0),%d2
        lsr.b   #1,%d2
        addx.b  %d0,%d0
        dbra    %d1,2b
        move.b  #0x87,vDirB(%a0)
        move.b  #0x07,vBufB(%a0)
        add.b   %d0,%d6
        addq.b  #1,%d7
        bra.s   clock

| Nothing but interrupts: all of the above and every character from the SCC.
idle:   begin
        scc_set_up
        scc_write 1, 0x10               | interrupt on all characters and special conditions
        scc_write 9, 0x0A
        via_set_up
1:      stop    #0x2000
        addq.b  #1,%d7
        bra.s   1b

| No chip at all: copying, summing, shifting, multiplying and calling, from RAM.
compute:
        begin
        lea     1f(%pc),%a1
        lea     0x1000,%a2
        moveq   #(2f-1f)/2-1,%d0
0:      move.w  (%a1)+,(%a2)+
        dbra    %d0,0b
        jmp     0x1000
compute_loop:
1:      lea     0x10000,%a2
        lea     0x14000,%a3
        move.w  #999,%d1
3:      move.l  (%a2)+,%d2
        add.l   %d2,%d6
        move.l  %d6,(%a3)+
        move.w  %d1,%d3
        mulu    #37,%d3
        eor.l   %d3,%d6
        lsr.l   #3,%d3
        beq.s   4f
        bsr.s   5f
4:      dbra    %d1,3b
        addq.b  #1,%d7
        bra.s   1b
5:      movem.l %d1-%d3,-(%sp)
        swap    %d6
        addi.w  #9,%d6
        movem.l (%sp)+,%d1-%d3
        rts
compute_end:
2:

| The handlers note the time and what they found.
        .macro  note register
        move.b  \register,(%a6)+
        move.b  via+vT2CH,(%a6)+
        move.b  via+vT2C,(%a6)+
        addq.l  #1,%a6
        cmpa.l  #log+0x400,%a6
        bcs.s   9f
        lea     log,%a6
9:
        .endm
level1: move.l  %d0,-(%sp)
        move.b  via+vIFR,%d0
        btst    #2,%d0                  | the shift register: the command is out, or the answer in
        beq.s   1f
        not.b   asked
        beq.s   2f
        move.b  #0x4C,via+vACR
        add.b   via+vSR,%d6
        bra.s   1f
2:      add.b   via+vSR,%d6
        move.b  #0x5C,via+vACR
        move.b  #0x10,via+vSR
1:      move.b  %d0,via+vIFR
        note    %d0
        move.l  (%sp)+,%d0
        rte
level2: move.l  %d0,-(%sp)
1:      move.b  #1,(%a3)
        nop
        nop
        nop
        move.b  (%a2),%d0
        nop
        nop
        nop
        add.b   4(%a2),%d6
        note    %d0
        tst.b   %d0
        bpl.s   2f
        move.b  #0x30,(%a3)
        nop
        nop
        nop
2:      btst    #0,(%a2)
        bne.s   1b
        move.b  #0x38,(%a3)
        move.l  (%sp)+,%d0
        rte
