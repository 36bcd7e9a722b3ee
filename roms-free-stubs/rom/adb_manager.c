/* ADB Manager: which devices are on the bus, who gets their data, Inside Macintosh V, chapter 20. */
#include "adb_internal.h"
#include "input.h"
#include "model.h"
#include "os_utils.h"
#include "rom_traps.h"

#if HAS_ADB

enum { firstSoftAddress = 8, moveIfAlone = 0xFE, serviceRequests = 0x60, patience = 6 /* ticks; a command takes a tenth of that */ };
enum { keyboardAddress = 2, mouseAddress = 3 };

typedef struct { ADBDataBlock block; uint8_t present; } Device;
static Device devices[ADB_ADDRESSES];

void adb_call(ProcPtr routine, uint8_t *data, Ptr area, uint8_t command)
{
    register uint8_t *a0 asm("a0") = data;
    register void *a1 asm("a1") = routine;
    register void *a2 asm("a2") = area;
    register int32_t d0 asm("d0") = command;
    asm volatile("jsr (%1)" : "+a"(a0), "+a"(a1), "+a"(a2), "+d"(d0) : : "d1", "d2", "d3", "a3", "cc", "memory");
}

void adb_device_data(uint8_t command, uint8_t *data)
{
    const Device *d = &devices[command >> 4];
    if (data[0] && d->present && d->block.dbServiceRtPtr)
        adb_call(d->block.dbServiceRtPtr, data, d->block.dbDataAreaAddr, command);
}

uint8_t adb_next_device(uint8_t address)
{
    for (uint8_t a = (uint8_t)((address + 1) % ADB_ADDRESSES); a != address; a = (uint8_t)((a + 1) % ADB_ADDRESSES))
        if (devices[a].present)
            return a;
    return 0;
}

/* One command at a time, waited for: start-up and ADBReInit only. */
static volatile uint8_t done;
static void command_done(void) { done = 1; }

/* -> bytes of the answer; negative when the transceiver is silent. */
static int command(uint8_t code, uint8_t *data)
{
    ADBOpBlock op = { data, command_done, 0 };
    uint32_t start = Ticks;
    done = 0;
    if (adb_queue(code, &op) != noErr)
        return -1;
    while (!done)
        if (Ticks - start > patience) {
            adb_transceiver_reset();
            return -1;
        }
    return data[0];
}

static int talk3(uint8_t address, uint8_t *data)
{
    data[0] = 0;
    return command((uint8_t)(address << 4 | ADB_TALK | 3), data);
}

/* To `to`, those that do not notice another device answering with them. */
static int move_device(uint8_t from, uint8_t to)
{
    uint8_t data[1 + ADB_DATA_LIMIT] = { 2, serviceRequests | to, moveIfAlone };
    command((uint8_t)(from << 4 | ADB_LISTEN | 3), data);
    return talk3(to, data) > 0;
}

static void enter(uint8_t address, uint8_t original, uint8_t handler)
{
    Device *d = &devices[address];
    memset(d, 0, sizeof *d);
    d->block.devType = handler;
    d->block.origADBAddr = original;
    d->present = 1;
    if (original == keyboardAddress)
        d->block.dbServiceRtPtr = adb_keyboard;
    else if (original == mouseAddress)
        d->block.dbServiceRtPtr = adb_mouse;
}

/* Devices of one kind begin at the same address: all but the last move to free addresses of their own. */
static void find_devices(uint8_t original)
{
    uint8_t data[1 + ADB_DATA_LIMIT], free = firstSoftAddress, handler;
    while (talk3(original, data) >= 2) {
        handler = data[2];
        while (free < ADB_ADDRESSES && devices[free].present)
            free++;
        if (free == ADB_ADDRESSES || !move_device(original, free)) {
            enter(original, original, handler);
            return;
        }
        if (talk3(original, data) < 2) {
            move_device(free, original);        /* it was alone */
            enter(original, original, handler);
            return;
        }
        enter(free, original, handler);
    }
}

void os_ADBReInit(OSRegs *r)
{
    uint8_t data[1 + ADB_DATA_LIMIT] = { 0 };
    memset(devices, 0, sizeof devices);
    adb_transceiver_reset();
    if (command(ADB_RESET, data) >= 0)
        for (uint8_t a = 1; a < firstSoftAddress; a++)
            find_devices(a);
    if (devices[mouseAddress].present)
        talk3(mouseAddress, data);
    r->d0 = noErr;
}
OS_TRAP(0xA07B, ADBReInit);

void os_CountADBs(OSRegs *r)
{
    r->d0 = 0;
    for (int a = 0; a < ADB_ADDRESSES; a++)
        r->d0 += devices[a].present;
}
OS_TRAP(0xA077, CountADBs);

void os_GetIndADB(OSRegs *r)
{
    int index = (uint8_t)r->d0;
    for (int a = 0; a < ADB_ADDRESSES; a++)
        if (devices[a].present && --index == 0) {
            memcpy((void *)r->a0, &devices[a].block, sizeof(ADBDataBlock));
            r->d0 = (uint32_t)a;
            return;
        }
    r->d0 = (uint32_t)-1;
}
OS_TRAP(0xA078, GetIndADB);

static Device *device_asked(OSRegs *r)
{
    Device *d = &devices[r->d0 & 15];
    r->d0 = d->present ? noErr : (uint32_t)-1;
    return d->present ? d : 0;
}

void os_GetADBInfo(OSRegs *r)
{
    const Device *d = device_asked(r);
    if (d)
        memcpy((void *)r->a0, &d->block, sizeof(ADBDataBlock));
}
OS_TRAP(0xA079, GetADBInfo);

void os_SetADBInfo(OSRegs *r)
{
    const ADBSetInfoBlock *info = (const ADBSetInfoBlock *)r->a0;
    Device *d = device_asked(r);
    uint16_t sr = disable_interrupts();
    if (d) {
        d->block.dbServiceRtPtr = info->siServiceRtPtr;
        d->block.dbDataAreaAddr = info->siDataAreaAddr;
    }
    restore_interrupts(sr);
}
OS_TRAP(0xA07A, SetADBInfo);

void os_ADBOp(OSRegs *r) { r->d0 = (uint32_t)(int32_t)adb_queue((uint8_t)r->d0, (const ADBOpBlock *)r->a0); }
OS_TRAP(0xA07C, ADBOp);

void adb_init(void)
{
    OSRegs r;
    os_ADBReInit(&r);
}
ROM_INIT(85, adb_init);
#endif
