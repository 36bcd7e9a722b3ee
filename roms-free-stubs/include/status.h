/* The status window: each process has one on the screen, and the start-up documents share the system's.
   An own trap of this ROM, plain text only: it shows what a program reports and needs no QuickDraw. */
#ifndef STATUS_H
#define STATUS_H
#include "traps.h"

/* 0xABF0: append a line (a C string) to the calling process's window; older lines scroll up. */
#define StatusPrint(text)      TB_VOID_L(0xABF0, text)
/* 0xABF1: replace line `row` (0 is the first below the title); lines 0 to `row` no longer scroll. */
#define StatusRow(row, text)   TB_VOID_LW(0xABF1, text, row)
#endif
