/* Masking interrupts of the SCC: raises the processor to the SCC's level (or one above it from level 1), which keeps out the SCC and the VIA
   but not the programmer's switch; returns the status register to restore. */
#ifndef INTERRUPT_MASK_H
#define INTERRUPT_MASK_H
#include <stdint.h>
#include "model.h"
static inline uint16_t mask_scc(void) {
    uint16_t sr;
    __asm__ volatile("move.w %%sr,%0\n\tori.w %1,%%sr" : "=d"(sr) : "i"(SCC_LEVEL << 8) : "memory", "cc");
    return sr;
}
/* Masking the VIA alone: the SCC may go on interrupting. */
static inline uint16_t mask_via(void) {
    uint16_t sr;
    __asm__ volatile("move.w %%sr,%0\n\tori.w #0x0100,%%sr" : "=d"(sr) : : "memory", "cc");
    return sr;
}
static inline void unmask_via(uint16_t sr) { __asm__ volatile("move.w %0,%%sr" : : "d"(sr) : "memory", "cc"); }
static inline void unmask_scc(uint16_t sr) { __asm__ volatile("move.w %0,%%sr" : : "d"(sr) : "memory", "cc"); }
#endif
