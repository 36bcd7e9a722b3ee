/* The helpers for the plain 68000 against the compiler's own arithmetic. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint32_t __mulsi3(uint32_t, uint32_t), __udivsi3(uint32_t, uint32_t), __umodsi3(uint32_t, uint32_t);
int32_t __divsi3(int32_t, int32_t), __modsi3(int32_t, int32_t);

static void fail(const char *what, uint32_t a, uint32_t b)
{
    printf("%s of %lx and %lx\n", what, (long)a, (long)b);
    exit(1);
}

static uint32_t any(void)
{
    uint32_t r = (uint32_t)rand() << 17 ^ (uint32_t)rand();
    return r >> (rand() % 32);
}

int main(void)
{
    static uint8_t field[600], expected[600];
    srand(2);
    for (int n = 0; n < 100000; n++) {
        uint32_t a = any(), b = any() | (n % 3 == 0);
        if (__mulsi3(a, b) != a * b)
            fail("mulsi3", a, b);
        if (b && (__udivsi3(a, b) != a / b || __umodsi3(a, b) != a % b))
            fail("udivsi3", a, b);
        if (b && !(a == 0x80000000 && b == 0xFFFFFFFF)
            && (__divsi3((int32_t)a, (int32_t)b) != (int32_t)a / (int32_t)b || __modsi3((int32_t)a, -(int32_t)b) != (int32_t)a % -(int32_t)b))
            fail("divsi3", a, b);
    }
    for (int n = 0; n < 20000; n++) {
        unsigned from = (unsigned)rand() % 250, to = (unsigned)rand() % 250, count = (unsigned)rand() % 300;
        uint8_t copy[300];
        for (unsigned i = 0; i < sizeof field; i++)
            expected[i] = field[i] = (uint8_t)rand();
        for (unsigned i = 0; i < count; i++)
            copy[i] = field[from + i];
        for (unsigned i = 0; i < count; i++)
            expected[to + i] = copy[i];
        memmove(field + to, field + from, count);
        memset(field + 560, n, (unsigned)n % 37);
        for (unsigned i = 0; i < (unsigned)n % 37; i++)
            expected[560 + i] = (uint8_t)n;
        for (unsigned i = 0; i < sizeof field; i++)
            if (field[i] != expected[i])
                fail("block", from, to);
    }
    printf("lib: arithmetic and block helpers agree with the compiler's\n");
    return 0;
}
