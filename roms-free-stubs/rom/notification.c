/* Notification Manager, minimal: what a real one would show as an alert appears as a line of the system's window.  The
   response procedure runs when the system next has a turn, not at interrupt time; -1 removes the record. */
#include "interrupt_tasks.h"
#include "internal.h"
#include "os_utils.h"
#include "rom_traps.h"

static QHdr notifications;

void os_NMInstall(OSRegs *r)
{
    NMRec *record = (NMRec *)r->a0;
    if (record->qType != nmType) {
        r->d0 = (uint32_t)nmTypErr;
        return;
    }
    record->nmPrivate = 0;
    Enqueue(record, &notifications);
    r->d0 = noErr;
}
OS_TRAP(0xA05E, NMInstall);

void os_NMRemove(OSRegs *r) { r->d0 = (uint32_t)(int32_t)Dequeue((void *)r->a0, &notifications); }
OS_TRAP(0xA05F, NMRemove);

void show_notifications(void)
{
    NMRec *record = (NMRec *)notifications.qHead, *next;
    for (; record; record = next) {
        next = record->qLink;
        if (record->nmPrivate)
            continue;
        record->nmPrivate = 1;
        if (record->nmStr) {
            boot_pstr(record->nmStr);
            boot_newline();
        }
        if (record->nmResp == (ProcPtr)-1)
            Dequeue(record, &notifications);
        else if (record->nmResp)
            asm volatile("move.l %0,-(%%sp)\n\tjsr (%1)" : : "d"(record), "a"(record->nmResp)
                : "d0", "d1", "d2", "a0", "a1", "cc", "memory");
    }
}
