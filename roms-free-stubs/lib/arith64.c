/* 64-bit helpers the compiler calls; rarely used, so simple. */
#include <stdint.h>

typedef union { uint64_t all; struct { uint32_t high, low; } half; } Wide;

uint64_t __muldi3(uint64_t x, uint64_t y);
uint64_t __udivdi3(uint64_t x, uint64_t y);
uint64_t __umoddi3(uint64_t x, uint64_t y);
int64_t __divdi3(int64_t x, int64_t y);
int64_t __moddi3(int64_t x, int64_t y);
uint64_t __ashldi3(uint64_t x, int n);
uint64_t __lshrdi3(uint64_t x, int n);
int64_t __ashrdi3(int64_t x, int n);

uint64_t __ashldi3(uint64_t x, int n)
{
    Wide v = { .all = x };
    if (n >= 32) {
        v.half.high = v.half.low << (n - 32);
        v.half.low = 0;
    } else if (n > 0) {
        v.half.high = v.half.high << n | v.half.low >> (32 - n);
        v.half.low <<= n;
    }
    return v.all;
}

uint64_t __lshrdi3(uint64_t x, int n)
{
    Wide v = { .all = x };
    if (n >= 32) {
        v.half.low = v.half.high >> (n - 32);
        v.half.high = 0;
    } else if (n > 0) {
        v.half.low = v.half.low >> n | v.half.high << (32 - n);
        v.half.high >>= n;
    }
    return v.all;
}

int64_t __ashrdi3(int64_t x, int n)
{
    Wide v = { .all = (uint64_t)x };
    int32_t high = (int32_t)v.half.high;
    if (n >= 32) {
        v.half.low = (uint32_t)(high >> (n - 32));
        v.half.high = (uint32_t)(high >> 31);
    } else if (n > 0) {
        v.half.low = v.half.low >> n | (uint32_t)high << (32 - n);
        v.half.high = (uint32_t)(high >> n);
    }
    return (int64_t)v.all;
}

/* 32 x 32 -> 64 from four 16 x 16 products. */
static uint64_t widening_multiply(uint32_t x, uint32_t y)
{
    uint32_t xl = (uint16_t)x, xh = x >> 16, yl = (uint16_t)y, yh = y >> 16;
    uint32_t low = xl * yl, middle = xh * yl + (low >> 16), other = xl * yh + (uint16_t)middle;
    Wide v;
    v.half.high = xh * yh + (middle >> 16) + (other >> 16);
    v.half.low = other << 16 | (uint16_t)low;
    return v.all;
}

uint64_t __muldi3(uint64_t x, uint64_t y)
{
    Wide a = { .all = x }, b = { .all = y }, v;
    v.all = widening_multiply(a.half.low, b.half.low);
    v.half.high += a.half.high * b.half.low + a.half.low * b.half.high;
    return v.all;
}

static uint64_t divide(uint64_t x, uint64_t y, uint64_t *remainder)
{
    uint64_t q = 0, r = 0;
    for (int bit = 0; bit < 64; bit++) {
        int carry = (int64_t)r < 0;
        r = r + r + ((int64_t)x < 0);
        x += x;
        q += q;
        if (carry || r >= y) {
            r -= y;
            q++;
        }
    }
    *remainder = r;
    return q;
}

uint64_t __udivdi3(uint64_t x, uint64_t y) { uint64_t r; return divide(x, y, &r); }
uint64_t __umoddi3(uint64_t x, uint64_t y) { uint64_t r; divide(x, y, &r); return r; }

int64_t __divdi3(int64_t x, int64_t y)
{
    uint64_t r, q = divide(x < 0 ? -(uint64_t)x : (uint64_t)x, y < 0 ? -(uint64_t)y : (uint64_t)y, &r);
    return (int64_t)((x < 0) != (y < 0) ? -q : q);
}

int64_t __moddi3(int64_t x, int64_t y)
{
    uint64_t r;
    divide(x < 0 ? -(uint64_t)x : (uint64_t)x, y < 0 ? -(uint64_t)y : (uint64_t)y, &r);
    return (int64_t)(x < 0 ? -r : r);
}
