/* A user-mode test has no interrupts to mask. */
#ifndef INTERRUPT_MASK_H
#define INTERRUPT_MASK_H
#include <stdint.h>
static inline uint16_t mask_scc(void) { return 0; }
static inline void unmask_scc(uint16_t sr) { (void)sr; }
#endif
