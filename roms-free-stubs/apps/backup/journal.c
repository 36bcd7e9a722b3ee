#include "journal.h"
#include "files.h"
#include "memory.h"
#include "status.h"

enum { journalSize = 8000 };
static const uint8_t file_name[] = "\12Backup Log";

static char *text;
static int32_t length, written;

void JournalOpen(void) {
    text = NewPtr(journalSize);
    length = written = 0;
}

void Say(uint8_t *line) {
    line[line[0] < 255 ? line[0] + 1 : 255] = 0;
    StatusPrint((char *)line + 1);
    if (text && length + line[0] + 1 <= journalSize) {
        memcpy(text + length, line + 1, line[0]);
        length += line[0];
        text[length++] = '\r';
    }
    LineClear(line);
}

void SayText(const char *words) {
    Line line;
    LineClear(line);
    LineText(line, words);
    Say(line);
}

void SayNumber(const char *words, int32_t n) {
    Line line;
    LineClear(line);
    LineText(line, words);
    LineNumber(line, n);
    Say(line);
}

void ShowProgress(const char *what, int32_t files, int32_t kilobytes) {
    Line line;
    LineClear(line);
    LineText(line, what);
    LineNumber(line, files);
    LineText(line, " files, ");
    LineNumber(line, kilobytes);
    LineText(line, " KB   ");
    line[line[0] + 1] = 0;
    StatusRow(0, (char *)line + 1);
}

void JournalFlush(void) {
    int16_t file;
    int32_t count = length - written;
    if (!text || count == 0)
        return;
    if (written == 0) {
        HDelete(0, fsRtDirID, file_name);
        if (HCreate(0, fsRtDirID, file_name, FOUR_CC('B', 'k', 'u', 'p'), FOUR_CC('T', 'E', 'X', 'T')))
            return;
    }
    if (HOpen(0, fsRtDirID, file_name, fsRdWrPerm, &file))
        return;
    if (SetFPos(file, fsFromLEOF, 0) == 0 && FSWrite(file, &count, text + written) == 0)
        written = length;
    FSClose(file);
    FlushVol(0, 0);
}

int IsJournal(int32_t parent, ConstStringPtr name) {
    return parent == fsRtDirID && memcmp(name, file_name, file_name[0] + 1) == 0;
}
