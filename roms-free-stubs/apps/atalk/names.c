#include "atalk.h"

enum { lookupInterval = 4, lookupCount = 4 };   /* four lookups in about two seconds */

void LineAddress(uint8_t *line, const AddrBlock *address) {
    LineNumber(line, address->aNet);
    LineText(line, ".");
    LineNumber(line, address->aNode);
    LineText(line, ".");
    LineNumber(line, address->aSocket);
}

/* One part of a pattern, up to `end` or the string's end; `otherwise` when it is empty. The position behind `end`. */
static int Part(ConstStringPtr pattern, int at, uint8_t end, const char *otherwise, uint8_t *to) {
    to[0] = 0;
    while (at <= pattern[0] && pattern[at] != end) {
        if (to[0] < 32)
            to[++to[0]] = pattern[at];
        at++;
    }
    if (to[0] == 0)
        to[++to[0]] = (uint8_t)*otherwise;
    return at + 1;
}

void EntityOf(ConstStringPtr pattern, uint8_t *entity) {
    Str63 object, type, zone;
    int at = Part(pattern, 1, ':', "=", object);
    at = Part(pattern, at, '@', "=", type);
    Part(pattern, at, 0, "*", zone);
    NBPSetEntity(entity, object, type, zone);
}

int FindName(ConstStringPtr pattern, AddrBlock *address) {
    EntityName wanted, found;
    EntityOf(pattern, wanted);
    return LookUp(wanted, lookupInterval, lookupCount, 1) > 0 && NBPExtract(name_buffer, 1, 1, found, address) == 0;
}

void LookUpNames(ConstStringPtr pattern) {
    EntityName wanted;
    uint16_t count, i;
    Line line;
    EntityOf(pattern, wanted);
    count = LookUp(wanted, lookupInterval, lookupCount, maxNames);
    LineClear(line);
    for (i = 1; i <= count; i++) {
        EntityName name;
        AddrBlock address;
        const uint8_t *type, *zone;
        if (NBPExtract(name_buffer, count, i, name, &address))
            break;
        type = name + name[0] + 1;
        zone = type + type[0] + 1;
        LineText(line, "name ");
        LineAddress(line, &address);
        LineText(line, " ");
        LineString(line, name);
        LineText(line, ":");
        LineString(line, type);
        LineText(line, "@");
        LineString(line, zone);
        Say(line);
    }
    SayNumber("names ", count);
}
