#include "walk.h"
#include "archive.h"
#include "journal.h"
#include "settings.h"
#include "files.h"
#include "../../lib/app_sum.h"

/* An explicit stack instead of recursion: an application's stack has 8 K to share with every interrupt. */
enum { deepest = 32, dataForkOpen = 0x08, pathLimit = 600 };
enum { fileInUse = fBsyErr };

typedef struct {
    int32_t id;
    int16_t index;          /* of the entry to look at next, from 1 */
    int16_t path_length;    /* of the path of this folder */
} Level;

static Level levels[deepest];
static uint8_t path[pathLimit + 64];
static CInfoPBRec info;
static Str63 name;

static void FillEntry(RecordHeader *h, int16_t folder_path_length, int is_root) {
    const HFileInfo *f = &info.hFileInfo;
    const DirInfo *d = &info.dirInfo;
    int folder = (f->ioFlAttrib & ioDirMask) != 0;
    int16_t length = folder_path_length;

    h->entry.id = (uint32_t)f->ioDirID;
    h->entry.parent = (uint32_t)(folder ? d->ioDrParID : f->ioFlParID);
    h->entry.created = f->ioFlCrDat;
    h->entry.modified = f->ioFlMdDat;
    h->entry.backed_up = folder ? d->ioDrBkDat : f->ioFlBkDat;
    memcpy(h->entry.finder, folder ? (const void *)d->ioDrUsrWds : &f->ioFlFndrInfo, 16);
    memcpy(h->entry.finder_more, folder ? d->ioDrFndrInfo : f->ioFlXFndrInfo, 16);
    if (!folder) {
        h->entry.data_length = (uint32_t)f->ioFlLgLen;
        h->entry.resource_length = (uint32_t)f->ioFlRLgLen;
    }
    h->entry.attributes = f->ioFlAttrib;
    memcpy(h->entry.name, name, name[0] < 31 ? name[0] + 1 : 32);
    if (!is_root) {
        path[length++] = ':';
        memcpy(path + length, name + 1, name[0]);
        length += name[0];
    }
    if (length <= pathMax) {
        h->entry.path_length = (uint16_t)length;
        memcpy(h->entry.path, path, length);
    }
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
static OSErr CopyFork(uint32_t object, int fork, int32_t parent, int32_t length, RecordHeader *totals) {
    HParamBlockRec pb;
    OSErr err;
    uint32_t done = 0, sum = 0;

    if (length == 0)
        return noErr;
    memset(&pb, 0, sizeof pb);
    pb.fileParam.ioNamePtr = name;
    pb.fileParam.ioDirID = parent;
    pb.ioParam.ioPermssn = fsRdPerm;
    err = fork ? PBHOpenRFSync(&pb) : PBHOpenSync(&pb);
    if (err)
        return err;
    while (err == noErr && archive.failed == tapeOk) {
        int32_t room;
        RecordHeader *h = ArchiveData(object, &room);
        h->piece.fork = (uint16_t)fork;
        h->piece.offset = done;
        if ((uint32_t)length - done < (uint32_t)room)
            room = (int32_t)((uint32_t)length - done);
        int32_t got = Fill(&pb.ioParam, (uint8_t *)(h + 1), room, &err);
        if (got == 0) {
            archive.records--;  /* the header was not used */
            break;
        }
        sum = (sum << 1 | sum >> 31) + ArchiveCloseData(h, (uint32_t)got);
        done += (uint32_t)got;
        totals->file_end.pieces++;
        if (done >= (uint32_t)length)
            break;
    }
    FSClose(pb.ioParam.ioRefNum);
    totals->file_end.bytes[fork] = done;
    totals->file_end.sums[fork] = sum;
    return err == eofErr && done >= (uint32_t)length ? noErr : err;
}

static void CopyFile(int32_t parent, int16_t path_length) {
    static RecordHeader totals;     /* only its file_end part: filled while the forks go by */
    uint32_t object = ++archive.objects;
    int32_t data = info.hFileInfo.ioFlLgLen, resources = info.hFileInfo.ioFlRLgLen;
    int in_use = (info.hFileInfo.ioFlAttrib & dataForkOpen) && !settings.copy_open_files;
    OSErr err = noErr;

    RecordHeader *h = ArchiveHeader(kindFile, object);
    FillEntry(h, path_length, 0);
    ArchiveClose(h);
    memset(&totals, 0, sizeof totals);
    if (in_use)
        err = fileInUse;
    if (err == noErr)
        err = CopyFork(object, 0, parent, data, &totals);
    if (err == noErr)
        err = CopyFork(object, 1, parent, resources, &totals);
    totals.file_end.error = err;

    h = ArchiveHeader(kindFileEnd, object);
    h->file_end = totals.file_end;
    ArchiveClose(h);
    archive.files++;
    if (err) {
        Line line;
        LineClear(line);
        LineText(line, in_use ? "in use, skipped: " : "cannot be read: ");
        LineString(line, name);
        LineText(line, " (");
        LineNumber(line, err);
        LineText(line, ")");
        Say(line);
        archive.incomplete++;
        if (in_use)
            archive.skipped++;
    }
}

/* The entry `index` of `folder`, or the folder itself with index -1. */
static OSErr Look(int32_t folder, int16_t index) {
    memset(&info, 0, sizeof info);
    name[0] = 0;
    info.dirInfo.ioNamePtr = name;
    info.dirInfo.ioFDirIndex = index;
    info.dirInfo.ioDrDirID = folder;
    return PBGetCatInfoSync(&info);
}

void WalkFolder(int32_t root, ConstStringPtr volume) {
    int depth = 0;
    memcpy(path, volume + 1, volume[0]);
    levels[0].path_length = volume[0];
    levels[0].id = root;
    levels[0].index = 1;
    if (Look(root, -1) == noErr) {
        RecordHeader *h = ArchiveHeader(kindFolder, ++archive.objects);
        if (root != fsRtDirID && settings.root[0]) {
            path[levels[0].path_length++] = ':';
            memcpy(path + levels[0].path_length, settings.root + 1, settings.root[0]);
            levels[0].path_length += settings.root[0];
        }
        FillEntry(h, levels[0].path_length, 1);
        ArchiveClose(h);
        archive.folders++;
    }
    while (depth >= 0 && archive.failed == tapeOk) {
        Level *here = &levels[depth];
        if (Look(here->id, here->index) != noErr) {
            depth--;
            continue;
        }
        here->index++;
        if ((info.hFileInfo.ioFlAttrib & ioDirMask) == 0) {
            if (!IsJournal(here->id, name))
                CopyFile(here->id, here->path_length);
            continue;
        }
        int32_t id = info.dirInfo.ioDrDirID;
        int16_t length = here->path_length + 1 + name[0];
        if (depth + 1 >= deepest || length > pathLimit) {
            SayText("folder too deep, left out");
            archive.incomplete++;
            continue;
        }
        RecordHeader *h = ArchiveHeader(kindFolder, ++archive.objects);
        FillEntry(h, here->path_length, 0);
        ArchiveClose(h);
        archive.folders++;
        depth++;
        levels[depth].id = id;
        levels[depth].index = 1;
        levels[depth].path_length = length;
    }
}

int32_t FolderID(ConstStringPtr folder) {
    static Str255 full;
    if (folder[0] == 0)
        return fsRtDirID;
    full[0] = folder[0] + 1;
    full[1] = ':';
    memcpy(full + 2, folder + 1, folder[0]);
    memset(&info, 0, sizeof info);
    info.dirInfo.ioNamePtr = full;
    info.dirInfo.ioDrDirID = fsRtDirID;
    if (PBGetCatInfoSync(&info) != noErr || (info.dirInfo.ioFlAttrib & ioDirMask) == 0)
        return 0;
    return info.dirInfo.ioDrDirID;
}

void VolumeName(uint8_t *to) {
    HVolumeParam pb;
    static Str63 volume;
    memset(&pb, 0, sizeof pb);
    volume[0] = 0;
    pb.ioNamePtr = volume;
    PBHGetVInfoSync(&pb);
    memcpy(to, volume, volume[0] < 28 ? volume[0] + 1 : 28);
}
