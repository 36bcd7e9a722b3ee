/* The keyboard of the Plus: Inside Macintosh III, "Keyboard communication protocol".
 *
 * One data wire, VIA CB2, and the keyboard's clock on CB1 drive the shift register.  A command goes out when the computer pulls the
 * wire low, which the register does in its shift-out mode; the answer comes in when the register has let go of it. */
#include "input.h"
#include "interrupt_mask.h"
#include "interrupt_tasks.h"
#include "model.h"
#include "rom_traps.h"
#include "via.h"

#if !HAS_ADB

enum { inquiry = 0x10, instant = 0x14 };
enum { nullTransition = 0x7B, keypadPrefix = 0x79, keypadCodes = 0x40 };
enum { shiftOut = 0x1C, shiftIn = 0x0C, shiftMask = 0x1C };     /* ACR: under the external clock */
enum { patience = 32 };                         /* ticks: an Inquiry is answered after a quarter of a second at the latest */

static uint8_t sending, on_keypad;
static volatile uint8_t alive;
static VBLTask watch;

static void direction(uint8_t mode)
{
    volatile uint8_t *via = VIA;
    via[vACR] = (uint8_t)((via[vACR] & ~shiftMask) | mode);
}

static void send(uint8_t command)
{
    sending = 1;
    direction(shiftOut);
    VIA[vSR] = command;
}

static void answered(uint8_t byte)
{
    uint8_t code = byte >> 1 & 0x3F;
    if (byte == keypadPrefix) {
        on_keypad = 1;
        send(instant);
        return;
    }
    if (byte != nullTransition)
        key_changed(on_keypad ? code + keypadCodes : code, !(byte & 0x80), 0);
    on_keypad = 0;
    send(inquiry);
}

static void keyboard_interrupt(void)
{
    uint8_t byte;
    alive = 1;
    if (sending) {
        sending = 0;
        direction(shiftIn);
        (void)VIA[vSR];                         /* quiets the interrupt and begins to listen */
        return;
    }
    byte = VIA[vSR];
    answered(byte);
}

/* A keyboard that was plugged in, or has lost a bit, is asked anew. */
void keyboard_watch(void) __attribute__((used));
void keyboard_watch(void)
{
    uint16_t sr = mask_via();
    if (!alive) {
        direction(shiftIn);
        on_keypad = 0;
        send(inquiry);
    }
    alive = 0;
    watch.vblCount = patience;
    unmask_via(sr);
}

void keyboard_init(void)
{
    Lvl1DT[2] = keyboard_interrupt;
    VIA[vIER] = 0x80 | ifKeyRdy;
    watch.qType = vType;
    watch.vblAddr = keyboard_watch;
    watch.vblCount = 1;
    (void)VInstall(&watch);
}
ROM_INIT(85, keyboard_init);
#endif
