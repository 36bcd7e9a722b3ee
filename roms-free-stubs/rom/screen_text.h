/* Text panes: the screen as panes one above the other, each a title and rows of 64 letters.  A letter is five dots by nine in
   a cell of eight by eleven, so that two lines stay blank below a tail. */
#ifndef SCREEN_TEXT_H
#define SCREEN_TEXT_H
#include "types.h"

enum { COLUMNS = 64, ROW_BYTES = 64, SCREEN_HEIGHT = 342, ROW_HEIGHT = 11, TITLE_HEIGHT = 14, SYSTEM_PANE = 0, PANES = 4 };

typedef struct {
    int16_t top;                /* line of the screen at which the title begins */
    uint8_t rows;               /* of text, below the title */
    uint8_t cursor;             /* row to be written next */
    uint8_t held;               /* rows at the top that do not scroll, as they are set by number */
    uint8_t in_use;
} Pane;

extern Pane panes[PANES];

/* `y` is a line of the screen, `column` a byte; `invert` is 0 or 0xFF. */
void draw_text(int y, int column, const char *text, uint8_t invert);
void draw_pstr(int y, int column, ConstStringPtr text, uint8_t invert);
void fill_box(int top, int bottom, int left_byte, int right_byte, uint8_t pattern);

/* A C string of at most 12 bytes. */
void decimal_text(char *to, int32_t value);

int16_t pane_open(ConstStringPtr title);        /* -> index; the system's pane when all are taken */
void pane_close(int16_t index);
void pane_print(int16_t index, const char *text);
void pane_set_row(int16_t index, int16_t row, const char *text);
void pane_mark_front(int16_t index, ConstStringPtr title, int front);
#endif
