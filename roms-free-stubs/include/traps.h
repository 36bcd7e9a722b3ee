/* Glue between C and the trap conventions.  An OS trap keeps every register but D0, and A0 when bit 8 is set. */
#ifndef TRAPS_H
#define TRAPS_H
#include "types.h"

#define TRAP_STRING_(x) #x
#define TRAP_STRING(x) TRAP_STRING_(x)
#define TRAP_WORD(word) ".short " TRAP_STRING(word)

/* A result code that may be ignored without a warning. */
#define OS_ERR(d0) ({ OSErr err_ = (OSErr)(d0); err_; })

/* A0 in, D0 out: parameter blocks, handles. */
#define OS_A0(word, a0) ({ \
    register int32_t d0_ asm("d0"); register void *a0_ asm("a0") = (void *)(a0); \
    asm volatile(TRAP_WORD(word) : "=d"(d0_), "+a"(a0_) : : "cc", "memory"); d0_; })
/* A0 and D0 in, D0 out. */
#define OS_A0_D0(word, a0, d0) ({ \
    void *a0t_ = (void *)(a0); register int32_t d0_ asm("d0") = (int32_t)(d0); register void *a0_ asm("a0") = a0t_; \
    asm volatile(TRAP_WORD(word) : "+d"(d0_), "+a"(a0_) : : "cc", "memory"); d0_; })
/* A0, A1 and D0 in, D0 out. */
#define OS_A0_A1_D0(word, a0, a1, d0) ({ \
    void *a0t_ = (void *)(a0), *a1t_ = (void *)(a1); register int32_t d0_ asm("d0") = (int32_t)(d0); \
    register void *a0_ asm("a0") = a0t_; register void *a1_ asm("a1") = a1t_; \
    asm volatile(TRAP_WORD(word) : "+d"(d0_), "+a"(a0_) : "a"(a1_) : "cc", "memory"); d0_; })
/* A0 and D0 in, A0 out; the result code, when there is one, is in MemErr. */
#define OS_RETURN_A0(word, a0, d0) ({ \
    void *a0t_ = (void *)(a0); register int32_t d0_ asm("d0") = (int32_t)(d0); register void *a0_ asm("a0") = a0t_; \
    asm volatile(TRAP_WORD(word) : "+d"(d0_), "+a"(a0_) : : "cc", "memory"); a0_; })

/* Toolbox traps may change D0-D2, A0, A1; arguments go on the stack, from data registers only, so that a moving
   stack pointer cannot spoil an operand. */
#define TB_CLOBBERS "d1", "d2", "a0", "a1", "cc", "memory"
#define TB_VOID(word) asm volatile(TRAP_WORD(word) : : : "d0", TB_CLOBBERS)
#define TB_VOID_W(word, x) asm volatile("move.w %0,-(%%sp)\n\t" TRAP_WORD(word) : : "d"((int16_t)(x)) : "d0", TB_CLOBBERS)
#define TB_VOID_L(word, x) asm volatile("move.l %0,-(%%sp)\n\t" TRAP_WORD(word) : : "d"((int32_t)(x)) : "d0", TB_CLOBBERS)
#define TB_VOID_LW(word, x, y) asm volatile("move.l %0,-(%%sp)\n\tmove.w %1,-(%%sp)\n\t" TRAP_WORD(word) \
    : : "d"((int32_t)(x)), "d"((int16_t)(y)) : "d0", TB_CLOBBERS)
#define TB_WORD(word) ({ register int16_t d0_ asm("d0"); \
    asm volatile("clr.w -(%%sp)\n\t" TRAP_WORD(word) "\n\tmove.w (%%sp)+,%0" : "=d"(d0_) : : TB_CLOBBERS); d0_; })
#define TB_WORD_L(word, x) ({ register int16_t d0_ asm("d0"); \
    asm volatile("clr.w -(%%sp)\n\tmove.l %1,-(%%sp)\n\t" TRAP_WORD(word) "\n\tmove.w (%%sp)+,%0" \
    : "=d"(d0_) : "d"((int32_t)(x)) : TB_CLOBBERS); d0_; })
#define TB_LONG(word) ({ register int32_t d0_ asm("d0"); \
    asm volatile("clr.l -(%%sp)\n\t" TRAP_WORD(word) "\n\tmove.l (%%sp)+,%0" : "=d"(d0_) : : TB_CLOBBERS); d0_; })
#define TB_LONG_L(word, x) ({ register int32_t d0_ asm("d0"); \
    asm volatile("clr.l -(%%sp)\n\tmove.l %1,-(%%sp)\n\t" TRAP_WORD(word) "\n\tmove.l (%%sp)+,%0" \
    : "=d"(d0_) : "d"((int32_t)(x)) : TB_CLOBBERS); d0_; })
#define TB_LONG_LW(word, x, y) ({ register int32_t d0_ asm("d0"); \
    asm volatile("clr.l -(%%sp)\n\tmove.l %1,-(%%sp)\n\tmove.w %2,-(%%sp)\n\t" TRAP_WORD(word) "\n\tmove.l (%%sp)+,%0" \
    : "=d"(d0_) : "d"((int32_t)(x)), "d"((int16_t)(y)) : TB_CLOBBERS); d0_; })
/* Booleans come back in the high byte of the result word. */
#define TB_TRUE(word_result) (((uint16_t)(word_result) >> 8) != 0)
#endif
