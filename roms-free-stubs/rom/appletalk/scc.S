/* SCC channel B as a LocalTalk transceiver: the parts that must keep up with the wire.

   A byte lasts 34.7 us, 272 clocks of a 7.8336 MHz 68000.  The receive loop takes 132 clocks a byte and the transmit loop 62
   (counted; one access of each to RAM may wait for the video), so the chip is always waited for.  Everything here polls;
   callers mask the SCC around a dialog.
   Facts: Zilog SCC manual (registers), Inside AppleTalk appendix B (what each step is for), Inside Macintosh III-22
   (addresses: reads at SCCRd, writes at SCCWr, channel B control at +0, its data at +4; 2.2 us between accesses).
   The delays around the closing flag are inference from the chip's description. */
#include "low_memory.h"
#include "scc_recovery.h"

        .equ    data, 4
        .equ    txOff, 0x61             /* WR5: 8 bits, CRC on, drivers (RTS) off, transmitter off */
        .equ    driversOn, 0x63
        .equ    txOn, 0x6B
        .equ    rxOff, 0xC0             /* WR3: 8 bits */
        .equ    rxOn, 0xDD              /* 8 bits, enter hunt, CRC on, address search, receiver on */
        .equ    brg, 0x01               /* WR14: baud rate generator on, from RTxC */

        .equ    pulse, 0                /* offsets in SCCDelays */
        .equ    flags, 2
        .equ    crc, 4
        .equ    closing, 6
        .equ    ones, 8
        .equ    turnaround, 10
        .equ    byte_poll, 12
        .equ    stuck_poll, 14
        .equ    slot_poll, 20

        .text
        .balign 2

        .macro  write_register register, value
        move.b  #\register,(%a1)
        recover
        move.b  #\value,(%a1)
        recover
        .endm
        .macro  dbra_delay field
        move.w  scc_delays+\field,%d0
9:      dbra    %d0,9b
        .endm

        recovery_routine

        .globl  scc_program
scc_program:
        movea.l SCCWr.w,%a1
        movea.l 4(%sp),%a0
1:      move.b  (%a0)+,%d0
        bmi.s   2f
        move.b  %d0,(%a1)
        recover
        move.b  (%a0)+,(%a1)
        recover
        bra.s   1b
2:      rts

/* CarrierSense is the complement of RR0 bit 4 (Sync/Hunt).  External/status bits stay latched while an interrupt of
   theirs (the mouse) is pending, hence the reset.  The loop is the one TimeSCCDB is defined by: BTST, DBcc. */
        .globl  scc_wait_carrier
scc_wait_carrier:
        movea.l SCCRd.w,%a0
        movea.l SCCWr.w,%a1
        move.w  6(%sp),%d0
        move.b  #0x10,(%a1)
        recover
1:      btst    #4,(%a0)
        dbeq    %d0,1b
        seq     %d0
        bra.s   truth

        .globl  scc_wait_idle
scc_wait_idle:
        movea.l SCCRd.w,%a0
        movea.l SCCWr.w,%a1
        move.w  6(%sp),%d0
1:      move.b  #0x10,(%a1)
        recover
        btst    #4,(%a0)
        dbne    %d0,1b
        sne     %d0
truth:  moveq   #1,%d1
        and.l   %d1,%d0
        rts

/* For a transmitter that has the SCC masked: 0 = still busy, 1 = idle, 2 = a character of a frame for this node. */
        .globl  scc_wait_idle_or_character
scc_wait_idle_or_character:
        movea.l SCCRd.w,%a0
        movea.l SCCWr.w,%a1
        move.w  6(%sp),%d0
1:      move.b  #0x10,(%a1)
        recover
        move.b  (%a0),%d1
        btst    #0,%d1
        bne.s   2f
        btst    #4,%d1
        dbne    %d0,1b
        sne     %d0
        bra.s   truth
2:      moveq   #2,%d0
        rts

        .globl  scc_missing_clock
scc_missing_clock:                      /* RR10 bit 7: one clock missing */
        movea.l SCCRd.w,%a0
        movea.l SCCWr.w,%a1
        move.b  #10,(%a1)
        recover
        tst.b   (%a0)
        smi     %d0
        bra.s   truth

        .globl  scc_reset_missing_clock
scc_reset_missing_clock:
        movea.l SCCWr.w,%a1
        write_register 14, 0x40+brg
        rts

        .globl  scc_reset_receiver
scc_reset_receiver:                     /* resetRx of appendix B: receiver off, FIFO flushed, DPLL searching, on again */
        movea.l SCCRd.w,%a0
        movea.l SCCWr.w,%a1
        write_register 3, rxOff
        bsr.s   flush
listen: write_register 14, 0x20+brg     /* DPLL: enter search mode */
        write_register 14, 0x40+brg     /* reset missing clock */
        write_register 3, rxOn
        move.b  #0x20,(%a1)             /* interrupt again on the next first character */
        rts

flush:  tst.b   data(%a0)
        recover
        tst.b   data(%a0)
        recover
        tst.b   data(%a0)
        recover
        move.b  #0x30,(%a1)             /* Error Reset also unlocks the FIFO */
        recover
        rts

        .globl  scc_rearm_receive_interrupt
scc_rearm_receive_interrupt:
        movea.l SCCWr.w,%a1
        move.b  #0x30,(%a1)
        recover
        move.b  #0x20,(%a1)
        recover
        move.b  #0x38,(%a1)             /* Reset Highest IUS: costs nothing where no acknowledge cycle sets it */
        rts

/* Lets the sender of the frame just received finish its 12-18 ones before this node drives the line: the seventh one puts
   the receiver into hunt, 65 us after the last byte, the rest is a delay. */
        .globl  scc_turnaround
scc_turnaround:
        movea.l SCCRd.w,%a0
        movea.l SCCWr.w,%a1
        move.w  scc_delays+slot_poll,%d0
        move.b  #0x10,(%a1)
        recover
1:      btst    #4,(%a0)
        dbne    %d0,1b
        dbra_delay turnaround
        rts

/* SCC dispatch entries "receive character available" and "special receive condition" of channel B.  The dispatcher leaves
   A0, A1 = the channel's control register and D0-D3/A0-A3 free.  Nothing comes before the first read: of the 104 us until
   the FIFO overruns, interrupt and dispatch have taken half.  An RTS is answered here, before any C: the CTS's address byte
   must have ended 200 us after the sender's driver went off. */
        .globl  scc_receive_interrupt
scc_receive_interrupt:
        movea.l llap_next_buffer,%a2
        moveq   #2,%d2
        bsr     receive
        clr.l   -(%sp)                  /* answered: no */
        move.l  %d0,-(%sp)
        subq.l  #3,%d0
        bne.s   1f
        movea.l llap_next_buffer,%a0
        cmpi.b  #0x84,2(%a0)            /* lapRTS */
        bne.s   1f
        tst.b   llap_answers_rts
        beq.s   1f
        cmpi.b  #0xFF,(%a0)             /* a broadcast's gets no answer */
        beq.s   1f
        addq.b  #1,7(%sp)               /* answered: yes */
        clr.l   -(%sp)                  /* no opening frame */
        pea     0x85.w                  /* lapCTS */
        move.b  1(%a0),%d0
        move.l  %d0,-(%sp)
        bsr     scc_turnaround
        bsr     scc_send_control
        lea     12(%sp),%sp
1:      jsr     llap_frame_received
        addq.l  #8,%sp
        rts

/* int scc_receive_frame(uint8_t *buffer, uint32_t first_byte_polls) */
        .globl  scc_receive_frame
scc_receive_frame:
        movem.l %d2-%d3/%a2,-(%sp)
        movea.l SCCRd.w,%a0
        movea.l SCCWr.w,%a1
        movea.l 16(%sp),%a2
        move.w  22(%sp),%d2
        bsr.s   receive
        movem.l (%sp)+,%d2-%d3/%a2
        rts

/* A0, A1 = control register, A2 = buffer, D2 = polls for the first byte.  Leaves D0 = length or an error; changes D1-D3/A2. */
receive:
        move.w  #605-1,%d3              /* maxFrameSize */
1:      btst    #0,(%a0)
        dbne    %d2,1b
        beq     nothing
        move.w  scc_delays+byte_poll,%d0
next:   move.b  #1,(%a1)                /* status first: reading the data moves the error FIFO along */
        recover
        move.b  (%a0),%d1
        recover_but_one
        move.b  data(%a0),(%a2)+
        tst.b   %d1
        bmi.s   ended                   /* end of frame */
        btst    #5,%d1
        bne     overrun
        move.w  %d0,%d2
2:      btst    #0,(%a0)
        dbne    %d2,2b
        beq     timeout
        dbra    %d3,next
        bra     bad_size                /* no: longer than any frame */
ended:  btst    #5,%d1
        bne.s   overrun
        btst    #6,%d1
        bne.s   bad_crc
        move.l  #605-2,%d0              /* bytes read, 605 - D3, without the two of the FCS */
        ext.l   %d3
        sub.l   %d3,%d0
        moveq   #3,%d1
        cmp.l   %d1,%d0
        blt.s   bad_size
        move.b  #0x30,(%a1)             /* Error Reset unlocks the FIFO; the receiver goes on by itself, into hunt with the */
        recover                         /* ones that follow */
        move.b  #0x20,(%a1)             /* interrupt again on the next first character */
received:
        rts
bad_size:
        moveq   #-4,%d2
        bra.s   failed
nothing:
        moveq   #-5,%d2
        bra.s   failed
timeout:
        moveq   #-1,%d2                 /* the sender stopped, ... */
        btst    #7,(%a0)
        beq.s   failed
        moveq   #-6,%d2                 /* ... or aborted the frame */
        bra.s   failed
overrun:
        moveq   #-2,%d2
        bra.s   failed
bad_crc:
        moveq   #-3,%d2
failed: bsr     scc_reset_receiver
        move.l  %d2,%d0
        bra.s   received

/* int scc_send_control(uint32_t to, uint32_t type, uint32_t opening): the three bytes of a control frame. */
        .globl  scc_send_control
scc_send_control:
        lea     control_frame,%a0
        move.b  7(%sp),(%a0)
        move.b  llap_address,1(%a0)
        move.b  11(%sp),2(%a0)
        move.l  12(%sp),-(%sp)
        pea     control_wds(%pc)
        bsr     scc_send_frame
        addq.l  #8,%sp
        rts
control_wds:
        .short  3
        .long   control_frame
        .short  0

/* int scc_send_frame(const WDSElement *wds, uint32_t opening): everything of TransmitFrame in appendix B.  An opening frame
   (RTS, ENQ) may find stale characters in the FIFO and has the synchronizing pulse; the frames that follow in a dialog
   must come quickly and need neither ("really required only before RTS frames"). */
        .globl  scc_send_frame
scc_send_frame:
        movem.l %d2-%d4/%a2-%a3,-(%sp)
        movea.l SCCRd.w,%a0
        movea.l SCCWr.w,%a1
        movea.l 24(%sp),%a3
        write_register 3, rxOff
        tst.b   31(%sp)
        beq.s   open_transmitter
        bsr     flush
        write_register 5, driversOn     /* the synchronizing pulse: an edge, then the line idle for over two bits, */
        dbra_delay pulse                /* which every receiver latches as a missing clock */
        write_register 5, txOff
        dbra_delay pulse
open_transmitter:
        write_register 5, txOn          /* the transmitter idles with flags */
        move.b  #0x80,(%a1)             /* Reset Tx CRC generator, while enabled and idling */
        dbra_delay flags
        move.w  scc_delays+stuck_poll,%d4
        move.w  (%a3)+,%d3
        movea.l (%a3)+,%a2
        subq.w  #2,%d3
        move.b  (%a2)+,data(%a1)        /* the destination address */
        recover
        move.b  #0xC0,(%a1)             /* Reset Tx Underrun/EOM latch, after the first byte and before any underrun */
next_byte:
        move.w  %d4,%d2
1:      btst    #2,(%a0)                /* Tx Buffer Empty */
        dbne    %d2,1b
        beq.s   stuck
        move.b  (%a2)+,data(%a1)
        dbra    %d3,next_byte
next_element:
        move.w  (%a3)+,%d3
        beq.s   all_written
        movea.l (%a3)+,%a2
        subq.w  #1,%d3
        bra.s   next_byte
all_written:
        move.w  %d4,%d2
1:      move.b  #0x10,(%a1)             /* the latch is an external/status bit */
        recover
        btst    #6,(%a0)                /* Tx Underrun/EOM: the CRC is being sent */
        dbne    %d2,1b
        beq.s   stuck
        dbra_delay crc
        move.w  %d4,%d2
1:      btst    #2,(%a0)                /* empty again: the closing flag has begun */
        dbne    %d2,1b
        dbra_delay closing
        moveq   #0,%d2
drop:   write_register 5, driversOn     /* transmitter off during the flag: the flag is completed, then ones */
        dbra_delay ones
        write_register 5, txOff
        bsr     listen
        move.l  %d2,%d0
        movem.l (%sp)+,%d2-%d4/%a2-%a3
        rts
stuck:  moveq   #-1,%d2
        bra.s   drop

/* void mpp_call_handler(void *handler, uint32_t d0, uint32_t d1, void *a3)
   Registers of a protocol handler or socket listener, Inside Macintosh II-326: A0, A1 = SCC, A2 = .MPP's variables,
   A3 = first free byte after the headers in the read header area, A4 = ReadPacket (ReadRest at 2(A4)), A5 free. */
        .globl  mpp_call_handler
mpp_call_handler:
        movem.l %d2-%d7/%a2-%a6,-(%sp)
        movea.l 48(%sp),%a5
        move.l  52(%sp),%d0
        move.l  56(%sp),%d1
        movea.l 60(%sp),%a3
        movea.l SCCRd.w,%a0
        movea.l SCCWr.w,%a1
        lea     mpp_variables,%a2
        lea     read_packet(%pc),%a4
        jsr     (%a5)
        movem.l (%sp)+,%d2-%d7/%a2-%a6
        rts

/* ReadPacket: D3 bytes to A3; leaves D1 = bytes left, D3 = 0, or D3 nonzero when the packet is shorter.
   ReadRest: the rest to A3, at most D3 bytes; leaves D3 = buffer size minus bytes of the packet.
   The frame has been read from the chip already (our inference allows either); these copy it out of the driver's buffer. */
read_packet:
        bra.s   read_some
read_rest:
        movem.l %d1/%d4,-(%sp)
        move.w  %d3,%d4
        cmp.w   %d1,%d4
        bls.s   1f
        move.w  %d1,%d4
1:      sub.w   %d1,%d3
        bsr.s   copy
        movem.l (%sp)+,%d1/%d4
        moveq   #0,%d1
        tst.w   %d3
        rts
read_some:
        cmp.w   %d1,%d3
        bhi.s   short
        move.l  %d4,-(%sp)
        move.w  %d3,%d4
        sub.w   %d3,%d1
        bsr.s   copy
        move.l  (%sp)+,%d4
        moveq   #0,%d3
short:  tst.w   %d3
        rts
copy:   move.l  %a0,-(%sp)
        movea.l mpp_read_pointer,%a0
        bra.s   2f
1:      move.b  (%a0)+,(%a3)+
2:      dbra    %d4,1b
        move.l  %a0,mpp_read_pointer
        movea.l (%sp)+,%a0
        rts

/* void appletalk_call_completion(void *routine, void *pb, int32_t result) */
        .globl  appletalk_call_completion
appletalk_call_completion:
        movem.l %d2-%d7/%a2-%a6,-(%sp)
        movea.l 48(%sp),%a1
        movea.l 52(%sp),%a0
        move.l  56(%sp),%d0
        jsr     (%a1)
        movem.l (%sp)+,%d2-%d7/%a2-%a6
        rts

        .section .bss
control_frame:
        .space  4
