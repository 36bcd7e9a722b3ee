/* The rotate-add sum of tape-format.md, and a comparison by longs. Both need even addresses. */
#ifndef APP_SUM_H
#define APP_SUM_H
#include "types.h"

/* Continues from `sum` over `longs` 32-bit words. */
uint32_t RotateAdd(const void *from, uint32_t longs, uint32_t sum);
/* The longs that agree before the first that does not; `longs` when all agree. */
uint32_t SameLongs(const void *a, const void *b, uint32_t longs);

#endif
