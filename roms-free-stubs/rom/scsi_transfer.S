| SCSI Manager, the data phase: SCSIRead, SCSIWrite, SCSIRBlind, SCSIWBlind and the transfer instruction block.
|
| Pseudo-DMA: with the DMA mode bit set the 5380 does the REQ/ACK handshake by itself and the CPU plays the DMA controller,
| by reading or writing at addresses that assert DACK.  A blind move of one byte takes 12 clocks of a 68000 (1.53
| microseconds); machines with a hardware handshake stretch the access until DRQ.

#include "low_memory.h"
#include "rom_traps.h"
#include "scsi_5380.h"
#include "scsi_results.h"

    .equ    bus_error_vector, 0x08

    .section .bss
    .balign 2
other_bus_error: .space 4           | the handler that was there before a blind transfer
transfer_sp:     .space 4           | the stack as a blind transfer began

    .equ    sending, 1              | bits of %d5
    .equ    polled, 2

    .text
    .globl  scsi_read, scsi_write, scsi_rblind, scsi_wblind
scsi_read:
    moveq   #polled,%d5
    bra.s   transfer
scsi_write:
    moveq   #polled+sending,%d5
    bra.s   transfer
scsi_rblind:
    moveq   #0,%d5
    bra.s   transfer
scsi_wblind:
    moveq   #sending,%d5

| %a0 the chip, (%a2) the TIB, %d5 the kind of transfer.  In the interpreter: %a3 the instruction, %a2 the buffer,
| %a1 the pseudo-DMA address, %d3 the count, %d6 a comparison that failed.
transfer:
    moveq   #scSequenceErr,%d0
    cmp.w   #3,scsi_state           | a command must have been sent
    bne     finished
    move.l  (%a2),%a3
    moveq   #phase_data_in,%d4
    btst    #0,%d5
    beq.s   1f
    moveq   #phase_data_out,%d4
1:  moveq   #0,%d6
    move.b  %d4,tcr_w(%a0)
    bsr     data_phase
    bne     finished
    btst    #1,%d5
    bne.s   3f
    move.l  bus_error_vector,other_bus_error
    move.l  %sp,transfer_sp
    move.l  #scsi_bus_error,bus_error_vector
3:  move.b  #mr_dma,mr_w(%a0)
    btst    #0,%d5
    beq.s   2f
    move.l  #dma_write,%a1
    move.b  #icr_data,icr_w(%a0)
    move.b  #0,sds_w(%a0)
    bra.s   next_instruction
2:  move.l  #dma_read,%a1
    move.b  #0,icr_w(%a0)
    move.b  #0,sdi_w(%a0)

next_instruction:
    move.w  (%a3),%d0
    subq.w  #1,%d0
    cmp.w   #7,%d0
    bhi.s   bad_instruction
    add.w   %d0,%d0
    move.w  opcodes(%pc,%d0.w),%d0
    jmp     opcodes(%pc,%d0.w)
opcodes:
    .short  op_inc - opcodes, op_no_inc - opcodes, op_add - opcodes, op_move - opcodes
    .short  op_loop - opcodes, op_nop - opcodes, op_stop - opcodes, op_comp - opcodes

bad_instruction:
    moveq   #scBadParmsErr,%d0
    bra.s   end_transfer

| scAdd address, value
op_add:
    move.l  2(%a3),%a2
    move.l  6(%a3),%d0
    add.l   %d0,(%a2)
    bra.s   op_nop
| scMove from, to
op_move:
    move.l  2(%a3),%a2
    move.l  (%a2),%d0
    move.l  6(%a3),%a2
    move.l  %d0,(%a2)
op_nop:
    lea     10(%a3),%a3
    bra.s   next_instruction
| scLoop offset, count: the count is used up where it stands
op_loop:
    subq.l  #1,6(%a3)
    ble.s   op_nop
    add.l   2(%a3),%a3
    bra.s   next_instruction
op_stop:
    moveq   #noErr,%d0
    tst.b   %d6
    beq.s   end_transfer
    moveq   #scCompareErr,%d0
    bra.s   end_transfer
| scInc buffer, count: the address in the instruction moves on, for scLoop
op_inc:
    move.l  2(%a3),%a2
    move.l  6(%a3),%d3
    add.l   %d3,2(%a3)
    bsr     move_bytes
    beq.s   op_nop
    bra.s   end_transfer
op_no_inc:
    move.l  2(%a3),%a2
    move.l  6(%a3),%d3
    bsr     move_bytes
    beq.s   op_nop
    bra.s   end_transfer
op_comp:
    move.l  2(%a3),%a2
    move.l  6(%a3),%d3
    add.l   %d3,2(%a3)
    bsr     compare_bytes
    beq.s   op_nop

| The last byte written must be on the bus and acknowledged before DMA mode ends, or it is lost.  Then the chip either
| asks for another (DRQ), or the target has gone on to another phase, or has left the bus.
end_transfer:
    btst    #0,%d5
    beq.s   3f
1:  btst    #bas_drq_bit,bas(%a0)
    bne.s   3f
    btst    #bas_match_bit,bas(%a0)
    beq.s   3f
    btst    #csb_bsy_bit,csb(%a0)
    bne.s   1b
3:  btst    #1,%d5
    bne.s   4f
    move.l  other_bus_error,bus_error_vector
4:  move.b  #0,mr_w(%a0)
    move.b  #0,icr_w(%a0)
    tst.b   rpi(%a0)
finished:
    rts

| Machines with a hardware handshake (the SE and later) answer a pseudo-DMA access with a bus error when DRQ has not come for
| too long.  The transfer ends there; how many bytes of it arrived is not known.  The target still holds the bus, in a phase of
| its own choice: SCSIComplete takes it from there.  Other addresses are not our business.
    .globl  scsi_bus_error
scsi_bus_error:
    move.l  %d0,-(%sp)
    move.l  4+FAULT_ADDRESS(%sp),%d0
    and.l   #SCSI_DMA_MASK,%d0
    cmp.l   #dma_read & SCSI_DMA_MASK,%d0
    beq.s   1f
    move.l  (%sp)+,%d0
    move.l  other_bus_error,-(%sp)
    rts
1:  move.w  4+FAULT_STATUS(%sp),%d0
    move.l  transfer_sp,%sp
    move.w  %d0,%sr
    move.l  #scsi_base,%a0
    moveq   #scBusTOErr,%d0
    bra.s   3b

| Waits for REQ and looks which phase it is.  %d0 and Z tell.
data_phase:
1:  btst    #csb_req_bit,csb(%a0)
    bne.s   2f
    btst    #csb_bsy_bit,csb(%a0)
    bne.s   1b
    moveq   #scCommErr,%d0
    rts
2:  btst    #bas_match_bit,bas(%a0)
    beq.s   3f
    moveq   #noErr,%d0
    rts
3:  moveq   #scPhaseErr,%d0
    rts

| Waits until the chip asks for the next byte.  REQ in another phase, or a free bus, ends the wait.
    .globl  scsi_wait_drq           | a debugger shows where a transfer waits
scsi_wait_drq:
wait_drq:
1:  btst    #bas_drq_bit,bas(%a0)
    bne.s   4f
    btst    #csb_bsy_bit,csb(%a0)
    beq.s   5f
    btst    #bas_match_bit,bas(%a0)
    bne.s   1b
    btst    #csb_req_bit,csb(%a0)   | between two phases the lines mean nothing
    beq.s   1b
    btst    #bas_match_bit,bas(%a0) | they may have changed to ours just before REQ
    bne.s   1b
    moveq   #scPhaseErr,%d0
    rts
4:  moveq   #noErr,%d0
    rts
5:  moveq   #scCommErr,%d0
    rts

| %d3 bytes between (%a2)+ and the bus.  %d0 and Z tell.
move_bytes:
    moveq   #noErr,%d0
    tst.l   %d3
    beq     9f
    bsr     wait_drq
    bne     9f
    btst    #1,%d5
    bne     move_polled
    btst    #0,%d5
    beq.s   1f
| The chip asks for the first byte of a block before the target does: it has room for one (data sheet, DMA send).  Only when it asks
| again has the target taken that byte, and with it begun to take the block.
    move.b  (%a2)+,(%a1)
    subq.l  #1,%d3
    beq     9f
    bsr     wait_drq
    bne     9f
1:  .if     SCSI_DMA_BYTES > 1
    bsr     move_odd_bytes
    .endif
    move.w  %d3,%d1
    and.w   #31,%d1                 | what is not a whole turn first, by a jump into the unrolled loop
    lsr.l   #5,%d3
    neg.w   %d1
    add.w   %d1,%d1
    btst    #0,%d5
    beq     read_blind
    addq.l  #1,%d3
    lea     1f(%pc),%a4
    jmp     (%a4,%d1.w)

    .globl  scsi_blind_write, scsi_blind_read
    .balign 2
scsi_blind_write:
5:  .rept   32
    .if     SCSI_DMA_BYTES > 1
    move.l  (%a2)+,(%a1)
    .else
    move.b  (%a2)+,(%a1)
    .endif
    .endr
1:  subq.l  #1,%d3
    bne.s   5b
    moveq   #noErr,%d0
    rts

read_blind:
    addq.l  #1,%d3
    lea     2f(%pc),%a4
    jmp     (%a4,%d1.w)
scsi_blind_read:
6:  .rept   32
    .if     SCSI_DMA_BYTES > 1
    move.l  (%a1),(%a2)+
    .else
    move.b  (%a1),(%a2)+
    .endif
    .endr
2:  subq.l  #1,%d3
    bne.s   6b
    moveq   #noErr,%d0
9:  rts

    .if     SCSI_DMA_BYTES > 1
| Of %d3 bytes those that fill no long; leaves %d3 = the number of longs.
move_odd_bytes:
    moveq   #SCSI_DMA_BYTES-1,%d1
    and.w   %d3,%d1
    lsr.l   #2,%d3
    bra.s   3f
1:  btst    #0,%d5
    beq.s   2f
    move.b  (%a2)+,(%a1)
    bra.s   3f
2:  move.b  (%a1),(%a2)+
3:  dbra    %d1,1b
    rts
    .endif

| The first DRQ has been seen.
move_polled:
    btst    #0,%d5
    beq.s   3f
1:  move.b  (%a2)+,(%a1)
    subq.l  #1,%d3
    beq.s   8f
    btst    #bas_drq_bit,bas(%a0)
    bne.s   1b
    bsr     wait_drq
    beq.s   1b
    rts
3:  move.b  (%a1),(%a2)+
    subq.l  #1,%d3
    beq.s   8f
    btst    #bas_drq_bit,bas(%a0)
    bne.s   3b
    bsr     wait_drq
    beq.s   3b
    rts
8:  moveq   #noErr,%d0
    rts

| scComp: bytes from the bus against memory; a difference is remembered and reported at scStop.
compare_bytes:
    moveq   #noErr,%d0
    tst.l   %d3
    beq.s   9f
    bsr     wait_drq
    bne.s   9f
1:  move.b  (%a1),%d0
    cmp.b   (%a2)+,%d0
    beq.s   2f
    st      %d6
2:  subq.l  #1,%d3
    beq.s   8f
    btst    #1,%d5
    beq.s   1b
    bsr     wait_drq
    beq.s   1b
    rts
8:  moveq   #noErr,%d0
9:  rts
