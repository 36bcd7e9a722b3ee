/* The pause between two accesses to the SCC, 2.2 us (Inside Macintosh III-22): NOPs and the fetches around the next access.
   From ROM they take the same time always, whereas RAM makes the processor wait for the video.
   Where it takes many NOPs they are in a routine; `recovery_routine` puts it into the file. */
#ifndef SCC_RECOVERY_H
#define SCC_RECOVERY_H
#include "model.h"

#if SCC_RECOVERY_NOPS > 2
        .macro  recover
        bsr.w   scc_recovery
        .endm
        .macro  recover_but_one
        bsr.w   scc_recovery
        .endm
        .macro  recovery_routine
scc_recovery:
        .rept   SCC_RECOVERY_NOPS
        nop
        .endr
        rts
        .endm
#else
        .macro  recover
        .rept   SCC_RECOVERY_NOPS
        nop
        .endr
        .endm
/* Before an access whose instruction has one word more to fetch. */
        .macro  recover_but_one
        .rept   SCC_RECOVERY_NOPS-1
        nop
        .endr
        .endm
        .macro  recovery_routine
        .endm
#endif
#endif
