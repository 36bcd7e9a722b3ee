/* How many turns of three common loops fit into a millisecond: TimeDBRA, TimeSCCDB and TimeSCSIDB.
   Measured with VIA timer 2, which counts 783.36 kHz, so no clock rate of the processor is assumed. */
#include "low_memory.h"
#include "scsi_5380.h"
#include "via.h"

        .equ    turns, 2048

        .text
        .globl  measure_loops
measure_loops:                          /* interrupts are masked */
        move.w  %d2,-(%sp)
        bsr.s   start_timer
1:      dbra    %d0,1b
        bsr.s   turns_per_ms
        move.w  %d0,TimeDBRA.w

        movea.l SCCRd.w,%a0
        bsr.s   start_timer
2:      btst    #0,(%a0)                /* BTST leaves C alone: the loop runs its full course */
        dbcs    %d0,2b
        bsr.s   turns_per_ms
        move.w  %d0,TimeSCCDB.w

        movea.l #scsi_base+csb,%a0      /* reading this register changes nothing */
        bsr.s   start_timer
3:      btst    #0,(%a0)
        dbcs    %d0,3b
        bsr.s   turns_per_ms
        move.w  %d0,TimeSCSIDB.w
        move.w  (%sp)+,%d2
        rts

start_timer:
        movea.l VIA.w,%a1
        move.w  #turns-1,%d0
        move.b  #0xFF,vT2C(%a1)
        move.b  #0xFF,vT2CH(%a1)        /* starts from 0xFFFF */
        andi.b  #0xFE,%ccr              /* carry clear */
        rts

turns_per_ms:
        movea.l VIA.w,%a1
1:      move.b  vT2CH(%a1),%d1
        lsl.w   #8,%d1
        move.b  vT2C(%a1),%d1
        move.b  vT2CH(%a1),%d2          /* high byte again: did the low byte borrow in between? */
        lsl.w   #8,%d2
        eor.w   %d1,%d2
        andi.w  #0xFF00,%d2
        bne.s   1b
        not.w   %d1                     /* elapsed */
        move.l  #turns*783+turns*36/100,%d0
        divu.w  %d1,%d0
        rts
