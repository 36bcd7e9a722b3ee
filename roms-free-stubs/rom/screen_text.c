/* Plain text on the screen: the boot console and each process's status window.  No QuickDraw; one row is eight lines of
   64 bytes, so a character is eight bytes with a stride of 64. */
#include "screen_text.h"
#include "font.h"
#include "internal.h"
#include "low_memory.h"
#include "processes_internal.h"
#include "rom_traps.h"

Pane panes[PANES] = {
    { 0, 15, 0, 1 }, { 15, 9, 0, 0 }, { 24, 9, 0, 0 }, { 33, 9, 0, 0 },
};

void draw_char(int row, int column, uint8_t c, uint8_t invert)
{
    uint8_t *at = (uint8_t *)ScrnBase + row * (8 * ROW_BYTES) + column;
    const uint8_t *rows = font_rows[c >= 32 && c < 127 ? c - 32 : '?' - 32];
    uint8_t *blank = at + 7 * ROW_BYTES;
    if (c == 'g' || c == 'p' || c == 'q' || c == 'y' || c == ',' || c == ';') {
        blank = at;                     /* a letter with a tail stands one line lower */
        at += ROW_BYTES;
    }
    *blank = invert;
    for (int i = 7; i; i--, at += ROW_BYTES)
        *at = (uint8_t)(*rows++ << 2) ^ invert;
}

void draw_text(int row, int column, const char *text, uint8_t invert)
{
    for (; *text && column < COLUMNS; text++)
        draw_char(row, column++, (uint8_t)*text, invert);
}

void fill_box(int top, int bottom, int left_byte, int right_byte, uint8_t pattern)
{
    for (int y = top; y < bottom; y++)
        memset(ScrnBase + y * ROW_BYTES + left_byte, pattern, (size_t)(right_byte - left_byte));
}

static void clear_row(int row) { fill_box(row * 8, row * 8 + 8, 0, ROW_BYTES, 0); }

static void draw_title(const Pane *pane, ConstStringPtr title, int front)
{
    int column = 1;
    uint8_t invert = front ? 0xFF : 0;
    fill_box(pane->top * 8, pane->top * 8 + 7, 0, ROW_BYTES, front ? 0xFF : 0x00);
    fill_box(pane->top * 8 + 7, pane->top * 8 + 8, 0, ROW_BYTES, 0xFF);
    for (int i = 1; i <= title[0] && column < COLUMNS; i++)
        draw_char(pane->top, column++, title[i], invert);
    fill_box(pane->top * 8 + 7, pane->top * 8 + 8, 0, ROW_BYTES, 0xFF);
}

void pane_mark_front(int16_t index, ConstStringPtr title, int front)
{
    if (panes[index].in_use)
        draw_title(&panes[index], title, front);
}

int16_t pane_open(ConstStringPtr title)
{
    for (int16_t i = SYSTEM_PANE + 1; i < PANES; i++)
        if (!panes[i].in_use) {
            Pane *pane = &panes[i];
            pane->in_use = 1;
            pane->cursor = 0;
            fill_box(pane->top * 8, (pane->top + pane->rows) * 8, 0, ROW_BYTES, 0);
            draw_title(pane, title, 0);
            return i;
        }
    return SYSTEM_PANE;
}

void pane_close(int16_t index)
{
    if (index != SYSTEM_PANE)
        panes[index].in_use = 0;
}

static uint8_t next_row(Pane *pane)
{
    uint8_t first = pane->top + 1, count = pane->rows - 1;
    if (pane->cursor >= count) {
        char *to = ScrnBase + first * 8 * ROW_BYTES;
        memmove(to, to + 8 * ROW_BYTES, (size_t)(count - 1) * 8 * ROW_BYTES);
        pane->cursor = count - 1;
    }
    return first + pane->cursor++;
}

void pane_print(int16_t index, const char *text)
{
    uint8_t row = next_row(&panes[index]);
    clear_row(row);
    draw_text(row, 1, text, 0);
}

void pane_set_row(int16_t index, int16_t row, const char *text)
{
    Pane *pane = &panes[index];
    if (row < 0 || row >= pane->rows - 1)
        return;
    clear_row(pane->top + 1 + row);
    draw_text(pane->top + 1 + row, 1, text, 0);
    if (pane->cursor <= row)
        pane->cursor = (uint8_t)(row + 1);
}

/* The boot console collects a line and shows it when it is complete. */
static char line[COLUMNS];
static int16_t line_length;

static void add_char(char c)
{
    if (line_length < COLUMNS - 1)
        line[line_length++] = c;
}

void boot_text(const char *text)
{
    while (*text)
        add_char(*text++);
}

void boot_pstr(ConstStringPtr text)
{
    for (int i = 1; i <= text[0]; i++)
        add_char((char)text[i]);
}

void boot_number(int32_t value)
{
    char digits[12];
    int n = 0;
    uint32_t rest = value < 0 ? -(uint32_t)value : (uint32_t)value;
    if (value < 0)
        add_char('-');
    do
        digits[n++] = (char)('0' + rest % 10);
    while ((rest /= 10) != 0);
    while (n)
        add_char(digits[--n]);
}

void boot_hex(uint32_t value, int digits)
{
    while (digits--)
        add_char("0123456789ABCDEF"[value >> (4 * digits) & 15]);
}

void boot_newline(void)
{
    line[line_length] = 0;
    line_length = 0;
    pane_print(SYSTEM_PANE, line);
}

void boot_print(const char *text)
{
    boot_text(text);
    boot_newline();
}

/* Whose window it is shows in the caller's address, which is below the arguments. */
static int16_t pane_of_caller(const void *args) { return pane_of_code(((void *const *)args)[-1]); }

void tb_StatusPrint(void *args) { pane_print(pane_of_caller(args), *(const char **)args); }
TB_TRAP_ARGS(0xABF0, StatusPrint, 4);

typedef struct { int16_t row; const char *text; } __attribute__((packed)) StatusRowArgs;

void tb_StatusRow(void *args)
{
    const StatusRowArgs *a = args;
    pane_set_row(pane_of_caller(args), a->row, a->text);
}
TB_TRAP_ARGS(0xABF1, StatusRow, 6);

/* Early, so that every later step can say what it does. */
void screen_init(void)
{
    static const uint8_t title[] = "\30System   Shoeshine 68000";
    fill_box(0, SCREEN_HEIGHT, 0, ROW_BYTES, 0);
    draw_title(&panes[SYSTEM_PANE], title, 0);
    boot_number((int32_t)MemTop >> 10);
    boot_print(" KB of memory");
}
ROM_INIT(35, screen_init);
