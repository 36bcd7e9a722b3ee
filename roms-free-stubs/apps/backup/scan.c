#include "scan.h"
#include "journal.h"
#include "files.h"
#include "memory.h"

/* An explicit stack instead of recursion: an application's stack has 8 K to share with every interrupt. */
enum { perChunk = 64, maxChunks = 128 };

static Entry *chunks[maxChunks];
static int32_t count;
static CInfoPBRec info;
static Str63 name;
static struct {
    int32_t id;
    int16_t index;      /* of the entry to look at next, from 1 */
} levels[deepest];

/* The entry `index` of `folder`, or the folder itself with index -1. */
static OSErr Look(int32_t folder, int16_t index) {
    memset(&info, 0, sizeof info);
    name[0] = 0;
    info.dirInfo.ioNamePtr = name;
    info.dirInfo.ioFDirIndex = index;
    info.dirInfo.ioDrDirID = folder;
    return PBGetCatInfoSync(&info);
}

static int IsFolder(void) { return (info.hFileInfo.ioFlAttrib & ioDirMask) != 0; }

/* Keeps what Look has found; 0 without memory. */
static int Keep(int depth) {
    const HFileInfo *f = &info.hFileInfo;
    const DirInfo *d = &info.dirInfo;
    Entry **chunk = &chunks[(uint32_t)count / perChunk], *e;
    if ((uint32_t)count / perChunk >= maxChunks)
        return 0;
    if (!*chunk && (*chunk = (Entry *)NewPtrClear(perChunk * sizeof(Entry))) == 0)
        return 0;
    e = *chunk + (uint32_t)count % perChunk;
    e->id = (uint32_t)f->ioDirID;
    e->parent = (uint32_t)(IsFolder() ? d->ioDrParID : f->ioFlParID);
    e->created = f->ioFlCrDat;
    e->modified = f->ioFlMdDat;
    e->backed_up = IsFolder() ? d->ioDrBkDat : f->ioFlBkDat;
    memcpy(e->finder, IsFolder() ? (const void *)d->ioDrUsrWds : &f->ioFlFndrInfo, 16);
    memcpy(e->finder_more, IsFolder() ? d->ioDrFndrInfo : f->ioFlXFndrInfo, 16);
    e->lengths[0] = IsFolder() ? 0 : (uint32_t)f->ioFlLgLen;
    e->lengths[1] = IsFolder() ? 0 : (uint32_t)f->ioFlRLgLen;
    e->attributes = f->ioFlAttrib;
    e->depth = (uint8_t)depth;
    memcpy(e->name, name, name[0] < 31 ? name[0] + 1 : 32);
    count++;
    return 1;
}

int32_t ScanFolder(int32_t root, int32_t *left_out) {
    int depth = 0;
    count = *left_out = 0;
    if (Look(root, -1) || !Keep(0))
        return 0;
    levels[0].id = root;
    levels[0].index = 1;
    while (depth >= 0) {
        if (Look(levels[depth].id, levels[depth].index)) {
            depth--;
            continue;
        }
        levels[depth].index++;
        if (!IsFolder() && IsJournal(levels[depth].id, name))
            continue;
        if ((IsFolder() && depth + 2 >= deepest) || !Keep(depth + 1)) {
            ++*left_out;
            continue;
        }
        if (IsFolder()) {
            int32_t id = info.dirInfo.ioDrDirID;
            depth++;
            levels[depth].id = id;
            levels[depth].index = 1;
        }
    }
    return count;
}

const Entry *ScanEntry(int32_t index) {
    return chunks[(uint32_t)index / perChunk] + (uint32_t)index % perChunk;
}

void ScanForget(void) {
    int i;
    for (i = 0; i < maxChunks && chunks[i]; i++) {
        (void)DisposePtr(chunks[i]);
        chunks[i] = 0;
    }
    count = 0;
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
    if (PBGetCatInfoSync(&info) != noErr || !IsFolder())
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
