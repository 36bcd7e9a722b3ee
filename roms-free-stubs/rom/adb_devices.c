/* What keyboard and mouse on the ADB say: their register 0 (Guide to the Macintosh Family Hardware, chapter 8). */
#include "adb_internal.h"
#include "input.h"
#include "low_memory.h"
#include "model.h"

#if HAS_ADB

enum { noKey = 0x7F };

/* Keyboard codes that are not key codes: modifiers and arrows. */
static uint8_t key_code(uint8_t raw)
{
    switch (raw) {
    case 0x36: return 0x3B;                     /* Control */
    case 0x3B: case 0x3C: case 0x3D: case 0x3E: return (uint8_t)(raw + 0x40);   /* left, right, down, up */
    case 0x7B: return 0x3C;                     /* the right Shift, Option, Control */
    case 0x7C: return 0x3D;
    case 0x7D: return 0x3E;
    default: return raw;
    }
}

/* Two transitions; bit 7 is set when the key came up. */
void adb_keyboard_data(const uint8_t *data, uint32_t command) __attribute__((used));
void adb_keyboard_data(const uint8_t *data, uint32_t command)
{
    for (int i = 1; i <= 2 && i <= data[0]; i++)
        if ((data[i] & 0x7F) != noKey)
            key_changed(key_code(data[i] & 0x7F), !(data[i] & 0x80), (uint8_t)command >> 4);
}

/* Seven bits of two's complement. */
static int16_t signed_7(uint8_t byte) { return (int16_t)((int8_t)(byte << 1) >> 1); }

/* Bit 15: button up; 14-8: down; 6-0: right. */
void adb_mouse_data(const uint8_t *data, uint32_t command) __attribute__((used));
void adb_mouse_data(const uint8_t *data, uint32_t command)
{
    int down;
    if (data[0] < 2)
        return;
    mouse_moved(signed_7(data[2]), signed_7(data[1]));
    down = !(data[1] & 0x80);
    if (down != !(MBState & 0x80))
        mouse_button_changed(down);
}

asm(".text\n"
    "adb_keyboard:\tmove.l %d0,-(%sp)\n\tmove.l %a0,-(%sp)\n\tjsr adb_keyboard_data\n\taddq.l #8,%sp\n\trts\n"
    "adb_mouse:\tmove.l %d0,-(%sp)\n\tmove.l %a0,-(%sp)\n\tjsr adb_mouse_data\n\taddq.l #8,%sp\n\trts\n"
    ".globl adb_keyboard, adb_mouse");
#endif
