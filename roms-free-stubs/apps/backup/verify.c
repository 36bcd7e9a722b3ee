#include "verify.h"
#include "archive.h"
#include "files.h"
#include "journal.h"
#include "reader.h"
#include "settings.h"
#include "../../lib/app_sum.h"

enum { tellAtMost = 20 };

typedef struct {
    uint32_t object;
    int32_t parent;
    Str31 name;
    int16_t refs[2];            /* 0: not open */
    uint32_t done[2], sums[2];
    uint32_t modified;
    int8_t changed;             /* the file is not the one that was backed up any more */
} OpenFile;

static OpenFile current;
static int32_t differences;
static uint32_t files, bytes, begun;

static void Tell(const char *what, uint32_t number, ConstStringPtr name) {
    Line line;
    if (differences++ >= tellAtMost)
        return;
    LineClear(line);
    LineText(line, what);
    LineNumber(line, (int32_t)number);
    if (name) {
        LineText(line, " of ");
        LineString(line, name);
    }
    Say(line);
}

static void BadRecord(const RecordHeader *h) {
    Tell("bad record ", h->sequence, h->object == current.object ? current.name : 0);
}

static void CloseFile(void) {
    int fork;
    for (fork = 0; fork < 2; fork++)
        if (current.refs[fork])
            FSClose(current.refs[fork]);
    memset(&current, 0, sizeof current);
}

/* The modification date on the disk now; 0 when there is no such file. */
static uint32_t ModifiedNow(void) {
    CInfoPBRec info;
    memset(&info, 0, sizeof info);
    info.hFileInfo.ioNamePtr = current.name;
    info.hFileInfo.ioDirID = current.parent;
    return PBGetCatInfoSync(&info) == noErr ? info.hFileInfo.ioFlMdDat : 0;
}

static void BeginFile(const RecordHeader *h) {
    CloseFile();
    current.object = h->object;
    current.parent = (int32_t)h->entry.parent;
    memcpy(current.name, h->entry.name, 32);
    current.modified = h->entry.modified;
    current.changed = ModifiedNow() != current.modified;
    files++;
}

static OSErr OpenFork(int fork) {
    HParamBlockRec pb;
    memset(&pb, 0, sizeof pb);
    pb.fileParam.ioNamePtr = current.name;
    pb.fileParam.ioDirID = current.parent;
    pb.ioParam.ioPermssn = fsRdPerm;
    OSErr err = fork ? PBHOpenRFSync(&pb) : PBOpenDFSync(&pb);
    if (err == noErr)
        current.refs[fork] = pb.ioParam.ioRefNum;
    return err;
}

static void ComparePiece(const RecordHeader *h, uint8_t *other) {
    int fork = h->piece.fork & 1;
    HParamBlockRec pb;
    OSErr err = noErr;

    bytes += h->length;
    current.sums[fork] = (current.sums[fork] << 1 | current.sums[fork] >> 31) + h->sum;
    if (h->object != current.object)
        return;     /* its file record was lost, which is counted already */
    current.done[fork] += h->length;
    if (current.changed)
        return;
    if (!current.refs[fork])
        err = OpenFork(fork);
    if (err == noErr) {
        memset(&pb, 0, sizeof pb);
        pb.ioParam.ioRefNum = current.refs[fork];
        pb.ioParam.ioBuffer = other;
        pb.ioParam.ioReqCount = (int32_t)h->length;
        pb.ioParam.ioPosMode = fsFromStart;
        pb.ioParam.ioPosOffset = (int32_t)h->piece.offset;
        err = PBReadSync(&pb);
    }
    if (err) {
        Tell("cannot compare, disk error ", (uint32_t)-err, current.name);
        return;
    }
    memset(other + h->length, 0, WholeBlocks(h->length) - h->length);
    uint32_t longs = (h->length + 3) >> 2;
    uint32_t same = SameLongs(h + 1, other, longs);
    if (same < longs)
        Tell("tape and disk differ at byte ", h->piece.offset + (same << 2), current.name);
}

static void EndFile(const RecordHeader *h) {
    int fork;
    if (h->object != current.object)
        return;
    for (fork = 0; fork < 2; fork++)
        if (current.done[fork] != h->file_end.bytes[fork] || current.sums[fork] != h->file_end.sums[fork])
            Tell("pieces missing, fork ", (uint32_t)fork, current.name);
    if (current.changed && h->file_end.error == 0) {
        Line line;
        LineClear(line);
        LineText(line, "changed since the backup, not compared: ");
        LineString(line, current.name);
        Say(line);
    }
    CloseFile();
}

int32_t Verify(void *window, void *other) {
    RecordHeader *h;
    int ended = 0;
    differences = 0;
    files = bytes = begun = 0;
    memset(&current, 0, sizeof current);
    ReaderBegin(window, settings.buffer, archive.session);
    while (!ended && (h = ReaderNext(BadRecord)) != 0) {
        switch (h->kind) {
        case kindSession: begun = 1; break;
        case kindFile: BeginFile(h); break;
        case kindData: ComparePiece(h, other); break;
        case kindFileEnd:
            EndFile(h);
            if ((files & 7) == 0)
                ShowProgress("Verify: ", (int32_t)files, (int32_t)(bytes >> 10));
            break;
        case kindSessionEnd: ended = 1; break;
        default: break;
        }
    }
    CloseFile();
    reader.missing += archive.records - reader.next;
    if (!begun || !ended || reader.missing)
        Tell("records missing on the tape: ", reader.missing, 0);
    SayNumber("verify records good ", (int32_t)reader.good);
    SayNumber("verify records bad ", (int32_t)reader.bad);
    SayNumber("verify blocks skipped ", (int32_t)reader.skipped);
    SayNumber("verify differences ", differences);
    return differences;
}
