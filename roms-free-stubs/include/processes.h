/* Process Manager and Segment Loader.

   A process runs in its own partition: application zone below, stack above, A5 world on top.  The processor changes
   hands only inside WaitNextEvent, GetNextEvent and EventAvail.  A program that returns from main, or calls
   ExitToShell, ends.

   A start-up document (INIT 0) is called once at boot, in the system heap, on the boot stack; its code stays there when
   it returns (the start-up code has detached it), so tasks, patches and drivers it installed may point into it. */
#ifndef PROCESSES_H
#define PROCESSES_H
#include "errors.h"
#include "low_memory.h"
#include "traps.h"

static inline void __attribute__((noreturn)) ExitToShell(void)
{
    asm volatile(TRAP_WORD(0xA9F4));
    __builtin_unreachable();
}
#endif
