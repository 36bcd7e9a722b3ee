/* Keys and mouse: the global variables they are seen in, and their events (Inside Macintosh I, chapter 8; V, "Key codes"). */
#include "input.h"
#include "events.h"
#include "model.h"
#include "rom_traps.h"

enum { SCREEN_WIDTH = 512, SCREEN_HEIGHT = 342 };
enum { commandKey = 0x37, shiftKey = 0x38, capsLock = 0x39, optionKey = 0x3A, controlKey = 0x3B, rightShift = 0x3C, rightControl = 0x3E };
enum { cmdBit = 0x0100, shiftBit = 0x0200, alphaLockBit = 0x0400, optionBit = 0x0800, controlBit = 0x1000, btnState = 0x80 };
enum { threshold = 16, repeat = 4 };                    /* ticks, until a parameter RAM says otherwise */

/* Keyboard of the United States by key code: plain and with Shift.  The keypad from 0x41 on, arrows of the M0110A among it. */
static const char plain[] = "asdfhgzxcv\0bqweryt123465=97-80]ou[ip\rlj'k;\\,/nm.\t `\b\3\33";
static const char shifted[] = "ASDFHGZXCV\0BQWERYT!@#$^%+(&_*)}OU{IP\rLJ\"K:|<?NM>\t ~\b\3\33";
static const char keypad[] = "\0.\35*\0+\34\33\37\0\0/\3\36-\0\0=01234567\08" "9";
static const char arrows[] = "\34\35\37\36";             /* from 0x7B */

static uint8_t *key_map(void) { return (uint8_t *)KeyMap; }
static int is_down(uint8_t code) { return key_map()[code >> 3] >> (code & 7) & 1; }

int16_t modifiers_now(void)
{
    int16_t m = MBState & btnState;
    if (is_down(commandKey)) m |= cmdBit;
    if (is_down(shiftKey) || is_down(rightShift)) m |= shiftBit;
    if (is_down(capsLock)) m |= alphaLockBit;
    if (is_down(optionKey)) m |= optionBit;
    if (is_down(controlKey)) m |= controlBit;
    return m;
}

static uint8_t character(uint8_t code)
{
    int16_t m = modifiers_now();
    char c;
    if (code >= 0x7B)
        return code < 0x7B + sizeof arrows - 1 ? (uint8_t)arrows[code - 0x7B] : 0;
    if (code >= 0x40)
        return code - 0x40u < sizeof keypad - 1 ? (uint8_t)keypad[code - 0x40] : 0;
    if (code >= sizeof plain - 1)
        return 0;
    c = m & shiftBit ? shifted[code] : plain[code];
    if ((m & alphaLockBit) && c >= 'a' && c <= 'z')
        c -= 'a' - 'A';
    if ((m & controlBit) && c >= '@')
        c &= 0x1F;
    return (uint8_t)c;
}

static int32_t held_message;
static uint8_t held_code;
static uint32_t next_repeat;

void key_changed(uint8_t code, int down, uint8_t address)
{
    uint8_t *byte = &key_map()[code >> 3], bit = (uint8_t)(1 << (code & 7));
    int32_t message;
    *byte = (uint8_t)(down ? *byte | bit : *byte & ~bit);
    if (code >= commandKey && code <= rightControl)
        return;                                         /* modifiers make no events */
    message = (int32_t)address << 16 | code << 8 | character(code);
    if (down) {
        held_message = message;
        held_code = code;
        next_repeat = Ticks + threshold;
    } else if (code == held_code)
        held_message = 0;
    PostEvent(down ? keyDown : keyUp, message);
}

int32_t auto_key(void)
{
    if (!held_message || (int32_t)(Ticks - next_repeat) < 0)
        return 0;
    next_repeat = Ticks + repeat;
    return held_message;
}

static int16_t within(int16_t value, int16_t limit) { return value < 0 ? 0 : value >= limit ? limit - 1 : value; }

void mouse_moved(int16_t right, int16_t down)
{
    Point where = { within(Mouse.v + down, SCREEN_HEIGHT), within(Mouse.h + right, SCREEN_WIDTH) };
    MTemp.v = RawMouse.v = Mouse.v = where.v;
    MTemp.h = RawMouse.h = Mouse.h = where.h;
}

void mouse_button_changed(int down)
{
    MBState = down ? 0 : btnState;
    MBTicks = Ticks;
    PostEvent(down ? mouseDown : mouseUp, 0);
}

void input_init(void)
{
    MBState = btnState;
    mouse_moved(15, 15);
}
ROM_INIT(82, input_init);
