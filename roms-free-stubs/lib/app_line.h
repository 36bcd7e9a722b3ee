/* A line of text under construction: a Pascal string that is appended to. */
#ifndef APP_LINE_H
#define APP_LINE_H
#include "types.h"

typedef Str255 Line;

void LineClear(uint8_t *line);
void LineText(uint8_t *line, const char *text);
void LineString(uint8_t *line, ConstStringPtr string);
void LineNumber(uint8_t *line, int32_t n);
void LineHex(uint8_t *line, uint32_t n, int digits);

#endif
