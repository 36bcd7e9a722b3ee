/* The send and receive queues of ADSP, in the caller's memory. */
#include "adsp_internal.h"

uint16_t queue_place(const Queue *q, uint16_t after) {
    uint32_t at = (uint32_t)q->first + after;
    return (uint16_t)(at >= q->size ? at - q->size : at);
}

/* Nine places take ten bytes at most: one bit for each byte. */
void queue_init(Queue *q, uint8_t *memory, uint16_t size) {
    q->bytes = memory;
    q->size = (uint16_t)(size - (size + 8) / 9);
    q->first = 0;
    q->count = 0;
    memset(memory + q->size, 0, (size_t)(size - q->size));
}

static uint8_t *mark_byte(const Queue *q, uint16_t at) { return q->bytes + q->size + (at >> 3); }

static void put_run(Queue *q, uint16_t at, const uint8_t *data, uint16_t n) {
    uint16_t end = (uint16_t)(at + n);
    if (!n) return;
    memcpy(q->bytes + at, data, n);
    while (at < end) {
        if (!(at & 7) && end - at >= 8) {
            *mark_byte(q, at) = 0;
            at = (uint16_t)(at + 8);
        } else {
            *mark_byte(q, at) &= (uint8_t)~(1 << (at & 7));
            at++;
        }
    }
}

void queue_put(Queue *q, uint16_t at, const uint8_t *data, uint16_t n) {
    uint16_t whole = (uint16_t)(q->size - at);
    if (whole > n) whole = n;
    put_run(q, at, data, whole);
    put_run(q, 0, data + whole, (uint16_t)(n - whole));
}

void queue_mark(Queue *q, uint16_t at) {
    *mark_byte(q, at) |= (uint8_t)(1 << (at & 7));
}

int queue_is_mark(const Queue *q, uint16_t after) {
    uint16_t at = queue_place(q, after);
    return *mark_byte(q, at) >> (at & 7) & 1;
}

uint16_t queue_run(const Queue *q, uint16_t from, uint16_t n) {
    uint16_t run = 0;
    while (run < n) {
        uint16_t at = queue_place(q, (uint16_t)(from + run));
        if (!(at & 7) && n - run >= 8 && q->size - at >= 8 && !*mark_byte(q, at)) run = (uint16_t)(run + 8);
        else if (*mark_byte(q, at) >> (at & 7) & 1) break;
        else run++;
    }
    return run;
}

int queue_parts(const Queue *q, uint16_t from, uint16_t n, WDSElement *parts) {
    uint16_t at = queue_place(q, from), whole = (uint16_t)(q->size - at);
    int count = 0;
    if (whole > n) whole = n;
    if (whole) {
        parts[count].entryLength = whole;
        parts[count++].entryPtr = q->bytes + at;
    }
    if (n > whole) {
        parts[count].entryLength = (uint16_t)(n - whole);
        parts[count++].entryPtr = q->bytes;
    }
    parts[count].entryLength = 0;
    return count;
}

void queue_drop(Queue *q, uint16_t n) {
    q->first = queue_place(q, n);
    q->count = (uint16_t)(q->count - n);
}
