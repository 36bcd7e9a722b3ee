/* The vocabulary of Inside Macintosh in C. */
#ifndef TYPES_H
#define TYPES_H
#include <stddef.h>
#include <stdint.h>

typedef char *Ptr;
typedef Ptr *Handle;
typedef int16_t OSErr;
typedef uint8_t Boolean;
typedef uint32_t OSType;
typedef uint8_t Str255[256], Str63[64], Str31[32], Str27[28], Str15[16];
typedef uint8_t *StringPtr;
typedef const uint8_t *ConstStringPtr;
typedef void (*ProcPtr)(void);

typedef struct { int16_t v, h; } Point;
typedef struct { int16_t top, left, bottom, right; } Rect;

typedef struct QElem {
    struct QElem *qLink;
    int16_t qType;
} QElem;

typedef struct {
    int16_t qFlags;
    QElem *qHead;
    QElem *qTail;
} QHdr;

enum { dummyType = 0, vType = 1, ioQType = 2, drvQType = 3, evType = 4, fsQType = 5, dtQType = 7, nmType = 8 };

/* Pascal strings of constants: P("\5hello") carries its own length byte. */
#define P(s) ((ConstStringPtr)(s))
#define FOUR_CC(a, b, c, d) ((OSType)(uint8_t)(a) << 24 | (OSType)(uint8_t)(b) << 16 | (OSType)(uint8_t)(c) << 8 | (uint8_t)(d))

void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *at, int value, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);

#endif
