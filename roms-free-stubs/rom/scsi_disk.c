/* SCSI disk driver, .SCSI00 to .SCSI06 (units 32 to 38, reference numbers -33 to -39 by SCSI ID).
 *
 * The volume starts at block 0, or where the first Apple_HFS entry of the partition map says.  Transfers are blind, one
 * 512-byte scInc per block in a loop, as the drivers of the time did them: the chip is polled at each block's first byte.
 *
 * When SCSIGet refuses, because a program or the interrupted code owns the manager, the request stays pending and a
 * vertical retrace task tries again at every tick, for as long as it takes. */
#include "device_internal.h"
#include "files.h"
#include "interrupt_tasks.h"
#include "internal.h"
#include "memory.h"
#include "scsi.h"

enum {
    max_disks = 7, first_ref_num = -33, block_size = 512,
    max_blocks = 128,           /* per READ(6) or WRITE(6) */
    command_ticks = 60 * 30,    /* a disk that spins up may take this long */
    retries = 4
};

typedef struct {
    uint8_t drive_flags[4];     /* write protect, disk in place, drive installed, sides: before the drive queue element */
    DrvQEl drive;
    int16_t id;
    int16_t present;
    uint32_t first_block, block_count;
    IOParam *pending;           /* waiting for the bus */
    DCtlPtr dce;
    uint8_t *buffer;
    uint32_t block;
    int32_t left;               /* blocks */
    int16_t writing;
    uint32_t waits;             /* how often SCSIGet refused, for a debugger */
    VBLTask retry;
    int16_t retry_installed;
} Disk;

Disk scsi_disks[max_disks];

enum { bus_is_taken = 1 };

/* One command with its data phase. <= 0: done or failed, bus_is_taken: nothing was begun. */
static OSErr command(int16_t id, const uint8_t *cdb, int16_t length, SCSIInstr *tib, int writing, int16_t *status)
{
    int16_t message;
    OSErr err, complete_err;
    err = SCSIGet();
    if (err)
        return bus_is_taken;
    err = SCSISelect(id);
    if (err)
        return nsDrvErr;
    err = SCSICmd(cdb, length);
    if (!err && tib)
        err = writing ? SCSIWBlind(tib) : SCSIRBlind(tib);
    complete_err = SCSIComplete(status, &message, command_ticks);
    if (complete_err == scComplPhaseErr && *status == scsiGood && !err)
        return ioErr; /* more or fewer bytes than we asked for */
    if (complete_err && complete_err != scComplPhaseErr)
        return ioErr;
    return *status == scsiGood && err ? ioErr : noErr;
}

/* Why the last command was refused: the sense key, or negative. */
static int sense_key(int16_t id)
{
    static const uint8_t cdb[6] = { 0x03, 0, 0, 0, 18, 0 };
    uint8_t sense[18];
    int16_t status;
    SCSIInstr tib[2] = { { scNoInc, (int32_t)sense, sizeof sense }, { scStop, 0, 0 } };
    memset(sense, 0, sizeof sense);
    if (command(id, cdb, sizeof cdb, tib, 0, &status) > 0)
        return -1;
    return sense[2] & 15; /* short sense data end the data phase early; what came is valid */
}

static OSErr transfer(int16_t id, uint32_t block, int count, uint8_t *buffer, int writing)
{
    uint8_t cdb[6];
    SCSIInstr tib[3];
    int16_t status = 0;
    int attempt;
    OSErr err = ioErr;
    cdb[0] = writing ? 0x0A : 0x08;
    cdb[1] = block >> 16 & 0x1F;
    cdb[2] = block >> 8;
    cdb[3] = block;
    cdb[4] = count;
    cdb[5] = 0;
    for (attempt = 0; attempt < retries; attempt++) {
        tib[0] = (SCSIInstr){ scInc, (int32_t)buffer, block_size };
        tib[1] = (SCSIInstr){ scLoop, -(int32_t)sizeof(SCSIInstr), count };
        tib[2] = (SCSIInstr){ scStop, 0, 0 };
        err = command(id, cdb, sizeof cdb, tib, writing, &status);
        if (err == bus_is_taken || err == nsDrvErr)
            break;
        if (!err && status == scsiGood)
            break;
        err = ioErr;
        if (status == scsiCheckCondition)
            sense_key(id); /* a unit attention is over when it has been told */
    }
    return err;
}

/* Goes on with the request until it is finished (<= 0) or the bus is taken. */
static OSErr go_on(Disk *disk)
{
    while (disk->left) {
        int count = disk->left > max_blocks ? max_blocks : disk->left;
        OSErr err = transfer(disk->id, disk->first_block + disk->block, count, disk->buffer, disk->writing);
        if (err) {
            if (err == bus_is_taken)
                disk->waits++;
            return err;
        }
        disk->block += count;
        disk->left -= count;
        disk->buffer += count * block_size;
        disk->pending->ioActCount += count * block_size;
    }
    return noErr;
}

static void finish(Disk *disk)
{
    IOParam *pb = disk->pending;
    disk->dce->dCtlPosition += pb->ioActCount;
    pb->ioPosOffset = disk->dce->dCtlPosition;
    disk->pending = 0;
}

/* The vertical retrace task: A0 = the task. */
void scsi_disk_retry(VBLTask *task) __attribute__((used));
void scsi_disk_retry(VBLTask *task)
{
    Disk *disk = (Disk *)((char *)task - offsetof(Disk, retry));
    OSErr err;
    if (!disk->pending)
        return;
    err = go_on(disk);
    if (err > 0) {
        task->vblCount = 1;
        return;
    }
    finish(disk);
    IODone(disk->dce, err);
}
asm(".text\nscsi_disk_retry_task:\n\tmove.l %a0,-(%sp)\n\tjsr scsi_disk_retry\n\taddq.l #4,%sp\n\trts");
void scsi_disk_retry_task(void);

static Disk *disk_of(DCtlPtr dce) { return &scsi_disks[first_ref_num - dce->dCtlRefNum]; }

OSErr __attribute__((used)) scsi_disk_open(ParmBlkPtr pb, DCtlPtr dce)
{
    Disk *disk = disk_of(dce);
    disk->dce = dce;
    return disk->present ? noErr : openErr;
}

OSErr __attribute__((used)) scsi_disk_close(ParmBlkPtr pb, DCtlPtr dce) { return closErr; }

OSErr __attribute__((used)) scsi_disk_prime(ParmBlkPtr pb, DCtlPtr dce)
{
    Disk *disk = disk_of(dce);
    IOParam *io = &pb->ioParam;
    OSErr err;
    if ((dce->dCtlPosition | io->ioReqCount) & (block_size - 1))
        return paramErr;
    disk->block = (uint32_t)dce->dCtlPosition / block_size;
    disk->left = io->ioReqCount / block_size;
    if (disk->block + disk->left > disk->block_count)
        return ioErr;
    disk->buffer = io->ioBuffer;
    disk->writing = (io->ioTrap & 0xFF) == 3;
    disk->pending = io;
    err = go_on(disk);
    if (err > 0) {
        disk->retry.vblCount = 1;
        if (!disk->retry_installed) {
            disk->retry_installed = 1;
            (void)VInstall(&disk->retry);
        }
        return ioInProgress;
    }
    finish(disk);
    return err;
}

OSErr __attribute__((used)) scsi_disk_control(ParmBlkPtr pb, DCtlPtr dce) { return controlErr; }

OSErr __attribute__((used)) scsi_disk_status(ParmBlkPtr pb, DCtlPtr dce)
{
    Disk *disk = disk_of(dce);
    if (pb->cntrlParam.csCode != drvStsCode)
        return statusErr;
    pb->cntrlParam.csParam[0] = 0; /* track */
    memcpy(&pb->cntrlParam.csParam[1], disk->drive_flags, 4);
    memcpy(&pb->cntrlParam.csParam[3], &disk->drive, sizeof disk->drive);
    return noErr;
}

#define DISK_DRIVER(n)                                                                                                 \
    DRIVER(scsi_disk_driver_##n, ".SCSI0" #n, 0x4F00, 0, 0, scsi_disk_open, scsi_disk_prime, scsi_disk_control,        \
           scsi_disk_status, scsi_disk_close)
DISK_DRIVER(0)
DISK_DRIVER(1)
DISK_DRIVER(2)
DISK_DRIVER(3)
DISK_DRIVER(4)
DISK_DRIVER(5)
DISK_DRIVER(6)

/* At start-up nobody else uses the bus; still a target may need a moment after the reset. */
static int is_disk(int16_t id)
{
    static const uint8_t inquiry[6] = { 0x12, 0, 0, 0, 36, 0 };
    uint8_t data[36];
    int16_t status;
    SCSIInstr tib[2] = { { scNoInc, (int32_t)data, sizeof data }, { scStop, 0, 0 } };
    data[0] = 0xFF;
    return command(id, inquiry, sizeof inquiry, tib, 0, &status) <= 0 && data[0] == 0;
}

static uint32_t capacity(int16_t id)
{
    static const uint8_t read_capacity[10] = { 0x25 };
    int attempt;
    for (attempt = 0; attempt < retries; attempt++) {
        uint32_t data[2] = { 0, 0 };
        int16_t status = -1;
        SCSIInstr tib[2] = { { scNoInc, (int32_t)data, sizeof data }, { scStop, 0, 0 } };
        if (command(id, read_capacity, sizeof read_capacity, tib, 0, &status) == noErr && status == scsiGood)
            return data[0] + 1;
        sense_key(id); /* the first command after a reset is answered with a unit attention */
    }
    return 0;
}

/* Where the volume is: behind a partition map or at block 0. */
static void find_volume(Disk *disk, uint8_t *block)
{
    Partition *entry = (Partition *)block;
    uint32_t i, entries = 1;
    disk->first_block = 0;
    disk->block_count = capacity(disk->id);
    if (transfer(disk->id, 0, 1, block, 0) || ((Block0 *)block)->sbSig != 0x4552)
        return;
    for (i = 1; i <= entries; i++) {
        if (transfer(disk->id, i, 1, block, 0) || entry->pmSig != 0x504D)
            return;
        entries = entry->pmMapBlkCnt;
        if (!strcmp(entry->pmParType, "Apple_HFS")) {
            disk->first_block = entry->pmPyPartStart;
            disk->block_count = entry->pmPartBlkCnt;
            return;
        }
    }
}

ROM_INIT(60, scsi_disk_init);
void scsi_disk_init(void)
{
    static const DRVRHeader *const drivers[max_disks] = {
        &scsi_disk_driver_0, &scsi_disk_driver_1, &scsi_disk_driver_2, &scsi_disk_driver_3,
        &scsi_disk_driver_4, &scsi_disk_driver_5, &scsi_disk_driver_6
    };
    uint8_t *block = (uint8_t *)NewPtrSysClear(block_size);
    int16_t id;
    for (id = 0; id < max_disks; id++) {
        Disk *disk = &scsi_disks[id];
        IOParam pb;
        disk->id = id;
        if (!is_disk(id))
            continue;
        find_volume(disk, block);
        disk->present = 1;
        disk->retry.qType = vType;
        disk->retry.vblAddr = scsi_disk_retry_task;
        memset(&pb, 0, sizeof pb);
        pb.ioNamePtr = (uint8_t *)drivers[id]->drvrName;
        if (DrvrInstall(drivers[id], first_ref_num - id) || PBOpenSync(&pb))
            continue;
        disk->drive_flags[1] = 8; /* a disk that cannot be ejected */
        disk->drive_flags[2] = 1;
        disk->drive.qType = 1;
        disk->drive.dQDrvSz = disk->block_count;
        disk->drive.dQDrvSz2 = disk->block_count >> 16;
        AddDrive(first_ref_num - id, id + 1, &disk->drive);
    }
    (void)DisposePtr((Ptr)block);
}
