/* Text panes: the screen as 64 columns by 42 rows of 8 x 8 dots, divided into panes with a title row each. */
#ifndef SCREEN_TEXT_H
#define SCREEN_TEXT_H
#include "types.h"

enum { COLUMNS = 64, ROWS = 42, ROW_BYTES = 64, SCREEN_HEIGHT = 342, SYSTEM_PANE = 0, PANES = 4 };

typedef struct {
    uint8_t top, rows;          /* title row and how many rows there are, title included */
    uint8_t cursor;             /* next row to be written, counted from below the title */
    uint8_t in_use;
} Pane;

extern Pane panes[PANES];

void draw_char(int row, int column, uint8_t c, uint8_t invert);
void draw_text(int row, int column, const char *text, uint8_t invert);
void fill_box(int top, int bottom, int left_byte, int right_byte, uint8_t pattern);

int16_t pane_open(ConstStringPtr title);        /* -> index; the system's pane when all are taken */
void pane_close(int16_t index);
void pane_print(int16_t index, const char *text);
void pane_set_row(int16_t index, int16_t row, const char *text);
void pane_mark_front(int16_t index, ConstStringPtr title, int front);
#endif
