/* Programs SCC channel B for LocalTalk: SDLC, FM0, 230.4 kbit/s.
 *
 * Register meanings are the Zilog manual's; that a Macintosh takes its clocks from RTxC (3.672 MHz), drives the line with
 * RTS and has the mouse on DCD is in the Guide to the Macintosh Family Hardware.  The order follows the manual's
 * "SDLC initialization": mode first, then options, then enables.  3.672 MHz / (2 * (6 + 2)) = 229.5 kHz nominal. */
#include "appletalk_internal.h"
#include "model.h"

static const uint8_t localtalk_registers[] = {
    9, 0x4A,        /* reset channel B; master interrupt enable, no vector */
    4, 0x20,        /* SDLC, x1 clock, no parity */
    10, 0xE0,       /* CRC preset to ones, FM0, idle with flags, CRC on underrun */
    7, 0x7E,        /* flag */
    3, 0xC0,        /* receiver: 8 bits, off */
    5, 0x61,        /* transmitter: 8 bits, CRC-CCITT on; off, line drivers off */
    11, 0x70,       /* receive clock = DPLL, transmit clock = baud rate generator */
    12, 6, 13, 0,   /* time constant */
    14, 0x60,       /* DPLL disabled while it is set up */
    14, 0xC0,       /* FM mode */
    14, 0xA0,       /* DPLL clock = RTxC, sixteen times the bit rate */
    14, 0x01,       /* baud rate generator on, from RTxC */
    14, 0x21,       /* DPLL searches */
    15, 0x08,       /* external/status: DCD only, the mouse */
    0, 0x10, 0, 0x10,
    1, 0x09,        /* interrupts: receive on first character or special condition; external/status */
    9, 0x0A,
    0xFF
};

SCCDelays scc_delays;

/* n microseconds as loops of `loops_per_ms`, rounded, at least one. */
static uint16_t loops(uint16_t loops_per_ms, uint16_t n) {
    uint32_t count = ((uint32_t)loops_per_ms * n + 500) / 1000;
    return count ? (uint16_t)count : 1;
}

void scc_set_up(void) {
    uint16_t sr, dbra = TimeDBRA, poll = TimeSCCDB;
    /* Appendix B asks for 1.5 bit times (6.5 us) of drive; the register writes around the delay add some 4 us. */
    scc_delays.pulse = loops(dbra, 4);
    /* From "transmitter on" to the first byte: more than one flag and less than two, so that two are sent. */
    scc_delays.flags = loops(dbra, 44);
    /* The FCS lasts 69 us or more; the closing flag 35 us.  The transmitter is turned off within the flag, the drivers
       when 12 to 18 bit times (52 to 78 us) have passed after it. */
    scc_delays.crc = loops(dbra, 60);
    scc_delays.closing = loops(dbra, 8);
    scc_delays.ones = loops(dbra, 68);
    /* The ones that may follow the seventh last 48 us; the work until this node drives the line takes its part.  The next frame's
       address byte must have ended 200 us after the sender's driver went off. */
    scc_delays.turnaround = loops(dbra, 53 - SCC_TURNAROUND_WORK);
    scc_delays.byte_poll = loops(poll, 59);
    scc_delays.stuck_poll = loops(poll, 500);       /* the longest wait is for a byte and the FCS: then the transmitter is dead */
    scc_delays.ifg_poll = loops(poll, 200);
    scc_delays.idg_poll = loops(poll, 400);
    scc_delays.slot_poll = loops(poll, 100);
    scc_delays.watchdog_poll = loops(poll, 20000);  /* its loop is nearly twice as long as TimeSCCDB's: 35 ms */
    sr = mask_scc();
    scc_program(localtalk_registers);
    unmask_scc(sr);
}

/* Channel B off, but for the mouse's DCD interrupt; the SCC is masked. */
void scc_shut_down(void) {
    static const uint8_t off[] = {3, 0xC0, 5, 0x60, 14, 0, 1, 0x01, 0xFF};
    scc_program(off);
}

void scc_set_address(uint8_t node) {
    uint8_t pairs[3] = {6, node, 0xFF};
    uint16_t sr = mask_scc();
    scc_program(pairs);
    scc_reset_receiver();
    unmask_scc(sr);
}
