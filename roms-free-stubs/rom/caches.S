/* The caches of the 68030 (MC68030 User's Manual, sections 6 and 9.7).

   With the MMU off nothing but the transparent translation registers tells that chips and the screen must not be cached:
   TT0 covers 0x50000000-0x5FFFFFFF, the chips, and TT1 0xF0000000-0xFFFFFFFF, the slots. */
#include "model.h"
#include "rom_traps.h"

#if HAS_CACHES
        .equ    both_on, 0x0101         /* enable data and instruction cache */
        .equ    clear_both, 0x0808
        .equ    clear_code, 0x0008

        .text
        .globl  flush_code_cache
ROM_INIT(15, caches_init)
caches_init:
        pmove   chips,%tt0
        pmove   slots,%tt1
        move.l  #both_on+clear_both,%d0
        movec   %d0,%cacr
        rts
chips:  .long   0x500F8507              /* base, mask; enabled, cache inhibited, reads and writes, any function code */
slots:  .long   0xF00F8507

/* After code has been written into memory: what the instruction cache holds may be older.  Changes D0. */
flush_code_cache:
        movec   %cacr,%d0
        ori.w   #clear_code,%d0
        movec   %d0,%cacr
        rts
#endif
