/* Macintosh Plus: Inside Macintosh III, chapter 2, and IV, chapter 1; Guide to the Macintosh Family Hardware. */
#include "models/mc68000.h"

#define GESTALT_MACHINE     4

#define ROM_BASE            0x400000
#define ROM_BYTES           0x20000
#define RAM_LIMIT           0x400000        /* memory is sized below this address */

/* The screen ends 0x380 bytes below the end of memory, above it the sound buffer. */
#define SCREEN_BYTES        0x5900
#define SCREEN_BASE         0               /* in memory */

/* Port A: SCC wait/request in; main screen, main sound buffer, volume 0; bit 4 low ends the overlay.
   Port B: sound off, mouse and blanking in, clock chip off. */
#define VIA_BASE            0xEFE1FE
#define VIA_PORT_A          0x68
#define VIA_DIRECTION_A     0x7F
#define VIA_PORT_B          0x87
#define VIA_DIRECTION_B     0x87

/* SCC: reads on the upper byte lane, writes on the lower; 2.2 us, 17 clocks, between accesses are the program's business. */
#define SCC_READ            0x9FFFF8
#define SCC_WRITE           0xBFFFF9
#define SCC_LEVEL           2
#define SCC_RECOVERY_NOPS   2
#define SCC_TURNAROUND_WORK 48              /* us from the end of a frame noticed to the drivers switched on */

/* 5380: reads at even addresses, writes at odd ones; address bit 9 asserts DACK.  No handshake with the processor. */
#define SCSI_BASE           0x580000
#define SCSI_WRITE_LANE     1
#define SCSI_DMA_READ       0x580260
#define SCSI_DMA_WRITE      0x580201
#define SCSI_DMA_MASK       0xF80000        /* what of an address says that it is the chip's */
#define SCSI_DMA_BYTES      1               /* moved by one access */

#define HAS_ADB             0
#define HAS_VIA2            0
