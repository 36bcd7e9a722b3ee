/* Operating System Utilities: queues, trap addresses, Gestalt, the clock. */
#ifndef OS_UTILS_H
#define OS_UTILS_H
#include "errors.h"
#include "low_memory.h"
#include "traps.h"

/* Enqueue and Dequeue are Toolbox words with register arguments: A0 the element, A1 the queue. */
#define Enqueue(element, queue) ({ \
    void *e_ = (element), *q_ = (void *)(queue); register void *a0_ asm("a0") = e_; register void *a1_ asm("a1") = q_; \
    asm volatile(TRAP_WORD(0xA96F) : "+a"(a0_), "+a"(a1_) : : "d0", "d1", "d2", "cc", "memory"); })
#define Dequeue(element, queue) ({ \
    void *e_ = (element), *q_ = (void *)(queue); register void *a0_ asm("a0") = e_; register void *a1_ asm("a1") = q_; \
    register int32_t d0_ asm("d0"); \
    asm volatile(TRAP_WORD(0xA96E) : "=d"(d0_), "+a"(a0_), "+a"(a1_) : : "d1", "d2", "cc", "memory"); (OSErr)d0_; })

#define GetOSTrapAddress(word)        ((ProcPtr)OS_RETURN_A0(0xA346, 0, word))
#define SetOSTrapAddress(proc, word)  ((void)OS_A0_D0(0xA247, proc, word))
#define GetToolTrapAddress(word)      ((ProcPtr)OS_RETURN_A0(0xA746, 0, word))
#define SetToolTrapAddress(proc, word) ((void)OS_A0_D0(0xA647, proc, word))

static inline OSErr Gestalt(OSType selector, int32_t *response)
{
    register int32_t d0 asm("d0") = (int32_t)selector;
    register int32_t a0 asm("a0") = 0;
    asm volatile(TRAP_WORD(0xA1AD) : "+d"(d0), "+a"(a0) : : "cc", "memory");
    *response = a0;
    return (OSErr)d0;
}

#define GetDateTime()           Time
#define ReadDateTime(seconds)   OS_ERR(OS_A0(0xA039, seconds))
#define SetDateTime(seconds)    OS_ERR(OS_A0_D0(0xA03A, 0, seconds))
#define WriteParam()            OS_ERR(OS_A0_D0(0xA038, SysParam, 0xFFFFFFFF))

/* D0 the lengths (first in the high word), A0 and A1 the characters; 0 when equal, case ignored. */
#define CmpStringChars(a, alen, b, blen) ((int16_t)OS_A0_A1_D0(0xA03C, a, b, (uint32_t)(alen) << 16 | (uint16_t)(blen)))
#define EqualString(p, q) (CmpStringChars((p) + 1, (p)[0], (q) + 1, (q)[0]) == 0)
#define UprString(text, n) ((void)OS_A0_D0(0xA054, text, n))

static inline void SysError(int16_t code)
{
    register int16_t d0 asm("d0") = code;
    asm volatile(TRAP_WORD(0xA9C9) : "+d"(d0) : : TB_CLOBBERS);
}
#define SysBeep(duration) TB_VOID_W(0xA9C8, duration)

/* Interrupt mask: returns the old status register for restore_interrupts. */
static inline uint16_t disable_interrupts(void)
{
    uint16_t sr;
    asm volatile("move.w %%sr,%0\n\tori.w #0x700,%%sr" : "=d"(sr) : : "cc", "memory");
    return sr;
}
static inline void restore_interrupts(uint16_t sr) { asm volatile("move.w %0,%%sr" : : "d"(sr) : "cc", "memory"); }
#endif
