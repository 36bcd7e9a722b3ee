/* Macintosh SE/30: Guide to the Macintosh Family Hardware, second edition.  Physical addresses of 32 bits; the MMU stays off. */
#include "models/mc68030.h"

#define GESTALT_MACHINE     9

#define ROM_BASE            0x40800000
#define ROM_BYTES           0x40000
#define RAM_LIMIT           0x8000000

/* The built-in video is a card in slot E with its own memory. */
#define SCREEN_BYTES        0
#define SCREEN_BASE         0xFEE08040

/* Port A: SCC wait/request in; main screen, floppy head, modem clock internal; bit 4 low ends the overlay.
   Port B: vertical blanking interrupt of slot E on (bit 6 low), ADB idle, ADB's interrupt in, clock chip off. */
#define VIA_BASE            0x50F00000
#define VIA_PORT_A          0x60
#define VIA_DIRECTION_A     0x7F
#define VIA_PORT_B          0xB7
#define VIA_DIRECTION_B     0xF7
#define VIA2_BASE           0x50F02000

/* SCC: reads and writes at the same addresses.  2.2 us are 34 clocks, of which call and return take 17. */
#define SCC_READ            0x50F04000
#define SCC_WRITE           0x50F04000
#define SCC_LEVEL           4
#define SCC_RECOVERY_NOPS   9
#define SCC_TURNAROUND_WORK 8              /* us from the end of a frame noticed to the drivers switched on */

/* 5380: an eight-bit port; pseudo-DMA with handshake has a window of its own, in which an access of four bytes becomes four
   handshakes. */
#define SCSI_BASE           0x50F10000
#define SCSI_WRITE_LANE     0
#define SCSI_DMA_READ       0x50F06060
#define SCSI_DMA_WRITE      0x50F06000
#define SCSI_DMA_MASK       0xFFFFE000
#define SCSI_DMA_BYTES      4

#define HAS_ADB             1
#define HAS_VIA2            1
