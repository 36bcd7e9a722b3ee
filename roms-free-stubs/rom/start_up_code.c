/* A list of the start-up documents' code: a debugger reads start_up_code (records of START_UP_BYTES, an empty name ends it)
   to find a symbol of NAME.sym at code_low + its offset. */
#include "internal.h"

enum { MOST_DOCUMENTS = 16, START_UP_BYTES = 40 };

typedef struct {
    uint8_t name[32];
    Ptr code_low, code_high;
} StartUpCode;

_Static_assert(sizeof(StartUpCode) == START_UP_BYTES, "debuggers count on the record's size");

StartUpCode start_up_code[MOST_DOCUMENTS + 1];

void note_start_up_code(ConstStringPtr name, void *code, int32_t length)
{
    for (StartUpCode *s = start_up_code; s < start_up_code + MOST_DOCUMENTS; s++)
        if (s->name[0] == 0) {
            memcpy(s->name, name, name[0] + 1u);
            s->code_low = code;
            s->code_high = (Ptr)code + length;
            return;
        }
}
