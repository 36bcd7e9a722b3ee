/* After code has been written into memory, and before it runs. */
#ifndef CACHES_H
#define CACHES_H
#include "model.h"
#if HAS_CACHES
void flush_code_cache(void);
#else
static inline void flush_code_cache(void) {}
#endif
#endif
