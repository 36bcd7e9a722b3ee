/* How a manager announces its traps and its initialisation; see the README of this folder's parent. */
#ifndef ROM_TRAPS_H
#define ROM_TRAPS_H

#ifdef __ASSEMBLER__

/* In assembly the routine trap_NAME follows the register (OS) or stack (Toolbox) convention by itself. */
#define TRAP_RECORD(word, name) \
    .pushsection .traptab,"a" ; .short word, 0 ; .long trap_##name ; .popsection
#define OS_TRAP(word, name) TRAP_RECORD(word, name)
#define TB_TRAP(word, name) TRAP_RECORD(word, name)
#define ROM_INIT(order, function) \
    .pushsection .rominit.##order,"a" ; .long function ; .popsection

#else

#include "types.h"

/* The registers of an OS trap: on entry the caller's d0, a0, a1 and the trap word in d1; on exit d0 is the result,
   a0 too when bit 8 of the trap word is set.  The dispatcher keeps the caller's d1, d2, a1, a2 (and a0). */
typedef struct { uint32_t d0, d1, d2, a0, a1, a2; } OSRegs;

#define TRAP_RECORD(word, name) \
    asm(".pushsection .traptab,\"a\"\n\t.short " #word ", 0\n\t.long trap_" #name "\n\t.popsection")

/* The thunk trap_NAME is what the trap table holds: a true register-convention routine around void os_NAME(OSRegs *). */
#define OS_TRAP(word, name) \
    void os_##name(OSRegs *); \
    asm(".pushsection .text.thunks,\"ax\"\n\t.globl trap_" #name "\ntrap_" #name ":\n" \
        "\tmovem.l %d0-%d2/%a0-%a2,-(%sp)\n\tmove.l %sp,-(%sp)\n\tjsr os_" #name "\n" \
        "\taddq.l #4,%sp\n\tmovem.l (%sp)+,%d0-%d2/%a0-%a2\n\trts\n\t.popsection"); \
    TRAP_RECORD(word, name)

/* The same C routine under one more trap word. */
#define OS_TRAP_ALIAS(word, name) TRAP_RECORD(word, name)

/* A Toolbox routine that follows the stack convention by itself (label trap_NAME in assembly). */
#define TB_TRAP(word, name) TRAP_RECORD(word, name)

/* The thunk calls void tb_NAME(void *args), then pops arg_bytes of Pascal arguments. */
#define TB_TRAP_ARGS(word, name, arg_bytes) \
    void tb_##name(void *args); \
    asm(".pushsection .text.thunks,\"ax\"\n\t.globl trap_" #name "\ntrap_" #name ":\n" \
        "\tpea 4(%sp)\n\tjsr tb_" #name "\n\taddq.l #4,%sp\n\tmovea.l (%sp)+,%a0\n" \
        "\tlea " #arg_bytes "(%sp),%sp\n\tjmp (%a0)\n\t.popsection"); \
    TRAP_RECORD(word, name)

/* Boot calls void function(void) in ascending order. */
#define ROM_INIT(order, function) \
    void function(void); \
    asm(".pushsection .rominit." #order ",\"a\"\n\t.long " #function "\n\t.popsection")

#endif
#endif
