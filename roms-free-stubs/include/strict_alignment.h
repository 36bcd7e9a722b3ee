/* Debian's m68k GCC 12 does not honour strict alignment for the 68000, not even with -mstrict-align: from -O2 and -Os on it
   merges byte accesses into words at odd addresses, which are address errors on a 68000 (`p[1] = 2; p[2] = 0;` becomes
   `move.w #512,1(a0)`, `p[0] << 8 | p[1]` becomes `move.w (a0),d0`).  qemu does not notice.  The command line options
   -fno-store-merging -fno-expensive-optimizations have the same effect for a whole build. */
#ifndef STRICT_ALIGNMENT_H
#define STRICT_ALIGNMENT_H
#ifdef __m68k__
#pragma GCC optimize ("no-store-merging", "no-expensive-optimizations")
#endif
#endif
