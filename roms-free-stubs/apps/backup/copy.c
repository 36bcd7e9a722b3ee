#include "copy.h"
#include "archive.h"
#include "errors.h"
#include "files.h"
#include "journal.h"
#include "scan.h"
#include "settings.h"

enum { dataForkOpen = 0x08, fileInUse = fBsyErr, pathLimit = 600 };

static uint8_t path[pathLimit + 32];
static int16_t path_lengths[deepest + 1];   /* of the folder at each depth */

/* A folder's or file's own record; the length of its path. */
static int16_t WriteEntry(const Entry *e, int folder) {
    RecordHeader *h = ArchiveHeader(folder ? kindFolder : kindFile, ++archive.objects);
    int16_t length = path_lengths[e->depth];

    h->entry.id = e->id;
    h->entry.parent = e->parent;
    h->entry.created = e->created;
    h->entry.modified = e->modified;
    h->entry.backed_up = e->backed_up;
    memcpy(h->entry.finder, e->finder, 16);
    memcpy(h->entry.finder_more, e->finder_more, 16);
    h->entry.data_length = e->lengths[0];
    h->entry.resource_length = e->lengths[1];
    h->entry.attributes = e->attributes;
    memcpy(h->entry.name, e->name, sizeof(Str31));
    if (e->depth > 0 && length < pathLimit) {
        path[length++] = ':';
        memcpy(path + length, e->name + 1, e->name[0]);
        length += e->name[0];
    }
    if (length <= pathMax) {
        h->entry.path_length = (uint16_t)length;
        memcpy(h->entry.path, path, length);
    }
    ArchiveClose(h);
    return length;
}

/* Reads up to `room` bytes from the mark on, settings.read at a time; the bytes that came. */
static int32_t Fill(HIOParam *pb, uint8_t *to, int32_t room, OSErr *err) {
    int32_t got = 0;
    while (got < room && *err == noErr) {
        pb->ioBuffer = to + got;
        pb->ioReqCount = room - got < settings.read ? room - got : settings.read;
        pb->ioPosMode = fsAtMark;
        *err = PBReadSync(pb);
        got += pb->ioActCount;
    }
    return got;
}

/* One fork, in pieces as large as the buffer has room for, read straight to where the tape will take them from. */
static OSErr CopyFork(uint32_t object, int fork, const Entry *e, RecordHeader *totals) {
    HParamBlockRec pb;
    OSErr err;
    uint32_t done = 0, sum = 0, length = e->lengths[fork];

    if (length == 0)
        return noErr;
    memset(&pb, 0, sizeof pb);
    pb.fileParam.ioNamePtr = (uint8_t *)e->name;
    pb.fileParam.ioDirID = (int32_t)e->parent;
    pb.ioParam.ioPermssn = fsRdPerm;
    /* PBHOpen would take a name that begins with a period for a driver's. */
    err = fork ? PBHOpenRFSync(&pb) : PBOpenDFSync(&pb);
    if (err)
        return err;
    while (err == noErr && archive.failed == tapeOk) {
        int32_t room;
        RecordHeader *h = ArchiveData(object, &room);
        h->piece.fork = (uint16_t)fork;
        h->piece.offset = done;
        if (length - done < (uint32_t)room)
            room = (int32_t)(length - done);
        int32_t got = Fill(&pb.ioParam, (uint8_t *)(h + 1), room, &err);
        if (got == 0) {
            archive.records--;  /* the header was not used */
            break;
        }
        sum = (sum << 1 | sum >> 31) + ArchiveCloseData(h, (uint32_t)got);
        done += (uint32_t)got;
        totals->file_end.pieces++;
        if (done >= length)
            break;
    }
    FSClose(pb.ioParam.ioRefNum);
    totals->file_end.bytes[fork] = done;
    totals->file_end.sums[fork] = sum;
    return err == eofErr && done >= length ? noErr : err;
}

static void CopyFile(const Entry *e) {
    static RecordHeader totals;     /* only its file_end part: filled while the forks go by */
    int in_use = (e->attributes & dataForkOpen) && !settings.copy_open_files;
    OSErr err = in_use ? fileInUse : noErr;
    int fork;

    WriteEntry(e, 0);
    uint32_t object = archive.objects;
    memset(&totals, 0, sizeof totals);
    for (fork = 0; fork < 2 && err == noErr; fork++)
        err = CopyFork(object, fork, e, &totals);
    totals.file_end.error = err;

    RecordHeader *h = ArchiveHeader(kindFileEnd, object);
    h->file_end = totals.file_end;
    ArchiveClose(h);
    archive.files++;
    if (err) {
        Line line;
        LineClear(line);
        LineText(line, in_use ? "in use, skipped: " : "cannot be read: ");
        LineString(line, e->name);
        LineText(line, " (");
        LineNumber(line, err);
        LineText(line, ")");
        Say(line);
        archive.incomplete++;
        if (in_use)
            archive.skipped++;
    }
}

void CopyEntries(int32_t count, ConstStringPtr volume) {
    int32_t i;
    int16_t length = volume[0];
    memcpy(path, volume + 1, length);
    if (settings.root[0]) {
        path[length++] = ':';
        memcpy(path + length, settings.root + 1, settings.root[0]);
        length += settings.root[0];
    }
    path_lengths[0] = length;
    for (i = 0; i < count && archive.failed == tapeOk; i++) {
        const Entry *e = ScanEntry(i);
        if (e->attributes & ioDirMask) {
            path_lengths[e->depth + 1] = WriteEntry(e, 1);
            archive.folders++;
        } else {
            CopyFile(e);
        }
    }
}
