/* Macintosh SE: Guide to the Macintosh Family Hardware, second edition. */
#include "models/mc68000.h"

#define GESTALT_MACHINE     5

#define ROM_BASE            0x400000        /* the first access here ends the overlay */
#define ROM_BYTES           0x40000
#define RAM_LIMIT           0x400000

#define SCREEN_BYTES        0x5900
#define SCREEN_BASE         0

/* Port A: SCC wait/request in; main screen, floppy head and drive, modem clock internal, volume 0.
   Port B: sound off, SCSI interrupt off, ADB idle (bits 5 and 4), ADB's interrupt in (bit 3), clock chip off. */
#define VIA_BASE            0xEFE1FE
#define VIA_PORT_A          0x60
#define VIA_DIRECTION_A     0x7F
#define VIA_PORT_B          0xF7
#define VIA_DIRECTION_B     0xF7

#define SCC_READ            0x9FFFF8
#define SCC_WRITE           0xBFFFF9
#define SCC_LEVEL           2
#define SCC_RECOVERY_NOPS   2
#define SCC_TURNAROUND_WORK 48              /* us from the end of a frame noticed to the drivers switched on */

/* 5380: as on the Plus, but a pseudo-DMA access waits for DRQ, and ends in a bus error when that does not come. */
#define SCSI_BASE           0x5FF000
#define SCSI_WRITE_LANE     1
#define SCSI_DMA_READ       0x5FF260
#define SCSI_DMA_WRITE      0x5FF201
#define SCSI_DMA_MASK       0xF80000
#define SCSI_DMA_BYTES      1

#define HAS_ADB             1
#define HAS_VIA2            0
