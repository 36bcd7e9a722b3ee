/* Does what `Atalk Commands`, a text file at the root of the volume, says line by line, and what is typed after the line `keyboard`.
   What it finds stands in `Atalk Results`; then it ends. */
#include "atalk.h"
#include "events.h"
#include "files.h"
#include "low_memory.h"
#include "memory.h"
#include "status.h"

enum { textBytes = 4000, defaultCount = 5, idleTicks = 10 };

/* The next word of a line; what is in quotation marks is one word. */
static int Word(ConstStringPtr line, int *at, uint8_t *word) {
    uint8_t end = ' ';
    word[0] = 0;
    while (*at <= line[0] && line[*at] == ' ')
        ++*at;
    if (*at <= line[0] && line[*at] == '"') {
        end = '"';
        ++*at;
    }
    while (*at <= line[0] && line[*at] != end)
        word[++word[0]] = line[(*at)++];
    ++*at;
    return word[0] != 0;
}

static int Is(const uint8_t *word, const char *text) { return word[0] == strlen(text) && memcmp(word + 1, text, word[0]) == 0; }

static uint16_t Count(const uint8_t *word) {
    uint32_t n = 0;
    int i;
    for (i = 1; i <= word[0] && word[i] >= '0' && word[i] <= '9' && n < 1000; i++)
        n = n * 10 + (uint32_t)(word[i] - '0');
    return n > 1000 ? 1000 : (uint16_t)n;
}

typedef enum { goOn, readKeyboard, quit } After;

static After Do(ConstStringPtr command) {
    static Str255 verb, what, count;
    Line line;
    int at = 1;
    if (!Word(command, &at, verb))
        return goOn;
    LineClear(line);
    LineText(line, "> ");
    LineString(line, command);
    Say(line);
    Word(command, &at, what);
    Word(command, &at, count);
    if (Is(verb, "lookup"))
        LookUpNames(what);
    else if (Is(verb, "echo") && what[0])
        Echo(what, count[0] ? Count(count) : defaultCount);
    else if (Is(verb, "zones"))
        ListZones();
    else if (Is(verb, "pause"))
        Pause(60u * Count(what));
    else if (Is(verb, "keyboard"))
        return readKeyboard;
    else if (Is(verb, "quit"))
        return quit;
    else {
        LineText(line, "commands: lookup NAME:TYPE@ZONE, echo NET.NODE or NAME:TYPE@ZONE COUNT, zones, pause SECONDS, keyboard, quit");
        Say(line);
    }
    JournalFlush();
    return goOn;
}

/* Lines as they are typed, until `quit`. */
static void Typed(void) {
    static Line line;
    LineClear(line);
    for (;;) {
        EventRecord event;
        uint8_t c;
        if (!WaitNextEvent(everyEvent, &event, idleTicks, 0) || (event.what != keyDown && event.what != autoKey))
            continue;
        c = (uint8_t)event.message;
        if (c == '\r' || c == 3) {
            if (Do(line) == quit)
                return;
            LineClear(line);
        } else if (c == 8) {
            line[0] -= line[0] > 0;
        } else if (c >= ' ' && line[0] < 250) {
            line[++line[0]] = c;
        }
    }
}

static int32_t ReadCommands(char *text) {
    int16_t file;
    int32_t count = textBytes;
    if (HOpen(0, fsRtDirID, P("\16Atalk Commands"), fsRdPerm, &file))
        return 0;
    FSRead(file, &count, text);
    FSClose(file);
    return count;
}

int main(void) {
    static char text[textBytes];
    int32_t length, i;
    After after = goOn;
    Line line;
    OSErr err;
    JournalOpen(P("\15Atalk Results"), FOUR_CC('t', 't', 'x', 't'), 1);
    err = NetworkOpen();
    if (err)
        SayNumber("cannot start: ", err);
    length = err ? 0 : ReadCommands(text);
    if (!err && length == 0)
        after = readKeyboard;
    LineClear(line);
    for (i = 0; i < length && after == goOn; i++) {
        int end = text[i] == '\r' || text[i] == '\n';
        if (!end && line[0] < 250)
            line[++line[0]] = (uint8_t)text[i];
        if (end || i == length - 1) {
            after = Do(line);
            LineClear(line);
        }
    }
    if (after == readKeyboard)
        Typed();
    LineText(line, "done");
    Say(line);
    JournalFlush();
    return 0;
}
