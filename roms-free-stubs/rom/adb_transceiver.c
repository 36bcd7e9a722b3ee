/* The ADB transceiver: a microcontroller behind the VIA's shift register, which it clocks.
 *
 * Guide to the Macintosh Family Hardware, chapter 8: bits 5 and 4 of port B tell it what is to move (0 the command, 1 and 2 in turn a
 * data byte, 3 nothing), each change asks for one byte, and the shift register's interrupt tells that it has moved.  Bit 3, low:
 *   after the command byte: it was not taken, an autopolled packet is to be read first;
 *   with a packet's first byte: nobody has answered; with the second: some device requests service;
 *   with a later byte: the packet ended before it;
 *   when a byte comes unasked in state 3: a packet of the device that is polled is to be read, the byte being its Talk command.
 * The meaning of that bit in states 1 and 2 is in no manual; it is how Linux's driver for the same chip (via-macii.c) uses it. */
#include "adb_internal.h"
#include "interrupt_mask.h"
#include "low_memory.h"
#include "model.h"
#include "rom_traps.h"
#include "via.h"

#if HAS_ADB

enum { stCommand = 0x00, stEven = 0x10, stOdd = 0x20, stIdle = 0x30, stMask = 0x30, vADBInt = 0x08 };
enum { shiftOut = 0x1C, shiftIn = 0x0C, shiftMask = 0x1C };     /* ACR: under the external clock */
enum { QUEUE = 16, MOUSE_TALK = 3 << 4 | ADB_TALK };

typedef struct { ADBOpBlock op; uint8_t command, own; } Request;

static Request queue[QUEUE];
static uint8_t first, count;
static enum { idle, commanding, sending, reading } doing;
static uint8_t autopolled, no_answer, service_wanted, last_polled = MOUSE_TALK, packet_command;
static uint8_t place;                           /* bytes of the packet that have moved */
static uint8_t packet[1 + ADB_DATA_LIMIT];

static void set_state(uint8_t state)
{
    volatile uint8_t *via = VIA;
    via[vBufB] = (uint8_t)((via[vBufB] & ~stMask) | state);
}

static void direction(uint8_t mode)
{
    volatile uint8_t *via = VIA;
    via[vACR] = (uint8_t)((via[vACR] & ~shiftMask) | mode);
    if (mode == shiftIn)
        (void)via[vSR];                         /* also quiets its interrupt */
}

static void send_byte(uint8_t byte) { VIA[vSR] = byte; }
static void next_byte(void) { VIA[vBufB] ^= stMask; }

/* The VIA's interrupt is masked. */
static void start_next(void)
{
    if (doing != idle || count == 0)
        return;
    doing = commanding;
    direction(shiftOut);
    send_byte(queue[first].command);
    set_state(stCommand);
}

static void start_reading(uint8_t command)
{
    doing = reading;
    packet_command = command;
    place = no_answer = service_wanted = 0;
    set_state(stEven);
}

static void add(uint8_t command, const ADBOpBlock *op, uint8_t own)
{
    Request *r = &queue[(uint8_t)(first + count) % QUEUE];
    r->op = *op;
    r->command = command;
    r->own = own;
    count++;
}

/* Some device wants attention: after a poll that found none the others are asked, one after the other. */
static void look_around(uint8_t address)
{
    static const ADBOpBlock nothing;
    uint8_t next = adb_next_device(address);
    if (next && count < QUEUE)
        add((uint8_t)(next << 4 | ADB_TALK), &nothing, 1);
}

/* A packet has been read, or a request is done; `packet` has its data. */
static void finish(void)
{
    uint8_t command = packet_command, wanted = service_wanted;
    doing = idle;
    set_state(stIdle);
    if (autopolled) {
        autopolled = 0;
        adb_device_data(command, packet);
    } else {
        Request r = queue[first];
        first = (uint8_t)((first + 1) % QUEUE);
        count--;
        if (r.own)
            adb_device_data(command, packet);
        else {
            if (r.op.dataBuffPtr && (command & ADB_TALK) == ADB_TALK)
                memcpy(r.op.dataBuffPtr, packet, packet[0] + 1u);
            if (r.op.opServiceRtPtr)
                adb_call(r.op.opServiceRtPtr, r.op.dataBuffPtr ? r.op.dataBuffPtr : packet, r.op.opDataBuffPtr, command);
        }
    }
    if (wanted)
        look_around(command >> 4);
    start_next();
}

static void command_moved(int asserted)
{
    const Request *r = &queue[first];
    if (asserted) {
        direction(shiftIn);
        autopolled = 1;                         /* the packet's command byte was lost: it was ours that moved */
        start_reading(last_polled);
        return;
    }
    packet_command = r->command;
    packet[0] = service_wanted = 0;
    if ((r->command & ADB_TALK) == ADB_TALK) {
        if (!(r->command & 3))
            last_polled = r->command;
        direction(shiftIn);
        start_reading(r->command);
    } else if ((r->command & ADB_TALK) == ADB_LISTEN && r->op.dataBuffPtr && r->op.dataBuffPtr[0]) {
        doing = sending;
        place = 1;
        send_byte(r->op.dataBuffPtr[1]);
        set_state(stEven);
    } else {
        direction(shiftIn);
        finish();
    }
}

static void byte_sent(void)
{
    const uint8_t *data = queue[first].op.dataBuffPtr;
    if (place < data[0]) {
        send_byte(data[++place]);
        next_byte();
    } else {
        direction(shiftIn);
        finish();
    }
}

static void byte_read(uint8_t byte, int asserted)
{
    if (asserted && place == 0)
        no_answer = 1;
    else if (asserted && place == 1)
        service_wanted = 1;
    else if (asserted || place == ADB_DATA_LIMIT) {
        packet[0] = no_answer ? 0 : place;
        finish();
        return;
    }
    packet[++place] = byte;
    next_byte();
}

void adb_interrupt(void)
{
    volatile uint8_t *via = VIA;
    int asserted = !(via[vBufB] & vADBInt);
    uint8_t byte;
    switch (doing) {
    case idle:
        byte = via[vSR];
        if (asserted) {
            autopolled = 1;
            last_polled = byte;
            start_reading(byte);
        }
        break;
    case commanding:
        command_moved(asserted);
        break;
    case sending:
        byte_sent();
        break;
    case reading:
        byte = via[vSR];
        byte_read(byte, asserted);
        break;
    }
}

/* Bit 3 stays low for a moment after the last byte of a packet, until the transceiver has noticed state 3; an access to the VIA
   takes over a microsecond. */
static int wire_is_free(void)
{
    for (int polls = 100; polls; polls--)
        if (VIA[vBufB] & vADBInt)
            return 1;
    return 0;
}

OSErr adb_queue(uint8_t command, const ADBOpBlock *op)
{
    uint16_t sr = mask_via();
    OSErr err = -1;
    if (count < QUEUE) {
        add(command, op, 0);
        err = noErr;
        if (wire_is_free())                     /* else a polled packet is on its way, whose end starts this */
            start_next();
    }
    unmask_via(sr);
    return err;
}

void adb_transceiver_reset(void)
{
    uint16_t sr = mask_via();
    count = autopolled = 0;
    doing = idle;
    direction(shiftIn);
    set_state(stIdle);
    Lvl1DT[2] = adb_interrupt;
    VIA[vIER] = 0x80 | ifKeyRdy;
    unmask_via(sr);
}
#endif
