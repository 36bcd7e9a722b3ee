/* File Manager: the traps, the one queue of all file system calls, and how a call waits for the disk.
 *
 * Calls of all programs are done one at a time, in the order of FSQHdr; FSBusy is set while one is in progress.  A call is
 * ordinary C code that runs on a stack of its own (HFSStkTop).  When it needs the disk it makes an asynchronous driver
 * call; if the driver has not finished on return, the call is suspended: the stack of whoever started or resumed it is
 * taken up again, so an asynchronous caller gets control back, and a synchronous one spins on ioResult.  The driver's
 * completion routine, usually at interrupt time, resumes the call.
 *
 * A call that arrives while another is in progress is only queued, whoever makes it and at whatever level.  It is started
 * by the code that finishes the one before it.  So a synchronous call made by an interrupt handler that has interrupted the
 * file system in the middle of its work waits for ever, as it did.
 *
 * When a call ends: ioResult is set, it leaves the queue, its completion routine runs on the stack of the code that
 * finished it, then the next one is started.  A completion routine may make asynchronous calls: they are queued and
 * started after it has returned, so that a chain of completions does not pile up on one stack. */
#include "device_internal.h"
#include "hfs.h"
#include "internal.h"
#include "memory.h"
#include "os_utils.h"

enum { fs_stack_size = 8192, fs_stack_mark = 0x48465353 };
enum { fs_finished, fs_suspended };

/* file_manager_stack.S: fs_enter returns what fs_leave was given. */
int32_t fs_enter(void);
void fs_leave(int32_t state);
void fs_stack_init(void *top, void (*body)(void));

/* What a debugger wants to know: the call in progress, and whether it waits for the disk. */
IOParam *fs_current;
volatile int16_t fs_waiting_for_disk;
static volatile int16_t fs_completing;
static OSErr fs_result;
static IOParam disk_pb;
static uint32_t *stack_bottom;

static const FSRoutine flat_calls[0x19] = {
    fs_open, fs_close, fs_read, fs_write, 0, 0, 0, fs_get_vol_info, fs_create, fs_delete, fs_open, fs_rename,
    fs_get_file_info, fs_set_file_info, fs_unmount_vol, fs_mount_vol, fs_allocate_file, fs_get_eof, fs_set_eof, fs_flush_vol,
    fs_get_vol, fs_set_vol, 0, fs_eject, fs_get_fpos
};

static FSRoutine routine_for(int command, int16_t selector)
{
    if (command < 0x19)
        return flat_calls[command];
    switch (command) {
    case 0x41: case 0x42: return fs_set_lock;
    case 0x44: return fs_set_fpos;
    case 0x45: return fs_flush_file;
    }
    switch (selector) {
    case 1: return fs_open_wd;
    case 2: return fs_close_wd;
    case 5: return fs_cat_move;
    case 6: return fs_dir_create;
    case 7: return fs_get_wd_info;
    case 8: return fs_get_fcb_info;
    case 9: return fs_get_cat_info;
    case 10: return fs_set_cat_info;
    case 11: return fs_set_vol_info;
    case 0x1A: return fs_open;
    case 0x1B: return fs_make_spec;
    }
    return 0;
}

/* Runs on the file system's stack, for ever: one turn is one call. */
static void fs_body(void)
{
    for (;;) {
        FSRoutine routine = (FSRoutine)fs_current->ioCmdAddr;
        fs_result = routine(fs_current);
        fs_leave(fs_finished);
    }
}

/* FSBusy is ours.  Goes on with the call in progress and those behind it until one is suspended or none is left. */
static void fs_advance(void)
{
    for (;;) {
        IOParam *done;
        void *completion;
        uint16_t sr;
        OSErr result;
        int32_t state = fs_enter();
        if (*stack_bottom != fs_stack_mark)
            SysError(dsStknHeap);
        if (state == fs_suspended)
            return; /* an interrupt may have resumed the call already, so nothing here may look at what it left */
        done = fs_current;
        result = fs_result;
        completion = done->ioCompletion;
        sr = disable_interrupts();
        Dequeue(done, &FSQHdr);
        fs_current = 0;
        FSBusy = 0;
        done->ioResult = result;
        restore_interrupts(sr);
        if (completion) {
            fs_completing++;
            run_completion(completion, done, result);
            fs_completing--;
        }
        sr = disable_interrupts();
        if (!FSQHdr.qHead || FSBusy) {
            restore_interrupts(sr);
            return;
        }
        FSBusy = 1;
        fs_current = (IOParam *)FSQHdr.qHead;
        restore_interrupts(sr);
    }
}

/* Where a synchronous caller spins; a function of its own so that a stack trace shows it. */
OSErr __attribute__((noinline)) file_manager_wait(volatile IOParam *pb)
{
    while (pb->ioResult > 0) {
    }
    return pb->ioResult;
}

void fs_call(OSRegs *r, int16_t selector)
{
    IOParam *pb = (IOParam *)r->a0;
    uint16_t trap = r->d1, sr;
    int async = (trap & 1 << asyncTrpBit) != 0;
    FSRoutine routine = routine_for(trap & 0xFF, selector);
    pb->ioTrap = trap;
    pb->qType = fsQType;
    pb->ioCmdAddr = (void *)routine;
    if (!async)
        pb->ioCompletion = 0;
    if (!routine) {
        r->d0 = pb->ioResult = paramErr;
        return;
    }
    pb->ioResult = ioInProgress;
    sr = disable_interrupts();
    Enqueue(pb, &FSQHdr);
    if (FSBusy || (async && fs_completing))
        restore_interrupts(sr);
    else {
        FSBusy = 1;
        fs_current = (IOParam *)FSQHdr.qHead;
        restore_interrupts(sr);
        fs_advance();
    }
    if (async) {
        r->d0 = noErr;
        return;
    }
    r->d0 = file_manager_wait(pb);
}

/* The disk driver has finished: A0 = disk_pb.  If it did so before the call could be suspended there is nothing to do. */
void fs_disk_done(void) __attribute__((used));
void fs_disk_done(void)
{
    if (!fs_waiting_for_disk)
        return;
    fs_waiting_for_disk = 0;
    fs_advance();
}

/* Called on the file system's stack.  The check and the switch are one, as seen by interrupts; fs_leave goes on with the
   interrupt level of the code it returns to. */
OSErr volume_io(VCB *vcb, int writing, uint32_t number, int32_t count, void *buffer)
{
    disk_pb.ioCompletion = (void *)fs_disk_done;
    disk_pb.ioRefNum = vcb->vcbDRefNum;
    disk_pb.ioVRefNum = vcb->vcbDrvNum;
    disk_pb.ioBuffer = buffer;
    disk_pb.ioReqCount = count * block_size;
    disk_pb.ioPosMode = fsFromStart;
    disk_pb.ioPosOffset = number * block_size;
    if (writing)
        PBWriteAsync(&disk_pb);
    else
        PBReadAsync(&disk_pb);
    for (;;) {
        uint16_t sr = disable_interrupts();
        if (disk_pb.ioResult <= 0) {
            restore_interrupts(sr);
            return disk_pb.ioResult;
        }
        fs_waiting_for_disk = 1;
        fs_leave(fs_suspended);
    }
}

void *fs_allocate(int32_t size) { return NewPtrSysClear(size); }
uint32_t fs_now(void) { return Time; }

#define FS_TRAP(word, name)                                                                                            \
    OS_TRAP(word, name);                                                                                               \
    void os_##name(OSRegs *r) { fs_call(r, 0); }
FS_TRAP(0xA007, GetVolInfo)
FS_TRAP(0xA008, Create)
FS_TRAP(0xA009, Delete)
FS_TRAP(0xA00A, OpenRF)
FS_TRAP(0xA00B, Rename)
FS_TRAP(0xA00C, GetFileInfo)
FS_TRAP(0xA00D, SetFileInfo)
FS_TRAP(0xA00E, UnmountVol)
FS_TRAP(0xA00F, MountVol)
FS_TRAP(0xA010, Allocate)
FS_TRAP(0xA011, GetEOF)
FS_TRAP(0xA012, SetEOF)
FS_TRAP(0xA013, FlushVol)
FS_TRAP(0xA014, GetVol)
FS_TRAP(0xA015, SetVol)
FS_TRAP(0xA017, Eject)
FS_TRAP(0xA018, GetFPos)
FS_TRAP(0xA041, SetFilLock)
FS_TRAP(0xA042, RstFilLock)
FS_TRAP(0xA044, SetFPos)
FS_TRAP(0xA045, FlushFile)

OS_TRAP(0xA060, FSDispatch);
void os_FSDispatch(OSRegs *r) { fs_call(r, r->d0); }

/* InitQueue: forgets all waiting calls. */
OS_TRAP(0xA016, InitQueue);
void os_InitQueue(OSRegs *r)
{
    FSBusy = 0;
    FSQHdr.qHead = FSQHdr.qTail = 0;
    r->d0 = noErr;
}

/* The first drive with an HFS volume becomes the start-up volume; the others are mounted too. */
ROM_INIT(65, file_manager_init);
void file_manager_init(void)
{
    QElem *e;
    char *stack = NewPtrSysClear(fs_stack_size);
    stack_bottom = (uint32_t *)stack;
    *stack_bottom = fs_stack_mark;
    HFSStkTop = stack + fs_stack_size;
    fs_stack_init(stack + fs_stack_size, fs_body);
    FSBusy = 0;
    FSQHdr.qHead = FSQHdr.qTail = 0;
    VCBQHdr.qHead = VCBQHdr.qTail = 0;
    DefVCBPtr = 0;
    BootDrive = 0;
    cache_init();
    paths_init();
    for (e = DrvQHdr.qHead; e; e = e->qLink) {
        VolumeParam pb;
        memset(&pb, 0, sizeof pb);
        pb.ioVRefNum = ((DrvQEl *)e)->dQDrive;
        if (PBMountVol(&pb) == noErr && !BootDrive)
            BootDrive = ((DrvQEl *)e)->dQDrive;
    }
}
