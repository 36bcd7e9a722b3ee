/* LAP Manager: the AppleTalk transition queue (Inside Macintosh: Networking, chapter 10).
 *
 * Its calls go through low memory LAPMgrPtr, whose code begins two bytes further: D0 = selector, A0 = queue element.  The
 * selectors that attach handlers for IEEE 802.2 are missing: LocalTalk has no such packets. */
#include "appletalk_internal.h"

static ATQEntry *transitions;

/* A routine in the queue has C's calling conventions, but may change D2 too. */
int32_t lap_call_transition(void *routine, int32_t selector, ATQEntry *entry, void *parameter);
__asm__(".text\n\t.balign 2\nlap_call_transition:\n\tmove.l %d2,-(%sp)\n\tmove.l 20(%sp),-(%sp)\n\tmove.l 20(%sp),-(%sp)\n\t"
        "move.l 20(%sp),-(%sp)\n\tmovea.l 20(%sp),%a0\n\tjsr (%a0)\n\tlea 12(%sp),%sp\n\tmove.l (%sp)+,%d2\n\trts\n"
        "lap_manager:\n\t.short 0\n\tmovem.l %d1-%d2/%a0-%a1,-(%sp)\n\tmove.l %a0,-(%sp)\n\tmove.l %d0,-(%sp)\n\t"
        "jsr lap_manager_call\n\taddq.l #8,%sp\n\tmovem.l (%sp)+,%d1-%d2/%a0-%a1\n\trts");
extern const uint8_t lap_manager[];

int32_t lap_manager_call(int32_t selector, ATQEntry *entry) __attribute__((used));
int32_t lap_manager_call(int32_t selector, ATQEntry *entry) {
    ATQEntry **link = &transitions;
    while (*link && *link != entry) link = &(*link)->qLink;
    switch ((uint8_t)selector) {
    case LAddAEQ:
        if (!*link) {
            entry->qLink = 0;
            *link = entry;
        }
        return noErr;
    case LRmvAEQ:
        if (!*link) return qErr;
        *link = entry->qLink;
        return noErr;
    default: return paramErr;
    }
}

int32_t lap_transition(int32_t selector, void *parameter) {
    ATQEntry *entry = transitions;
    int32_t result = 0;
    while (entry) {
        ATQEntry *next = entry->qLink;
        int32_t one = lap_call_transition(entry->CallAddr, selector, entry, parameter);
        if (!result) result = one;
        entry = next;
    }
    return result;
}

/* ATalkClosePrep: who has agreed before another refuses is told that nothing will be closed. */
OSErr lap_close_prep(const uint8_t **refuser) {
    ATQEntry *entry, *told;
    *refuser = 0;
    for (entry = transitions; entry; entry = entry->qLink) {
        if (lap_call_transition(entry->CallAddr, ATTransClosePrep, entry, refuser) == 0) continue;
        for (told = transitions; told != entry; told = told->qLink)
            (void)lap_call_transition(told->CallAddr, ATTransCancelClose, told, 0);
        return closErr;
    }
    return noErr;
}

void lap_manager_init(void) { LAPMgrPtr = (Ptr)lap_manager; }
