/* A report on the machine it runs on: it reads every document of the volume, sums what it read, measures how fast the processor is,
   writes all of this to a file, and ends. The screen shows only what must be the same on every machine with the same disk. */
#include "files.h"
#include "low_memory.h"
#include "memory.h"
#include "status.h"
#include "../../lib/app_line.h"
#include "../../lib/app_prefs.h"
#include "../backup/journal.h"
#include "../backup/scan.h"

enum { bufferBytes = 16384, textBytes = 1000, measuredTicks = 60 };
static const uint8_t file_name[] = "\16Machine Report";

static char text[textBytes];
static int32_t length;
static uint8_t *buffer;

static struct {
    int32_t files, bytes, errors;
    uint32_t sum;
} documents;

/* Files beside the folders belong to the programs, which may be writing them. */
int IsJournal(int32_t parent, ConstStringPtr name) { return parent == fsRtDirID; }

static void Note(const uint8_t *line) {
    if (length + line[0] + 1 > textBytes)
        return;
    memcpy(text + length, line + 1, line[0]);
    length += line[0];
    text[length++] = '\r';
}

static void NoteNumber(const char *key, int32_t n) {
    Line line;
    LineClear(line);
    LineText(line, key);
    LineNumber(line, n);
    Note(line);
}

static void Show(uint8_t *line) {
    Note(line);
    line[line[0] + 1] = 0;
    StatusPrint((char *)line + 1);
    LineClear(line);
}

/* Each byte after a rotation by one bit, so that the order counts. */
static uint32_t SumFork(const Entry *e, int resource) {
    HParamBlockRec pb;
    Str63 name;
    uint32_t sum = 0, left = e->lengths[resource];
    int16_t file;
    memset(&pb, 0, sizeof pb);
    memcpy(name, e->name, e->name[0] + 1u);
    pb.fileParam.ioNamePtr = name;
    pb.fileParam.ioDirID = (int32_t)e->parent;
    pb.ioParam.ioPermssn = fsRdPerm;
    if (resource ? PBHOpenRFSync(&pb) : PBHOpenSync(&pb)) {
        documents.errors++;
        return 0;
    }
    file = pb.ioParam.ioRefNum;
    while (left > 0) {
        int32_t count = left < bufferBytes ? (int32_t)left : bufferBytes;
        if (FSRead(file, &count, buffer) || count <= 0) {
            documents.errors++;
            break;
        }
        for (const uint8_t *p = buffer, *end = buffer + count; p < end; p++)
            sum = (sum << 1 | sum >> 31) + *p;
        left -= (uint32_t)count;
        documents.bytes += count;
    }
    FSClose(file);
    return sum;
}

/* Everything in folders other than the System Folder. */
static void ReadDocuments(void) {
    int32_t left_out, count = ScanFolder(fsRtDirID, &left_out), system = SystemFolderID();
    int inside_system = 0;
    documents.errors = left_out;
    for (int32_t index = 1; index < count; index++) {
        const Entry *e = ScanEntry(index);
        if (e->depth == 1)
            inside_system = (int32_t)e->id == system;
        if (inside_system || (e->attributes & ioDirMask))
            continue;
        documents.files++;
        for (int resource = 0; resource < 2; resource++)
            if (e->lengths[resource])
                documents.sum += SumFork(e, resource);
    }
    ScanForget();
}

/* Turns of a loop in RAM during a second of vertical retraces. */
static int32_t CountTurns(void) {
    int32_t turns = 0;
    uint32_t end = Ticks + 1;
    while (Ticks < end) {}
    end += measuredTicks;
    while (Ticks < end)
        turns++;
    return turns;
}

static OSErr WriteFile(void) {
    int16_t file;
    int32_t count = length;
    OSErr err;
    HDelete(0, fsRtDirID, file_name);
    err = HCreate(0, fsRtDirID, file_name, FOUR_CC('t', 't', 'x', 't'), FOUR_CC('T', 'E', 'X', 'T'));
    if (err == noErr)
        err = HOpen(0, fsRtDirID, file_name, fsRdWrPerm, &file);
    if (err)
        return err;
    err = FSWrite(file, &count, text);
    FSClose(file);
    return err ? err : FlushVol(0, 0);
}

int main(void) {
    Line line;
    uint32_t begin;
    OSErr err;
    LineClear(line);
    LineText(line, "memory ");
    LineNumber(line, (int32_t)((uint32_t)MemTop >> 10));
    Show(line);
    buffer = (uint8_t *)NewPtr(bufferBytes);
    if (!buffer) {
        LineText(line, "not enough memory");
        Show(line);
        return 1;
    }
    begin = Ticks;
    ReadDocuments();
    begin = Ticks - begin;
    LineText(line, "documents ");
    LineNumber(line, documents.files);
    Show(line);
    LineText(line, "bytes ");
    LineNumber(line, documents.bytes);
    Show(line);
    LineText(line, "sum ");
    LineHex(line, documents.sum, 8);
    Show(line);
    LineText(line, "errors ");
    LineNumber(line, documents.errors);
    Show(line);
    NoteNumber("ticks-reading ", (int32_t)begin);
    NoteNumber("turns-in-60-ticks ", CountTurns());
    NoteNumber("dbra-in-1-ms ", TimeDBRA);
    NoteNumber("scc-reads-in-1-ms ", TimeSCCDB);
    NoteNumber("scsi-reads-in-1-ms ", TimeSCSIDB);
    err = WriteFile();
    LineText(line, err ? "not written, error " : "written, errors ");
    LineNumber(line, err);
    Show(line);
    return 0;
}
