/* Plain text on the screen: the boot console and each process's status window.  No QuickDraw; a line of the screen is 64
   bytes and a letter one byte wide, so letters are stored bytes with a stride of 64. */
#include "screen_text.h"
#include "font.h"
#include "internal.h"
#include "low_memory.h"
#include "model.h"
#include "processes_internal.h"
#include "rom_traps.h"

enum { SYSTEM_ROWS = 8, PROCESS_ROWS = 6 };
enum { SYSTEM_LINES = TITLE_HEIGHT + SYSTEM_ROWS * ROW_HEIGHT, PROCESS_LINES = TITLE_HEIGHT + PROCESS_ROWS * ROW_HEIGHT };

_Static_assert(SYSTEM_LINES + (PANES - 1) * PROCESS_LINES == SCREEN_HEIGHT, "the panes fill the screen");

Pane panes[PANES] = {
    { .top = 0, .rows = SYSTEM_ROWS, .in_use = 1 },
    { .top = SYSTEM_LINES, .rows = PROCESS_ROWS },
    { .top = SYSTEM_LINES + PROCESS_LINES, .rows = PROCESS_ROWS },
    { .top = SYSTEM_LINES + 2 * PROCESS_LINES, .rows = PROCESS_ROWS },
};

static void draw_char(int y, int column, uint8_t c, uint8_t invert)
{
    uint8_t *at = (uint8_t *)ScrnBase + y * ROW_BYTES + column;
    const uint8_t *rows = font_rows[c >= 32 && c < 127 ? c - 32 : '?' - 32];
    for (int i = FONT_HEIGHT; i; i--, at += ROW_BYTES)
        *at = (uint8_t)(*rows++ << 2) ^ invert;
}

void draw_text(int y, int column, const char *text, uint8_t invert)
{
    for (; *text && column < COLUMNS; text++)
        draw_char(y, column++, (uint8_t)*text, invert);
}

void draw_pstr(int y, int column, ConstStringPtr text, uint8_t invert)
{
    for (int i = 1; i <= text[0] && column < COLUMNS; i++)
        draw_char(y, column++, text[i], invert);
}

void fill_box(int top, int bottom, int left_byte, int right_byte, uint8_t pattern)
{
    for (int y = top; y < bottom; y++)
        memset(ScrnBase + y * ROW_BYTES + left_byte, pattern, (size_t)(right_byte - left_byte));
}

/* Lines of full width lie behind one another. */
static void fill_lines(int top, int lines, uint8_t pattern) { memset(ScrnBase + top * ROW_BYTES, pattern, (size_t)lines * ROW_BYTES); }

/* A bar between two rules, black for the process in front, and a blank line. */
static void draw_title(const Pane *pane, ConstStringPtr title, int front)
{
    enum { BAR = TITLE_HEIGHT - 1 };
    uint8_t invert = front ? 0xFF : 0;
    fill_lines(pane->top, BAR, 0xFF);
    fill_lines(pane->top + 1, BAR - 2, invert);
    draw_pstr(pane->top + 2, 1, title, invert);
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
            pane->cursor = pane->held = 0;
            fill_lines(pane->top, PROCESS_LINES, 0);
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

static int line_of(const Pane *pane, int row) { return pane->top + TITLE_HEIGHT + row * ROW_HEIGHT; }

static void draw_row(const Pane *pane, int row, const char *text)
{
    int y = line_of(pane, row);
    fill_lines(y, ROW_HEIGHT, 0);
    draw_text(y + 1, 1, text, 0);
}

/* Takes the first row that may scroll away. */
static void scroll(const Pane *pane)
{
    char *to = ScrnBase + line_of(pane, pane->held) * ROW_BYTES;
    memmove(to, to + ROW_HEIGHT * ROW_BYTES, (size_t)(pane->rows - pane->held - 1) * (ROW_HEIGHT * ROW_BYTES));
}

void pane_print(int16_t index, const char *text)
{
    Pane *pane = &panes[index];
    if (pane->cursor >= pane->rows) {
        scroll(pane);
        pane->cursor = pane->rows - 1;
    }
    draw_row(pane, pane->cursor++, text);
}

void pane_set_row(int16_t index, int16_t row, const char *text)
{
    Pane *pane = &panes[index];
    if (row < 0 || row >= pane->rows)
        return;
    draw_row(pane, row, text);
    if (pane->held <= row && row < pane->rows - 1)
        pane->held = (uint8_t)(row + 1);
    if (pane->cursor <= row)
        pane->cursor = (uint8_t)(row + 1);
}

void decimal_text(char *to, int32_t value)
{
    char digits[10];
    int n = 0;
    uint32_t rest = value < 0 ? -(uint32_t)value : (uint32_t)value;
    if (value < 0)
        *to++ = '-';
    do
        digits[n++] = (char)('0' + rest % 10);
    while ((rest /= 10) != 0);
    while (n)
        *to++ = digits[--n];
    *to = 0;
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
    char text[12];
    decimal_text(text, value);
    boot_text(text);
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
    static const uint8_t title[] = "\30System   Shoeshine " PROCESSOR_NAME;
    fill_lines(0, SCREEN_HEIGHT, 0);
    draw_title(&panes[SYSTEM_PANE], title, 0);
    boot_number((int32_t)MemTop >> 10);
    boot_print(" KB of memory");
}
ROM_INIT(35, screen_init);
