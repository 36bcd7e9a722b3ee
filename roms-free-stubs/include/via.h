/* The 6522: register offsets from the global VIA (and VIA2), and what the port bits are wired to. */
#ifndef VIA_H
#define VIA_H

#define vBufB  0x0000
#define vDirB  0x0400
#define vDirA  0x0600
#define vT1C   0x0800
#define vT1CH  0x0A00
#define vT1L   0x0C00
#define vT1LH  0x0E00
#define vT2C   0x1000
#define vT2CH  0x1200
#define vSR    0x1400
#define vACR   0x1600
#define vPCR   0x1800
#define vIFR   0x1A00
#define vIER   0x1C00
#define vBufA  0x1E00       /* port A without handshake */

/* Port A: 7 SCC wait/request (in), 6 main screen, 5 floppy head, 4 ROM overlay, 3 main sound buffer, 2-0 volume. */
#define vSCCWReq  0x80
#define vOverlay  0x10
/* Port B: 7 sound off, 6 horizontal blanking (in), 5 mouse Y2, 4 mouse X2, 3 mouse up, 2 clock chip off, 1 its clock, 0 its data. */
#define vRTCData  0x01
#define vRTCClk   0x02
#define vRTCEnb   0x04
#define vMouseSW  0x08

/* Interrupt bits, in IFR, IER and (by number) in Lvl1DT. */
#define ifOneSec  0x01
#define ifVBL     0x02
#define ifSlot    0x02       /* of the second VIA */
#define ifKeyRdy  0x04
#define ifT2      0x20
#define ifT1      0x40
#endif
