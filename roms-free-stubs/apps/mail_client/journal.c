#include "journal.h"
#include "files.h"
#include "status.h"

enum { journalBytes = 8000 };

static Str63 name;
static OSType made_by;
static char text[journalBytes];
static int32_t length;

void JournalOpen(ConstStringPtr file_name, OSType creator, int fresh) {
    memcpy(name, file_name, file_name[0] + 1u);
    made_by = creator;
    if (fresh)
        HDelete(0, fsRtDirID, name);
}

void Say(uint8_t *line) {
    line[line[0] < 255 ? line[0] + 1 : 255] = 0;
    StatusPrint((char *)line + 1);
    if (length + line[0] + 1 <= journalBytes) {
        memcpy(text + length, line + 1, line[0]);
        length += line[0];
        text[length++] = '\r';
    }
    LineClear(line);
}

void SayNumber(const char *words, int32_t n) {
    Line line;
    LineClear(line);
    LineText(line, words);
    LineNumber(line, n);
    Say(line);
}

void JournalFlush(void) {
    int16_t file;
    int32_t count = length;
    if (count == 0)
        return;
    if (HOpen(0, fsRtDirID, name, fsRdWrPerm, &file)
        && (HCreate(0, fsRtDirID, name, made_by, FOUR_CC('T', 'E', 'X', 'T')) || HOpen(0, fsRtDirID, name, fsRdWrPerm, &file)))
        return;
    if (SetFPos(file, fsFromLEOF, 0) == 0 && FSWrite(file, &count, text) == 0)
        length = 0;
    FSClose(file);
    FlushVol(0, 0);
}
