/* The bomb box: plain text, drawn with interrupts masked and nothing but the screen trusted. */
#include "font.h"
#include "internal.h"
#include "low_memory.h"
#include "screen_text.h"

extern uint32_t crash_registers[16], crash_pc, crash_address;
extern uint16_t crash_status;
void draw_bomb_box(void);

enum { BOX_LEFT = 4, BOX_RIGHT = 60, BOX_HEIGHT = 156, BOX_TOP = (SCREEN_HEIGHT - BOX_HEIGHT) / 2 };
enum { ICON_COLUMN = 6, ICON_SIZE = 32, TEXT_COLUMN = 11, REGISTERS_COLUMN = 7 };
enum { BIG_ADVANCE = 2 * (FONT_WIDTH + 1) };

/* Drawn for this project. */
static const uint32_t bomb[ICON_SIZE] = {
    0x00000000, 0x00000010, 0x00000010, 0x00000004, 0x000000C8, 0x00000128, 0x00000126, 0x00000200,
    0x00001AA8, 0x003F3D34, 0x00FFFE22, 0x03FFFF00, 0x07FFFF00, 0x0FBFFE00, 0x0F7FFC00, 0x1E7FFE00,
    0x1CFFFE00, 0x3CFFFF00, 0x3DFFFF00, 0x3FFFFF00, 0x3FFFFF00, 0x3FFFFF00, 0x3FFFFF00, 0x1FFFFE00,
    0x1FFFFE00, 0x0FFFFC00, 0x0FFFFC00, 0x07FFF800, 0x03FFF000, 0x00FFC000, 0x003F0000, 0x00000000
};

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
    at[digits] = 0;
    for (at += digits; digits--; value >>= 4)
        *--at = "0123456789ABCDEF"[value & 15];
}

/* A line of the box: its first byte, what is between, its last byte. */
static void box_line(int y, uint8_t left, uint8_t middle, uint8_t right)
{
    y += BOX_TOP;
    fill_box(y, y + 1, BOX_LEFT, BOX_LEFT + 1, left);
    fill_box(y, y + 1, BOX_LEFT + 1, BOX_RIGHT - 1, middle);
    fill_box(y, y + 1, BOX_RIGHT - 1, BOX_RIGHT, right);
}

/* A thin frame around a thick one. */
static void draw_frame(void)
{
    static const uint8_t edge[][3] = { { 0xFF, 0xFF, 0xFF }, { 0x80, 0x00, 0x01 }, { 0x80, 0x00, 0x01 }, { 0x9F, 0xFF, 0xF9 },
                                       { 0x9F, 0xFF, 0xF9 }, { 0x98, 0x00, 0x19 } };
    enum { INSIDE = sizeof edge / sizeof *edge - 1 };
    for (int y = 0; y < BOX_HEIGHT; y++) {
        int from_edge = y < BOX_HEIGHT / 2 ? y : BOX_HEIGHT - 1 - y;
        const uint8_t *bytes = edge[from_edge < INSIDE ? from_edge : INSIDE];
        box_line(y, bytes[0], bytes[1], bytes[2]);
    }
}

static void draw_icon(int y)
{
    uint8_t *at = (uint8_t *)ScrnBase + (BOX_TOP + y) * ROW_BYTES + ICON_COLUMN;
    for (int i = 0; i < ICON_SIZE; i++, at += ROW_BYTES)
        for (int byte = 0; byte < 4; byte++)
            at[byte] = (uint8_t)(bomb[i] >> (24 - 8 * byte));
}

/* A letter at twice its size, `x` in dots. */
static void draw_big_char(int y, int x, char c)
{
    uint8_t *at = (uint8_t *)ScrnBase + y * ROW_BYTES + (x >> 3);
    for (int line = 0; line < 2 * FONT_HEIGHT; line++, at += ROW_BYTES) {
        uint8_t row = font_rows[c - 32][line >> 1];
        uint32_t dots = 0;
        for (int bit = FONT_WIDTH - 1; bit >= 0; bit--)
            dots = dots << 2 | (row >> bit & 1) * 3u;
        dots <<= 24 - 2 * FONT_WIDTH - (x & 7);
        at[0] |= (uint8_t)(dots >> 16);
        at[1] |= (uint8_t)(dots >> 8);
        at[2] |= (uint8_t)dots;
    }
}

/* -> where the next letter would be. */
static int draw_big(int y, int x, const char *text)
{
    for (; *text; text++, x += BIG_ADVANCE)
        draw_big_char(BOX_TOP + y, x, *text);
    return x;
}

static void show(int y, int column, const char *name, uint32_t value, int digits)
{
    char text[9];
    hex_text(text, value, digits);
    draw_text(BOX_TOP + y, column, name, 0);
    draw_text(BOX_TOP + y, column + (int)strlen(name) + 1, text, 0);
}

static void show_registers(int y, char letter, const uint32_t *values)
{
    for (int i = 0; i < 8; i++) {
        char name[3] = { letter, (char)('0' + i), 0 };
        show(y + i / 4 * ROW_HEIGHT, REGISTERS_COLUMN + (i & 3) * 12, name, values[i], 8);
    }
}

void draw_bomb_box(void)
{
    char number[12];
    int x;
    decimal_text(number, DSErrCode);
    draw_frame();
    draw_icon(12);
    draw_big(18, TEXT_COLUMN * 8, "Sorry, a system error occurred.");
    x = draw_big(44, TEXT_COLUMN * 8, "ID = ");
    x = draw_big(44, x, number);
    draw_big(44, x + 2 * BIG_ADVANCE, reason(DSErrCode));
    draw_text(BOX_TOP + 70, TEXT_COLUMN, "in", 0);
    draw_pstr(BOX_TOP + 70, TEXT_COLUMN + 3, CurApName, 0);
    show(82, TEXT_COLUMN, "at", crash_pc, 8);
    show(82, TEXT_COLUMN + 13, "status", crash_status, 4);
    if (DSErrCode == 1 || DSErrCode == 2)
        show(82, TEXT_COLUMN + 26, "accessing", crash_address, 8);
    show_registers(100, 'D', crash_registers);
    show_registers(125, 'A', crash_registers + 8);
}
