/* From reset to running programs: managers in their order, then start-up documents, then applications. */
#include "internal.h"
#include "low_memory.h"
#include "model.h"
#include "rom_traps.h"

extern void (*const __rominit_start[])(void), (*const __rominit_end[])(void);

void start(void) __attribute__((noreturn));

void start(void)
{
    SysVersion = 0x0607;
    ROM85 = 0x7FFF;
    CPUFlag = CPU_FLAG;
    MMU32Bit = ADDRESS_MASK == 0xFFFFFFFF;
    MonkeyLives = -1;
    RndSeed = 1;
    for (void (*const *init)(void) = __rominit_start; init < __rominit_end; init++)
        (*init)();
    run_startup();
}
