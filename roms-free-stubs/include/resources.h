/* Resource Manager. */
#ifndef RESOURCES_H
#define RESOURCES_H
#include "errors.h"
#include "low_memory.h"
#include "traps.h"

enum { resSysHeap = 64, resPurgeable = 32, resLocked = 16, resProtected = 8, resPreload = 4, resChanged = 2 };

#define GetResource(type, id)   ((Handle)TB_LONG_LW(0xA9A0, type, id))
#define Get1Resource(type, id)  ((Handle)TB_LONG_LW(0xA81F, type, id))
#define Count1Resources(type)   TB_WORD_L(0xA80D, type)
#define Get1IndResource(type, index) ((Handle)TB_LONG_LW(0xA80E, type, index))
#define LoadResource(h)         TB_VOID_L(0xA9A2, h)
#define ReleaseResource(h)      TB_VOID_L(0xA9A3, h)
#define DetachResource(h)       TB_VOID_L(0xA992, h)
#define SizeResource(h)         TB_LONG_L(0xA9A5, h)
#define HomeResFile(h)          TB_WORD_L(0xA9A4, h)
#define OpenResFile(name)       TB_WORD_L(0xA997, name)
#define CloseResFile(ref)       TB_VOID_W(0xA99A, ref)
#define UseResFile(ref)         TB_VOID_W(0xA998, ref)
#define CurResFile()            TB_WORD(0xA994)
#define ResError()              TB_WORD(0xA9AF)
#define SetResLoad(on)          TB_VOID_W(0xA99B, (on) ? 0x100 : 0)

static inline int16_t HOpenResFile(int16_t vRefNum, int32_t dirID, ConstStringPtr name, int8_t permission)
{
    register int16_t result asm("d0");
    asm volatile("clr.w -(%%sp)\n\tmove.w %1,-(%%sp)\n\tmove.l %2,-(%%sp)\n\tmove.l %3,-(%%sp)\n\tmove.b %4,-(%%sp)\n\t"
        TRAP_WORD(0xA81A) "\n\tmove.w (%%sp)+,%0"
        : "=d"(result) : "d"(vRefNum), "d"(dirID), "d"(name), "d"(permission) : TB_CLOBBERS);
    return result;
}
#endif
