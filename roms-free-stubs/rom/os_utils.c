/* Operating System Utilities: strings, BlockMove, Gestalt, small change. */
#include "internal.h"
#include "low_memory.h"
#include "memory.h"
#include "model.h"
#include "os_utils.h"
#include "rom_traps.h"

static uint8_t upper_case(uint8_t c) { return c >= 'a' && c <= 'z' ? c - 32 : c; }

/* CmpString: D0 = lengths.  Bit 10 of the trap word makes it case-sensitive; 0 when equal, 1 when not. */
void os_CmpString(OSRegs *r)
{
    const uint8_t *a = (const uint8_t *)r->a0, *b = (const uint8_t *)r->a1;
    uint16_t n = (uint16_t)r->d0, same_case = (uint16_t)r->d1 & 0x400;
    uint32_t differ = (uint16_t)(r->d0 >> 16) != n;
    for (; !differ && n; n--, a++, b++)
        differ = same_case ? *a != *b : upper_case(*a) != upper_case(*b);
    r->d0 = differ;
}
OS_TRAP(0xA03C, CmpString);

void os_UprString(OSRegs *r)
{
    uint8_t *text = (uint8_t *)r->a0;
    for (uint16_t n = (uint16_t)r->d0; n; n--, text++)
        *text = upper_case(*text);
}
OS_TRAP(0xA054, UprString);

void os_StripAddress(OSRegs *r) { r->d0 &= ADDRESS_MASK; }
OS_TRAP(0xA055, StripAddress);

/* Pairs of selector and answer. */
static const struct { OSType selector; int32_t response; } known[] = {
    { FOUR_CC('v','e','r','s'), 1 },
    { FOUR_CC('m','a','c','h'), GESTALT_MACHINE },
    { FOUR_CC('p','r','o','c'), GESTALT_PROCESSOR },
    { FOUR_CC('c','p','u',' '), GESTALT_CPU },
    { FOUR_CC('f','p','u',' '), GESTALT_FPU },
    { FOUR_CC('m','m','u',' '), GESTALT_MMU },
    { FOUR_CC('t','m','g','r'), 2 },            /* negative counts are microseconds */
    { FOUR_CC('o','s',' ',' '), 3 },            /* launching and processes as of system 7, minimal */
    { FOUR_CC('a','d','d','r'), GESTALT_ADDRESSING },
    { FOUR_CC('a','t','l','k'), 53 },
};

void os_Gestalt(OSRegs *r)
{
    OSType selector = r->d0;
    r->d0 = noErr;
    if (selector == FOUR_CC('r','a','m',' ') || selector == FOUR_CC('l','r','a','m')) {
        r->a0 = (uint32_t)MemTop;
        return;
    }
    if (selector == FOUR_CC('s','y','s','v')) {
        r->a0 = SysVersion;
        return;
    }
    for (unsigned i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].selector == selector) {
            r->a0 = (uint32_t)known[i].response;
            return;
        }
    r->d0 = (uint32_t)gestaltUndefSelectorErr;
}
OS_TRAP(0xA1AD, Gestalt);

/* No sound yet, so a beep is silent. */
void tb_SysBeep(void *args) {}
TB_TRAP_ARGS(0xA9C8, SysBeep, 2);
