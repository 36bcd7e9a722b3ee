| SCSI Manager (before 4.3), trap A815: Inside Macintosh: Devices, chapter 3.
|
| Every call is synchronous and there is one client at a time: from SCSIGet to SCSIComplete.  Interrupts are never masked
| while bytes move, so whatever an interrupt handler takes is taken from the transfer.  The 5380 of a Plus has no hardware
| handshake: the blind transfers look at DRQ before the first byte of a TIB instruction, when writing before the second one
| too, and then trust the target to keep up.
|
| Time limits.  Waiting for a bus phase of selection and command is limited in milliseconds, counted with TimeSCSIDB;
| SCSIComplete is limited by its argument, in ticks.  Waiting for the data phase, and for DRQ within it, has no limit as
| long as the target holds BSY: a tape drive may legitimately pause for many seconds.

#include "low_memory.h"
#include "rom_traps.h"
#include "scsi_5380.h"
#include "scsi_results.h"

    .equ    selection_ms, 250       | ANSI X3.131, selection time-out
    .equ    bus_free_ms, 250        | how long SCSIGet waits for a bus that somebody else uses
    .equ    command_ms, 1000        | a selected target must ask for its command

    .section .bss
    .balign 2
    .globl  scsi_owner, scsi_state, scsi_target
scsi_owner:  .space 4               | 0: free; else where SCSIGet was called from
scsi_state:  .space 2               | 0 free, 1 arbitrated, 2 selected, 3 command sent
scsi_target: .space 2               | ID of the last selection
arbitration_loops: .space 2         | DBRAs in an arbitration delay, one too many at most

    .text
TB_TRAP(0xA815, SCSIDispatch)
ROM_INIT(55, scsi_init)

    .globl  scsi_init
scsi_init:
    move.l  #scsi_base,%a0
    move.b  #0,icr_w(%a0)
    move.b  #0,mr_w(%a0)
    move.b  #0,tcr_w(%a0)
    move.b  #0,ser_w(%a0)              | nobody may reselect us: targets are not told that they could
    tst.b   rpi(%a0)                | forget a pending interrupt
    clr.l   scsi_owner
    clr.w   scsi_state
    moveq   #0,%d0
    move.w  TimeDBRA,%d0            | per millisecond; 1/448 of that is 2.23 microseconds
    divu.w  #448,%d0
    move.w  %d0,arbitration_loops
    rts

| Entry: return address, selector, arguments, result slot.  Every routine gets its arguments at (%a2)... last one first,
| %a0 = the 5380, and returns its result in %d0 with %d2 = bytes of arguments.
    .globl  trap_SCSIDispatch
trap_SCSIDispatch:
    movem.l %d3-%d7/%a2-%a6,-(%sp)
    lea     40(%sp),%a6             | the return address
    move.l  #scsi_base,%a0
    lea     6(%a6),%a2              | the arguments
    move.w  4(%a6),%d0
    cmp.w   #13,%d0
    bhi.s   no_such_selector
    add.w   %d0,%d0
    move.w  %d0,%d1
    add.w   %d0,%d0                 | four bytes per entry
    lea     selectors(%pc),%a1
    move.w  2(%a1,%d0.w),%d2        | bytes of arguments
    move.w  (%a1,%d0.w),%d0
    move.w  %d2,-(%sp)
    jsr     (%a1,%d0.w)
    move.w  (%sp)+,%d2
    bra.s   leave
no_such_selector:
    moveq   #scBadParmsErr,%d0      | how many arguments it had cannot be known
    moveq   #0,%d2
leave:
    lea     6(%a6,%d2.w),%a1        | the result slot
    move.w  %d0,(%a1)
    move.l  (%a6),-(%a1)            | the return address goes right below it
    move.l  %a1,%a0
    movem.l (%sp)+,%d3-%d7/%a2-%a6
    move.l  %a0,%sp
    rts

    .macro  selector routine, bytes
    .short  \routine - selectors, \bytes
    .endm
selectors:
    selector scsi_reset, 0
    selector scsi_get, 0
    selector scsi_select, 2
    selector scsi_cmd, 6
    selector scsi_complete, 12
    selector scsi_read, 4
    selector scsi_write, 4
    selector scsi_bad, 0            | 7 was never assigned
    selector scsi_rblind, 4
    selector scsi_wblind, 4
    selector scsi_stat, 0
    selector scsi_sel_atn, 2
    selector scsi_msg_in, 4
    selector scsi_msg_out, 2

scsi_bad:
    moveq   #scBadParmsErr,%d0
    rts

| RST for at least 25 microseconds; then whatever was going on is over.
scsi_reset:
    move.b  #icr_rst,icr_w(%a0)
    moveq   #1,%d2
    bsr     wait_ms
    move.b  #0,icr_w(%a0)
    move.b  #0,mr_w(%a0)
    tst.b   rpi(%a0)
    moveq   #1,%d2
    bsr     wait_ms
    clr.l   scsi_owner
    clr.w   scsi_state
    moveq   #noErr,%d0
    rts

| SCSIGet: take the manager, then arbitrate for the bus.  The owner is set with interrupts off, for three instructions.
scsi_get:
    move.w  %sr,%d1
    ori.w   #0x700,%sr
    tst.l   scsi_owner
    bne.s   get_busy
    move.l  (%a6),scsi_owner
    move.w  %d1,%sr
    bsr     arbitrate
    tst.w   %d0
    bne     release_manager
    move.w  #1,scsi_state
    rts
get_busy:
    move.w  %d1,%sr
    moveq   #scMgrBusyErr,%d0
    rts

| BSY and SEL both false means bus free.  Then: own ID on the data bus, the chip waits for a settle delay and takes part
| (AIP); after an arbitration delay of 2.2 microseconds no higher ID may be on the bus.  ID 7 is the highest.
arbitrate:
    move.w  #bus_free_ms,%d2
1:  move.w  TimeSCSIDB,%d1
2:  move.b  csb(%a0),%d0
    and.b   #csb_bsy+csb_sel,%d0
    beq.s   3f
    dbra    %d1,2b
    dbra    %d2,1b
    moveq   #scArbNBErr,%d0
    rts
3:  move.b  #0,tcr_w(%a0)
    move.b  #0x80,odr_w(%a0)
    move.b  #mr_arbitrate,mr_w(%a0)
    moveq   #100,%d1                | a bus that is taken at this very moment is simply not free yet
4:  btst    #icr_aip_bit,icr(%a0)
    dbne    %d1,4b
    beq.s   5f
    move.w  arbitration_loops,%d1   | 2.2 microseconds
6:  dbra    %d1,6b
    btst    #icr_la_bit,icr(%a0)
    bne.s   5f
    move.b  csd(%a0),%d0
    cmp.b   #0x80,%d0
    bcs.s   5f                      | our own ID is not there
    move.b  #icr_sel+icr_bsy,icr_w(%a0)
    btst    #icr_la_bit,icr(%a0)
    bne.s   5f
    move.b  #0,mr_w(%a0)               | BSY is held by the ICR from here on
    moveq   #noErr,%d0
    rts
5:  move.b  #0,mr_w(%a0)
    move.b  #0,icr_w(%a0)
    dbra    %d2,1b
    moveq   #scArbNBErr,%d0
    rts

scsi_sel_atn:
    moveq   #icr_atn,%d3
    bra.s   select
scsi_select:
    moveq   #0,%d3
select:
    moveq   #scSequenceErr,%d0
    cmp.w   #1,scsi_state
    bne.s   9f
    move.w  (%a2),%d1
    moveq   #scBadParmsErr,%d0
    cmp.w   #6,%d1
    bhi     release_bus
    move.w  %d1,scsi_target
    moveq   #1,%d0
    lsl.b   %d1,%d0
    or.b    #0x80,%d0
    move.b  %d0,odr_w(%a0)
    move.b  #0,ser_w(%a0)
    moveq   #icr_sel+icr_bsy+icr_data,%d0
    or.b    %d3,%d0
    move.b  %d0,icr_w(%a0)
    moveq   #icr_sel+icr_data,%d0   | BSY released: the addressed target has 250 ms to assert it
    or.b    %d3,%d0
    move.b  %d0,icr_w(%a0)
    move.w  #selection_ms-1,%d2
1:  move.w  TimeSCSIDB,%d1
2:  btst    #csb_bsy_bit,csb(%a0)
    dbne    %d1,2b
    bne.s   3f
    dbra    %d2,1b
    moveq   #scCommErr,%d0          | nobody there
    bra     release_bus
3:  move.b  %d3,icr_w(%a0)          | SEL and the data bus released, ATN stays for SCSIMsgOut
    move.w  #2,scsi_state
    moveq   #noErr,%d0
9:  rts

release_bus:
    move.b  #0,icr_w(%a0)
    move.b  #0,mr_w(%a0)
release_manager:
    clr.w   scsi_state
    clr.l   scsi_owner
    rts

| SCSICmd(buffer, count)
scsi_cmd:
    moveq   #scSequenceErr,%d0
    cmp.w   #2,scsi_state
    bne.s   9f
    move.w  (%a2)+,%d3
    move.l  (%a2),%a1
    moveq   #phase_command,%d4
    bra.s   2f
1:  move.w  #command_ms,%d2
    bsr     wait_phase
    bne.s   9f
    move.b  (%a1)+,%d0
    bsr     send_byte
    bne.s   9f
2:  dbra    %d3,1b
    move.w  #3,scsi_state
    moveq   #noErr,%d0
9:  rts

| SCSIMsgOut(message).  ATN is dropped before the byte is acknowledged: it is the last one.
scsi_msg_out:
    moveq   #phase_message_out,%d4
    move.w  #command_ms,%d2
    bsr     wait_phase
    bne.s   9f
    move.b  #0,icr_w(%a0)
    move.b  1(%a2),%d0
    bsr     send_byte
9:  rts

| SCSIMsgIn(VAR message)
scsi_msg_in:
    moveq   #phase_message_in,%d4
    move.w  #command_ms,%d2
    bsr     wait_phase
    bne.s   9f
    bsr     receive_byte
    bne.s   9f
    move.l  (%a2),%a1
    move.w  %d1,(%a1)
9:  rts

| SCSIStat: Current SCSI Bus Status in the low byte, Bus and Status in the high byte.
scsi_stat:
    move.b  bas(%a0),%d0
    lsl.w   #8,%d0
    move.b  csb(%a0),%d0
    rts

| SCSIComplete(VAR stat, VAR message: Integer; wait: LongInt).  Takes the transaction to its end from wherever it is: data
| that the target still wants are invented, data that it still offers are thrown away, and the caller is told.
scsi_complete:
    moveq   #scSequenceErr,%d0
    cmp.w   #1,scsi_state
    bcs     9f                      | nothing to complete
    beq     release_bus             | nobody was selected
    move.b  #0,mr_w(%a0)
    move.b  icr(%a0),%d0
    and.b   #icr_atn,%d0
    move.b  %d0,icr_w(%a0)
    move.l  Ticks,%d3
    moveq   #noErr,%d5              | what will be reported
    moveq   #0,%d6                  | the status
    moveq   #0,%d7                  | the message: 0 is COMMAND COMPLETE
1:  bsr     poll_phase              | d1 = phase, or negative
    bpl.s   2f
    btst    #csb_bsy_bit,csb(%a0)
    beq.s   7f                      | the target has gone
    move.l  Ticks,%d0
    sub.l   %d3,%d0
    cmp.l   (%a2),%d0
    bcs.s   1b
7:  moveq   #scCommErr,%d5
    bra.s   8f
2:  move.w  %d1,%d4
    cmp.w   #phase_status,%d1
    beq.s   4f
    moveq   #scComplPhaseErr,%d5
    btst    #0,%d1                  | the I/O line: IN phases have it
    bne.s   3f
    move.b  #0xEE,%d0               | filler, as documented
    cmp.w   #phase_message_out,%d1
    bne.s   5f
    move.b  #0,icr_w(%a0)
    moveq   #0x08,%d0               | NO OPERATION
5:  bsr     send_byte
    bra.s   1b
3:  bsr     receive_byte
    bra.s   1b
4:  bsr     receive_byte
    move.b  %d1,%d6
6:  bsr     poll_phase
    bpl.s   10f
    btst    #csb_bsy_bit,csb(%a0)
    beq.s   8f                      | bus free without a message
    move.l  Ticks,%d0
    sub.l   %d3,%d0
    cmp.l   (%a2),%d0
    bcs.s   6b
    moveq   #scCommErr,%d5
    bra.s   8f
10: cmp.w   #phase_message_in,%d1
    bne.s   11f
    bsr     receive_byte
    move.b  %d1,%d7
    bra.s   8f
11: moveq   #scPhaseErr,%d5
8:  moveq   #0,%d0
    move.b  %d7,%d0
    move.l  4(%a2),%a1
    move.w  %d0,(%a1)
    move.b  %d6,%d0
    move.l  8(%a2),%a1
    move.w  %d0,(%a1)
    move.w  %d5,%d0
    bra     release_bus
9:  rts

| Waits %d2 milliseconds.
wait_ms:
1:  move.w  TimeSCSIDB,%d1
2:  btst    #csb_bsy_bit,csb(%a0)
    dbra    %d1,2b
    subq.w  #1,%d2
    bne.s   1b
    rts

| The phase the target asks for in %d1 if REQ is true; else %d1 = -1.  Condition codes follow %d1.
poll_phase:
    move.b  csb(%a0),%d1
    btst    #csb_req_bit,%d1
    beq.s   1f
    lsr.w   #2,%d1
    and.w   #7,%d1
    rts
1:  moveq   #-1,%d1
    rts

| Waits for REQ in phase %d4, at most %d2 milliseconds.  %d0 = 0 (and Z), scCommErr or scPhaseErr.
wait_phase:
1:  move.w  TimeSCSIDB,%d1
2:  btst    #csb_req_bit,csb(%a0)
    bne.s   3f
    btst    #csb_bsy_bit,csb(%a0)
    beq.s   4f
    dbra    %d1,2b
    subq.w  #1,%d2
    bne.s   1b
4:  moveq   #scCommErr,%d0
    rts
3:  bsr.s   poll_phase
    moveq   #noErr,%d0
    cmp.b   %d4,%d1
    beq.s   5f
    moveq   #scPhaseErr,%d0
5:  tst.w   %d0
    rts

| One byte by hand in the phase %d4 in which REQ is true: %d0 sent, or received in %d1.  REQ must fall after ACK; a
| target that leaves the bus instead ends the wait.  Result in %d0 and Z; the ATN bit of the ICR is kept.
send_byte:
    move.b  %d4,tcr_w(%a0)
    move.b  %d0,odr_w(%a0)
    move.b  icr(%a0),%d1
    and.b   #icr_atn,%d1
    or.b    #icr_data,%d1
    move.b  %d1,icr_w(%a0)
    or.b    #icr_ack,%d1
    move.b  %d1,icr_w(%a0)
1:  btst    #csb_req_bit,csb(%a0)
    beq.s   2f
    btst    #csb_bsy_bit,csb(%a0)
    bne.s   1b
2:  and.b   #icr_atn,%d1
    move.b  %d1,icr_w(%a0)
    moveq   #noErr,%d0
    rts

receive_byte:
    move.b  %d4,tcr_w(%a0)
    moveq   #0,%d1
    move.b  csd(%a0),%d1
    move.b  icr(%a0),%d0
    and.b   #icr_atn,%d0
    or.b    #icr_ack,%d0
    move.b  %d0,icr_w(%a0)
1:  btst    #csb_req_bit,csb(%a0)
    beq.s   2f
    btst    #csb_bsy_bit,csb(%a0)
    bne.s   1b
2:  and.b   #icr_atn,%d0
    move.b  %d0,icr_w(%a0)
    moveq   #noErr,%d0
    rts
