/* The clock chip: three wires on VIA port B, one bit at a time.  Commands: z00aaa01 seconds register aaa (z = 1 reads),
   z1aaaa01 and z010aa01 parameter RAM 0-F and 10-13, 0011 0101 write protect (Inside Macintosh III, "The Real-Time Clock"). */
#include "internal.h"
#include "interrupt_mask.h"
#include "low_memory.h"
#include "os_utils.h"
#include "rom_traps.h"
#include "via.h"

/* The VIA is masked: its handlers change other bits of the port. */
static void set_wires(uint8_t bits)
{
    volatile uint8_t *via = VIA;
    via[vBufB] = (via[vBufB] & ~(vRTCEnb | vRTCClk | vRTCData)) | bits;
}

static void send_byte(uint8_t value)
{
    for (int bit = 7; bit >= 0; bit--) {
        uint8_t data = value >> bit & 1;
        set_wires(data);
        set_wires(data | vRTCClk);
    }
}

static uint8_t receive_byte(void)
{
    uint8_t value = 0;
    VIA[vDirB] &= ~vRTCData;
    for (int bit = 0; bit < 8; bit++) {
        set_wires(0);
        set_wires(vRTCClk);
        value = (uint8_t)(value << 1 | (VIA[vBufB] & vRTCData));
    }
    VIA[vDirB] |= vRTCData;
    return value;
}

static void finish(void) { set_wires(vRTCEnb | vRTCClk | vRTCData); }

static uint8_t read_register(uint8_t command)
{
    uint16_t sr = mask_via();
    uint8_t value;
    send_byte(0x80 | command);
    value = receive_byte();
    finish();
    unmask_via(sr);
    return value;
}

static uint32_t read_once(void)
{
    uint32_t seconds = 0;
    for (int reg = 3; reg >= 0; reg--)
        seconds = seconds << 8 | read_register((uint8_t)(0x01 | reg << 2));
    return seconds;
}

/* Twice the same: no carry ran through the registers in between. */
uint32_t rtc_read_seconds(void)
{
    uint32_t previous = read_once(), seconds;
    for (int tries = 0; tries < 4; tries++) {
        seconds = read_once();
        if (seconds == previous)
            break;
        previous = seconds;
    }
    return previous;
}

static void write_register(uint8_t command, uint8_t value)
{
    uint16_t sr = mask_via();
    send_byte(command);
    send_byte(value);
    finish();
    unmask_via(sr);
}

void rtc_write_seconds(uint32_t seconds)
{
    write_register(0x35, 0x55);
    for (int reg = 0; reg < 4; reg++)
        write_register((uint8_t)(0x01 | reg << 2), (uint8_t)(seconds >> (8 * reg)));
    write_register(0x35, 0xD5);
}

void os_ReadDateTime(OSRegs *r)
{
    uint32_t seconds = rtc_read_seconds();
    Time = seconds;
    *(uint32_t *)r->a0 = seconds;
    r->d0 = noErr;
}
OS_TRAP(0xA039, ReadDateTime);

void os_SetDateTime(OSRegs *r)
{
    rtc_write_seconds(r->d0);
    Time = r->d0;
    r->d0 = noErr;
}
OS_TRAP(0xA03A, SetDateTime);

static uint8_t parameter_command(int address)
{
    return (uint8_t)(address < 16 ? 0x41 | address << 2 : 0x21 | (address & 3) << 2);
}

/* Puts the copy in low memory back into the chip. */
void os_WriteParam(OSRegs *r)
{
    write_register(0x35, 0x55);
    for (int address = 0; address < sysParamBytes; address++)
        write_register(parameter_command(address), SysParam[address]);
    write_register(0x35, 0xD5);
    r->d0 = noErr;
}
OS_TRAP(0xA038, WriteParam);

void rtc_init(void)
{
    Time = rtc_read_seconds();
    for (int address = 0; address < sysParamBytes; address++)
        SysParam[address] = read_register(parameter_command(address));
}
ROM_INIT(25, rtc_init);
