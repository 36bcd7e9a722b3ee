/* The 5380 as a Macintosh decodes it: register number = address bits 4-6.  On the compact 68000 machines the chip sits on the
   upper byte lane for reads (even addresses) and writes are made at odd addresses (Inside Macintosh III, chapter 2); the
   model's header knows.  Offsets from the base; names as in the data sheet. */
#ifndef SCSI_5380_H
#define SCSI_5380_H
#include "model.h"

    .equ    scsi_base, SCSI_BASE
    .equ    w, SCSI_WRITE_LANE

    .equ    csd, 0x00               | Current SCSI Data
    .equ    odr_w, 0x00+w           | Output Data
    .equ    icr, 0x10               | Initiator Command
    .equ    icr_w, 0x10+w
    .equ    mr, 0x20                | Mode
    .equ    mr_w, 0x20+w
    .equ    tcr_w, 0x30+w           | Target Command: the phase we expect
    .equ    csb, 0x40               | Current SCSI Bus Status
    .equ    ser_w, 0x40+w           | Select Enable
    .equ    bas, 0x50               | Bus and Status
    .equ    sds_w, 0x50+w           | Start DMA Send
    .equ    rpi, 0x70               | Reset Parity/Interrupt
    .equ    sdi_w, 0x70+w           | Start DMA Initiator Receive
    .equ    dma_read, SCSI_DMA_READ | Input Data through pseudo-DMA
    .equ    dma_write, SCSI_DMA_WRITE | Output Data through pseudo-DMA

    .equ    icr_data, 0x01          | assert data bus
    .equ    icr_atn, 0x02
    .equ    icr_sel, 0x04
    .equ    icr_bsy, 0x08
    .equ    icr_ack, 0x10
    .equ    icr_la_bit, 5           | lost arbitration
    .equ    icr_aip_bit, 6          | arbitration in progress
    .equ    icr_rst, 0x80

    .equ    mr_arbitrate, 0x01
    .equ    mr_dma, 0x02

    .equ    csb_sel, 0x02
    .equ    csb_req_bit, 5
    .equ    csb_bsy, 0x40
    .equ    csb_bsy_bit, 6

    .equ    bas_match_bit, 3
    .equ    bas_drq_bit, 6

| Phases as MSG, C/D, I/O.
    .equ    phase_data_out, 0
    .equ    phase_data_in, 1
    .equ    phase_command, 2
    .equ    phase_status, 3
    .equ    phase_message_out, 6
    .equ    phase_message_in, 7

#endif
