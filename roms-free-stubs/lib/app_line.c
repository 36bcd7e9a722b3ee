#include "app_line.h"

static void Put(uint8_t *line, uint8_t c) {
    if (line[0] < 255)
        line[++line[0]] = c;
}

void LineClear(uint8_t *line) { line[0] = 0; }

void LineText(uint8_t *line, const char *text) {
    while (*text)
        Put(line, (uint8_t)*text++);
}

void LineString(uint8_t *line, ConstStringPtr string) {
    int i;
    for (i = 1; i <= string[0]; i++)
        Put(line, string[i]);
}

/* By subtraction of powers of ten, largest first: a 68000 cannot divide 32 bits in one instruction. */
void LineNumber(uint8_t *line, int32_t n) {
    uint32_t rest = n < 0 ? -(uint32_t)n : (uint32_t)n;
    static const uint32_t powers[10] = {1000000000, 100000000, 10000000, 1000000, 100000, 10000, 1000, 100, 10, 1};
    int i, begun = 0;
    if (n < 0)
        Put(line, '-');
    for (i = 0; i < 10; i++) {
        uint8_t digit = '0';
        while (rest >= powers[i]) {
            rest -= powers[i];
            digit++;
        }
        if (digit != '0')
            begun = 1;
        if (begun || i == 9)
            Put(line, digit);
    }
}

void LineHex(uint8_t *line, uint32_t n, int digits) {
    while (digits-- > 0) {
        int nibble = n >> (digits << 2) & 15;
        Put(line, (uint8_t)(nibble < 10 ? '0' + nibble : 'A' - 10 + nibble));
    }
}
