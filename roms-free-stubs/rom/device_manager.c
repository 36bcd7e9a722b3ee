/* Device Manager: the unit table and the life of a request.  Inside Macintosh: Devices, chapter 1.
 *
 * A request waits in the queue of its driver.  A synchronous caller spins on ioResult, at whatever interrupt level it
 * has; nothing else releases it than the driver's IODone.  An asynchronous caller gets control back as soon as the driver
 * has been started.  A driver that completes within its Prime routine jumps to IODone there, and then the completion
 * routine runs before the caller of the trap gets control back: that is what "as soon as the request is complete" comes to
 * with such a driver, and programs of the time had to cope with it. */
#include "device_internal.h"
#include "internal.h"
#include "memory.h"
#include "os_utils.h"

enum { unit_table_entries = 64 };

static DCtlPtr dce_of(int16_t ref_num, OSErr *err)
{
    DCtlHandle handle;
    int unit = ~ref_num;
    if (ref_num >= 0 || unit >= UnitNtryCnt) {
        *err = badUnitErr;
        return 0;
    }
    handle = (DCtlHandle)UTableBase[unit];
    *err = handle && (*handle)->dCtlDriver ? noErr : unitEmptyErr;
    return *err ? 0 : *handle;
}

static DRVRHeaderPtr header_of(DCtlPtr dce)
{
    return dce->dCtlFlags & dRAMBasedMask ? *(DRVRHeaderPtr *)dce->dCtlDriver : dce->dCtlDriver;
}

OSErr driver_call(DCtlPtr dce, void *pb, int routine)
{
    uint8_t *driver = (uint8_t *)header_of(dce);
    register void *a0 asm("a0") = pb;
    register void *a1 asm("a1") = dce;
    register int32_t d0 asm("d0") = (int32_t)(driver + *(int16_t *)(driver + routine));
    asm volatile("move.l %%d0,%%a2\n\tjsr (%%a2)"
                 : "+a"(a0), "+a"(a1), "+d"(d0) : : "d1", "d2", "d3", "a2", "a3", "cc", "memory");
    return (OSErr)d0;
}

void run_completion(void *completion, void *pb, OSErr result)
{
    register void *a0 asm("a0") = pb;
    register void *a1 asm("a1") = completion;
    register int32_t d0 asm("d0") = result;
    asm volatile("tst.w %%d0\n\tjsr (%%a1)" : "+a"(a0), "+a"(a1), "+d"(d0) : : "d1", "d2", "cc", "memory");
}

/* Starts the request at the head of the queue, if there is one and the driver is idle. */
static void start_next(DCtlPtr dce)
{
    uint16_t sr = disable_interrupts();
    IOParam *pb = (IOParam *)dce->dCtlQHdr.qHead;
    int command, routine = offsetof(DRVRHeader, drvrPrime);
    if (!pb || dce->dCtlFlags & drvrActiveMask) {
        restore_interrupts(sr);
        return;
    }
    dce->dCtlFlags |= drvrActiveMask;
    restore_interrupts(sr);
    command = pb->ioTrap & 0xFF;
    if (command == 4)
        routine = offsetof(DRVRHeader, drvrCtl);
    else if (command == 5)
        routine = offsetof(DRVRHeader, drvrStatus);
    else
        switch (pb->ioPosMode & 3) {
        case fsFromStart: dce->dCtlPosition = pb->ioPosOffset; break;
        case fsFromMark: dce->dCtlPosition += pb->ioPosOffset; break;
        }
    driver_call(dce, pb, routine);
}

/* jIODone: dequeue, idle, ioResult, start the next, completion; in this order. */
void device_manager_iodone(DCtlPtr dce, OSErr result) __attribute__((used));
void device_manager_iodone(DCtlPtr dce, OSErr result)
{
    uint16_t sr = disable_interrupts();
    IOParam *pb = (IOParam *)dce->dCtlQHdr.qHead;
    void *completion = pb ? pb->ioCompletion : 0;
    if (!pb) {
        restore_interrupts(sr);
        return;
    }
    Dequeue(pb, &dce->dCtlQHdr);
    dce->dCtlFlags &= ~drvrActiveMask;
    pb->ioResult = result;
    restore_interrupts(sr);
    start_next(dce);
    if (completion)
        run_completion(completion, pb, result);
}

/* The vector itself: A1 = the device control entry, D0 = the result; all but A0-A1/D0-D2 is kept. */
asm(".text\n\t.globl iodone_vector\niodone_vector:\n\text.l %d0\n\tmove.l %d0,-(%sp)\n\tmove.l %a1,-(%sp)\n\t"
    "jsr device_manager_iodone\n\taddq.l #8,%sp\n\trts");
void iodone_vector(void);

/* Where a synchronous caller spins; a function of its own so that a stack trace shows it. */
OSErr __attribute__((noinline)) device_manager_wait(volatile IOParam *pb)
{
    while (pb->ioResult > 0) {
    }
    return pb->ioResult;
}

/* Read, Write, Control and Status of a driver. */
static OSErr request(IOParam *pb, uint16_t trap)
{
    static const struct { uint16_t enable; int16_t refused; } kinds[4] = {
        { dReadEnableMask, readErr }, { dWritEnableMask, writErr }, { dCtlEnableMask, controlErr },
        { dStatEnableMask, statusErr }
    };
    int command = trap & 0xFF;
    OSErr err;
    DCtlPtr dce = dce_of(pb->ioRefNum, &err);
    pb->ioTrap = trap;
    if (!err && !(dce->dCtlFlags & dOpenedMask))
        err = notOpenErr;
    if (!err && !(dce->dCtlFlags & kinds[command - 2].enable))
        err = kinds[command - 2].refused;
    if (err) { /* refused before it was queued: no completion */
        pb->ioResult = err;
        return err;
    }
    if (command < 4)
        pb->ioActCount = 0;
    if (trap & 1 << noQueueBit) {
        static const uint8_t routine[4] = { offsetof(DRVRHeader, drvrPrime), offsetof(DRVRHeader, drvrPrime),
                                            offsetof(DRVRHeader, drvrCtl), offsetof(DRVRHeader, drvrStatus) };
        pb->ioResult = ioInProgress;
        err = driver_call(dce, pb, routine[command - 2]);
        if (err <= 0)
            pb->ioResult = err;
        return err;
    }
    if (!(trap & 1 << asyncTrpBit))
        pb->ioCompletion = 0;
    pb->qType = ioQType;
    pb->ioResult = ioInProgress;
    Enqueue(pb, &dce->dCtlQHdr);
    start_next(dce);
    if (trap & 1 << asyncTrpBit)
        return noErr;
    return device_manager_wait(pb);
}

static OSErr open_driver(IOParam *pb, uint16_t trap)
{
    int unit;
    pb->ioTrap = trap;
    for (unit = 0; unit < UnitNtryCnt; unit++) {
        DCtlHandle handle = (DCtlHandle)UTableBase[unit];
        DCtlPtr dce = handle ? *handle : 0;
        OSErr err = noErr;
        if (!dce || !dce->dCtlDriver || !EqualString(header_of(dce)->drvrName, pb->ioNamePtr))
            continue;
        pb->ioRefNum = ~unit;
        if (!(dce->dCtlFlags & dOpenedMask)) {
            err = driver_call(dce, pb, offsetof(DRVRHeader, drvrOpen));
            if (err >= 0) {
                err = noErr;
                dce->dCtlFlags |= dOpenedMask;
            }
        }
        return pb->ioResult = err;
    }
    pb->ioRefNum = 0;
    return pb->ioResult = dInstErr;
}

static OSErr close_driver(IOParam *pb, uint16_t trap)
{
    OSErr err;
    DCtlPtr dce = dce_of(pb->ioRefNum, &err);
    pb->ioTrap = trap;
    if (err)
        return pb->ioResult = err;
    if (!(dce->dCtlFlags & dOpenedMask))
        return pb->ioResult = notOpenErr;
    while (dce->dCtlFlags & drvrActiveMask) { /* what is queued is done first */
    }
    err = driver_call(dce, pb, offsetof(DRVRHeader, drvrClose));
    if (err == noErr)
        dce->dCtlFlags &= ~dOpenedMask;
    return pb->ioResult = err;
}

OS_TRAP(0xA000, Open);
void os_Open(OSRegs *r)
{
    IOParam *pb = (IOParam *)r->a0;
    if (pb->ioNamePtr && pb->ioNamePtr[0] && pb->ioNamePtr[1] == '.')
        r->d0 = open_driver(pb, r->d1);
    else
        fs_call(r, 0);
}

OS_TRAP(0xA001, Close);
void os_Close(OSRegs *r)
{
    IOParam *pb = (IOParam *)r->a0;
    if (pb->ioRefNum < 0)
        r->d0 = close_driver(pb, r->d1);
    else
        fs_call(r, 0);
}

OS_TRAP(0xA002, Read);
void os_Read(OSRegs *r)
{
    IOParam *pb = (IOParam *)r->a0;
    if (pb->ioRefNum < 0)
        r->d0 = request(pb, r->d1);
    else
        fs_call(r, 0);
}

OS_TRAP(0xA003, Write);
void os_Write(OSRegs *r)
{
    os_Read(r); /* the trap word in D1 tells them apart */
}

OS_TRAP(0xA004, Control);
void os_Control(OSRegs *r)
{
    r->d0 = request((IOParam *)r->a0, r->d1);
}

OS_TRAP(0xA005, Status);
void os_Status(OSRegs *r)
{
    r->d0 = request((IOParam *)r->a0, r->d1);
}

OS_TRAP(0xA006, KillIO);
void os_KillIO(OSRegs *r)
{
    CntrlParam *pb = (CntrlParam *)r->a0;
    OSErr err;
    DCtlPtr dce = dce_of(pb->ioCRefNum, &err);
    if (!err && !(dce->dCtlFlags & dOpenedMask))
        err = notOpenErr;
    if (!err && !(dce->dCtlFlags & dCtlEnableMask))
        err = controlErr;
    if (!err) {
        pb->ioTrap = r->d1;
        pb->csCode = killCode;
        err = driver_call(dce, pb, offsetof(DRVRHeader, drvrCtl));
    }
    if (!err) {
        /* Every waiting request ends now.  The driver stays marked active until the queue is empty, so that none of them
           is started. */
        for (;;) {
            uint16_t sr = disable_interrupts();
            IOParam *waiting = (IOParam *)dce->dCtlQHdr.qHead;
            void *completion = waiting ? waiting->ioCompletion : 0;
            if (!waiting) {
                dce->dCtlFlags &= ~drvrActiveMask;
                restore_interrupts(sr);
                break;
            }
            Dequeue(waiting, &dce->dCtlQHdr);
            waiting->ioResult = abortErr;
            restore_interrupts(sr);
            if (completion)
                run_completion(completion, waiting, abortErr);
        }
    }
    pb->ioResult = err;
    r->d0 = err;
}

OS_TRAP(0xA03D, DrvrInstall);
void os_DrvrInstall(OSRegs *r)
{
    int unit = ~(int16_t)r->d0;
    DCtlHandle handle;
    DCtlPtr dce;
    if (unit < 0 || unit >= UnitNtryCnt) {
        r->d0 = badUnitErr;
        return;
    }
    handle = (DCtlHandle)UTableBase[unit];
    if (!handle) {
        handle = (DCtlHandle)NewHandleSysClear(sizeof(DCtlEntry));
        if (!handle) {
            r->d0 = memFullErr;
            return;
        }
        (void)HLock(handle);
        UTableBase[unit] = (Handle)handle;
    }
    dce = *handle;
    memset(dce, 0, sizeof *dce);
    dce->dCtlRefNum = ~unit;
    dce->dCtlDriver = (void *)r->a0;
    if (dce->dCtlDriver) {
        DRVRHeaderPtr header = dce->dCtlDriver;
        dce->dCtlFlags = header->drvrFlags & 0xFF00;
        dce->dCtlDelay = header->drvrDelay;
        dce->dCtlEMask = header->drvrEMask;
        dce->dCtlMenu = header->drvrMenu;
    }
    r->d0 = noErr;
}

OS_TRAP(0xA03E, DrvrRemove);
void os_DrvrRemove(OSRegs *r)
{
    int16_t ref_num = r->d0;
    OSErr err;
    DCtlPtr dce = dce_of(ref_num, &err);
    if (!err && dce->dCtlFlags & dOpenedMask)
        err = dRemovErr;
    if (!err) {
        DCtlHandle handle = (DCtlHandle)UTableBase[~ref_num];
        UTableBase[~ref_num] = 0;
        (void)DisposeHandle(handle);
    }
    r->d0 = err;
}

/* AddDrive: D0 = drive number in the high word, driver in the low word; A0 = the drive queue element. */
OS_TRAP(0xA04E, AddDrive);
void os_AddDrive(OSRegs *r)
{
    DrvQEl *drive = (DrvQEl *)r->a0;
    drive->dQDrive = (int16_t)(r->d0 >> 16);
    drive->dQRefNum = (int16_t)r->d0;
    drive->dQFSID = 0;
    Enqueue(drive, &DrvQHdr);
    r->d0 = noErr;
}

/* dCtlCurTicks is the tick at which the next periodic action is due. */
void device_manager_periodic(void)
{
    DCtlHandle *entry = (DCtlHandle *)UTableBase, *end = entry + UnitNtryCnt;
    for (; entry < end; entry++) {
        DCtlPtr dce;
        CntrlParam pb;
        if (!*entry)
            continue;
        dce = **entry;
        if ((dce->dCtlFlags & (dOpenedMask | dNeedTimeMask)) != (dOpenedMask | dNeedTimeMask) ||
            (int32_t)(Ticks - dce->dCtlCurTicks) < 0)
            continue;
        dce->dCtlCurTicks = Ticks + (uint16_t)dce->dCtlDelay;
        memset(&pb, 0, sizeof pb);
        pb.ioCRefNum = dce->dCtlRefNum;
        pb.csCode = accRun;
        PBControlImmed(&pb);
    }
}

ROM_INIT(50, device_manager_init);
void device_manager_init(void)
{
    UTableBase = (Handle *)NewPtrSysClear(unit_table_entries * sizeof(Handle));
    UnitNtryCnt = unit_table_entries;
    DrvQHdr.qFlags = 0;
    DrvQHdr.qHead = DrvQHdr.qTail = 0;
    jIODone = (ProcPtr)iodone_vector;
}
