#ifndef FONT_H
#define FONT_H
#include "types.h"

enum { FONT_LETTERS = 95, FONT_HEIGHT = 9, FONT_WIDTH = 5 };   /* from the space on */

extern const uint8_t font_rows[FONT_LETTERS][FONT_HEIGHT];
#endif
