#ifndef FONT_H
#define FONT_H
#include "types.h"

extern const uint8_t font_rows[95][7];
#endif
