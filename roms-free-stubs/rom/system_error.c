/* The bomb box: plain text, drawn with interrupts masked and nothing but the screen trusted. */
#include "internal.h"
#include "low_memory.h"
#include "screen_text.h"

extern uint32_t crash_registers[16], crash_pc, crash_address;
extern uint16_t crash_status;
void draw_bomb_box(void);

enum { BOX_TOP = 14, BOX_LEFT = 8, BOX_RIGHT = 56, BOX_BOTTOM = 26 };

static const char *const reasons[] = {
    "", "bus error", "address error", "illegal instruction", "division by zero", "CHK", "overflow", "privilege violation",
    "trace", "A-line", "F-line", "unexpected exception", "unimplemented trap", "programmer's switch", "I/O system error",
    "segment loader"
};

static const char *reason(int16_t code)
{
    if (code == 25)
        return "out of memory";
    if (code == 26)
        return "cannot launch";
    if (code == 28)
        return "stack ran into heap";
    return code > 0 && code < (int16_t)(sizeof reasons / sizeof *reasons) ? reasons[code] : "";
}

static void hex_text(char *at, uint32_t value, int digits)
{
    for (at += digits; digits--; value >>= 4)
        *--at = "0123456789ABCDEF"[value & 15];
}

static void decimal_text(char *at, int16_t value)
{
    char digits[6];
    int n = 0;
    uint16_t rest = value < 0 ? (uint16_t)-value : (uint16_t)value;
    do
        digits[n++] = (char)('0' + rest % 10);
    while ((rest /= 10) != 0);
    if (value < 0)
        *at++ = '-';
    while (n)
        *at++ = digits[--n];
    *at = 0;
}

static void show(int row, const char *name, uint32_t value, int digits)
{
    char text[9];
    hex_text(text, value, digits);
    text[digits] = 0;
    draw_text(BOX_TOP + row, BOX_LEFT + 2, name, 0);
    draw_text(BOX_TOP + row, BOX_LEFT + 14, text, 0);
}

static void show_registers(int row, char letter, const uint32_t *values)
{
    for (int i = 0; i < 8; i++) {
        char text[12] = { letter, (char)('0' + i), ' ' };
        hex_text(text + 3, values[i], 8);
        draw_text(BOX_TOP + row + i / 4, BOX_LEFT + (i & 3) * 12, text, 0);
    }
}

void draw_bomb_box(void)
{
    char number[8];
    decimal_text(number, DSErrCode);
    fill_box(BOX_TOP * 8 - 4, BOX_BOTTOM * 8 + 4, BOX_LEFT - 1, BOX_RIGHT + 1, 0xFF);
    fill_box(BOX_TOP * 8 - 2, BOX_BOTTOM * 8 + 2, BOX_LEFT, BOX_RIGHT, 0x00);
    draw_text(BOX_TOP, BOX_LEFT + 2, "Sorry, a system error occurred.", 0);
    draw_text(BOX_TOP + 2, BOX_LEFT + 2, "ID =", 0);
    draw_text(BOX_TOP + 2, BOX_LEFT + 7, number, 0);
    draw_text(BOX_TOP + 2, BOX_LEFT + 14, reason(DSErrCode), 0);
    show(3, "at", crash_pc, 8);
    show(4, "status", crash_status, 4);
    if (DSErrCode == 1 || DSErrCode == 2)
        show(5, "accessing", crash_address, 8);
    draw_text(BOX_TOP + 6, BOX_LEFT + 2, "program", 0);
    for (int i = 1; i <= CurApName[0] && i < 32; i++)
        draw_char(BOX_TOP + 6, BOX_LEFT + 13 + i, CurApName[i], 0);
    show_registers(8, 'D', crash_registers);
    show_registers(10, 'A', crash_registers + 8);
}
