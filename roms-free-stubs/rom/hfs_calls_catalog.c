/* File Manager calls on entries of the catalogue: Create to CatMove, flat and hierarchical. */
#include "hfs.h"

/* A flat call has no directory in its parameter block. */
static uint32_t dir_in(const void *pb)
{
    const HFileParam *p = pb;
    return hierarchical((const IOParam *)p) ? p->ioDirID : 0;
}

static OSErr writable_volume(VCB *vcb) { return vcb->vcbAtrb & 0x0080 ? wPrErr : vcb->vcbAtrb & 0x8000 ? vLckdErr : noErr; }

static OSErr create(void *p, int directory)
{
    HFileParam *pb = p;
    Target target;
    uint32_t id;
    OSErr err = find_target(pb->ioNamePtr, pb->ioVRefNum, dir_in(pb), &target);
    if (!err && target.name[0] == 0)
        err = bdNamErr;
    if (!err)
        err = writable_volume(target.vcb);
    if (!err)
        err = catalog_create(target.vcb, target.dir, target.name, directory, &id);
    if (!err && directory)
        pb->ioDirID = id;
    return err;
}

OSErr fs_create(void *pb) { return create(pb, 0); }
OSErr fs_dir_create(void *pb) { return create(pb, 1); }

static int is_open(VCB *vcb, uint32_t file, int fork)
{
    FCB *fcb;
    for (fcb = path_next(0); fcb; fcb = path_next(fcb))
        if (fcb->fcbVPtr == vcb && fcb->fcbFlNum == file && fork_of(fcb) == fork)
            return 1;
    return 0;
}

OSErr fs_delete(void *p)
{
    HFileParam *pb = p;
    CatEntry entry;
    FileRecord file;
    OSErr err = find_entry(pb->ioNamePtr, pb->ioVRefNum, dir_in(pb), &entry);
    if (!err)
        err = writable_volume(entry.vcb);
    if (err)
        return err;
    if (entry.record.type == cdrDirRec)
        return catalog_delete(&entry);
    file = entry.record.file;
    if (file.filFlags & file_locked)
        return fLckdErr;
    if (is_open(entry.vcb, file.filFlNum, data_fork) || is_open(entry.vcb, file.filFlNum, resource_fork))
        return fBsyErr;
    err = catalog_delete(&entry);
    if (!err)
        err = fork_free(entry.vcb, file.filFlNum, data_fork, file.filExtRec, file.filPyLen);
    if (!err)
        err = fork_free(entry.vcb, file.filFlNum, resource_fork, file.filRExtRec, file.filRPyLen);
    return err;
}

/* Open paths know their file by directory and name. */
static void entry_moved(const CatEntry *old, uint32_t parent, const uint8_t *name)
{
    FCB *fcb;
    if (old->record.type != cdrFilRec)
        return;
    for (fcb = path_next(0); fcb; fcb = path_next(fcb))
        if (fcb->fcbVPtr == old->vcb && fcb->fcbFlNum == old->record.file.filFlNum) {
            fcb->fcbDirID = parent;
            memcpy(fcb->fcbCName, name, name[0] + 1);
        }
}

static OSErr move_entry(CatEntry *entry, uint32_t parent, const uint8_t *name)
{
    OSErr err = writable_volume(entry->vcb);
    if (!err && entry->record.type == cdrFilRec && entry->record.file.filFlags & file_locked)
        err = fLckdErr;
    if (!err)
        err = catalog_move(entry, parent, name);
    if (!err)
        entry_moved(entry, parent, name);
    return err;
}

/* The new name is in ioMisc; it may be a path, of which the last part counts. */
OSErr fs_rename(void *p)
{
    IOParam *pb = p;
    CatEntry entry;
    const uint8_t *path = pb->ioMisc;
    uint8_t name[32];
    int i, start = 1;
    OSErr err = find_entry(pb->ioNamePtr, pb->ioVRefNum, dir_in(pb), &entry);
    if (err)
        return err;
    for (i = 1; i < path[0]; i++)
        if (path[i] == ':')
            start = i + 1;
    name[0] = path[0] - start + 1;
    if (path[0] && path[path[0]] == ':')
        name[0]--;
    if (name[0] == 0 || name[0] > max_name)
        return bdNamErr;
    memcpy(name + 1, path + start, name[0]);
    if (entry.parent == fsRtParID) { /* the root: the volume's name */
        if (name[0] > 27)
            return bdNamErr;
        memcpy(entry.vcb->vcbVN, name, name[0] + 1);
    }
    return move_entry(&entry, entry.parent, name);
}

OSErr fs_cat_move(void *p)
{
    CMovePBRec *pb = p;
    CatEntry entry, to;
    uint32_t above;
    OSErr err = find_entry(pb->ioNamePtr, pb->ioVRefNum, pb->ioDirID, &entry);
    if (!err)
        err = find_entry(pb->ioNewName, pb->ioVRefNum, pb->ioNewDirID, &to);
    if (err)
        return err;
    if (to.record.type != cdrDirRec || entry.parent == fsRtParID || to.vcb != entry.vcb)
        return badMovErr;
    above = to.record.dir.dirDirID;
    while (entry.record.type == cdrDirRec && above != fsRtDirID) { /* not into itself */
        CatEntry up;
        if (above == entry.record.dir.dirDirID)
            return badMovErr;
        err = catalog_find_dir(entry.vcb, above, &up);
        if (err)
            return err;
        above = up.parent;
    }
    return move_entry(&entry, to.record.dir.dirDirID, entry.name);
}

static uint8_t attributes(const CatEntry *entry)
{
    const FileRecord *file = &entry->record.file;
    uint8_t bits;
    if (entry->record.type == cdrDirRec)
        return ioDirMask;
    bits = file->filFlags & file_locked;
    if (is_open(entry->vcb, file->filFlNum, resource_fork))
        bits |= 0x84;
    if (is_open(entry->vcb, file->filFlNum, data_fork))
        bits |= 0x88;
    return bits;
}

/* What GetFileInfo and GetCatInfo tell alike of a file.  An open fork's length is in its access path. */
static void tell_file(HFileInfo *pb, const CatEntry *entry)
{
    const FileRecord *file = &entry->record.file;
    FCB *fcb;
    memcpy(&pb->ioFlFndrInfo, file->filUsrWds, 16);
    pb->ioDirID = file->filFlNum;
    pb->ioFlStBlk = file->filExtRec[0].xdrStABN;
    pb->ioFlLgLen = file->filLgLen;
    pb->ioFlPyLen = file->filPyLen;
    pb->ioFlRStBlk = file->filRExtRec[0].xdrStABN;
    pb->ioFlRLgLen = file->filRLgLen;
    pb->ioFlRPyLen = file->filRPyLen;
    pb->ioFlCrDat = file->filCrDat;
    pb->ioFlMdDat = file->filMdDat;
    pb->ioFRefNum = 0;
    for (fcb = path_next(0); fcb; fcb = path_next(fcb)) {
        if (fcb->fcbVPtr != entry->vcb || fcb->fcbFlNum != file->filFlNum)
            continue;
        pb->ioFRefNum = path_ref_num(fcb);
        if (fork_of(fcb) == data_fork) {
            pb->ioFlLgLen = fcb->fcbEOF;
            pb->ioFlPyLen = fcb->fcbPLen;
        } else {
            pb->ioFlRLgLen = fcb->fcbEOF;
            pb->ioFlRPyLen = fcb->fcbPLen;
        }
    }
}

static void tell_name(uint8_t *to, const CatEntry *entry)
{
    if (to)
        memcpy(to, entry->name, entry->name[0] + 1);
}

static OSErr index_or_name(HFileInfo *pb, int files_only, CatEntry *entry)
{
    Target target;
    OSErr err;
    if (pb->ioFDirIndex <= 0)
        return find_entry(pb->ioNamePtr, pb->ioVRefNum, dir_in(pb), entry);
    err = find_target(0, pb->ioVRefNum, dir_in(pb), &target);
    return err ? err : catalog_index(target.vcb, target.dir, pb->ioFDirIndex, files_only, entry);
}

OSErr fs_get_file_info(void *p)
{
    HFileInfo *pb = p;
    CatEntry entry;
    OSErr err = index_or_name(pb, 1, &entry);
    if (!err && entry.record.type != cdrFilRec)
        err = fnfErr;
    if (err)
        return err;
    if (pb->ioFDirIndex > 0)
        tell_name(pb->ioNamePtr, &entry);
    pb->ioFlAttrib = attributes(&entry);
    ((HFileParam *)pb)->ioFlVersNum = 0;
    tell_file(pb, &entry);
    return noErr;
}

OSErr fs_set_file_info(void *p)
{
    HFileParam *pb = p;
    CatEntry entry;
    OSErr err = find_entry(pb->ioNamePtr, pb->ioVRefNum, dir_in(pb), &entry);
    if (!err && entry.record.type != cdrFilRec)
        err = fnfErr;
    if (!err)
        err = writable_volume(entry.vcb);
    if (err)
        return err;
    memcpy(entry.record.file.filUsrWds, &pb->ioFlFndrInfo, 16);
    entry.record.file.filCrDat = pb->ioFlCrDat;
    entry.record.file.filMdDat = pb->ioFlMdDat;
    return catalog_update(&entry);
}

OSErr fs_get_cat_info(void *p)
{
    HFileInfo *pb = p;
    DirInfo *dir = p;
    CatEntry entry;
    OSErr err;
    if (pb->ioFDirIndex < 0) {
        Target target;
        err = find_target(0, pb->ioVRefNum, pb->ioDirID, &target);
        if (!err)
            err = catalog_find_dir(target.vcb, target.dir, &entry);
    } else
        err = index_or_name(pb, 0, &entry);
    if (err)
        return err;
    if (pb->ioFDirIndex)
        tell_name(pb->ioNamePtr, &entry);
    pb->ioFlAttrib = attributes(&entry);
    pb->ioACUser = 0;
    pb->ioFlParID = entry.parent;
    if (entry.record.type == cdrFilRec) {
        tell_file(pb, &entry);
        pb->ioFlBkDat = entry.record.file.filBkDat;
        memcpy(pb->ioFlXFndrInfo, entry.record.file.filFndrInfo, 16);
        pb->ioFlClpSiz = entry.record.file.filClpSize;
        return noErr;
    }
    memcpy(dir->ioDrUsrWds, entry.record.dir.dirUsrInfo, 16);
    dir->ioDrDirID = entry.record.dir.dirDirID;
    dir->ioDrNmFls = entry.record.dir.dirVal;
    dir->ioDrCrDat = entry.record.dir.dirCrDat;
    dir->ioDrMdDat = entry.record.dir.dirMdDat;
    dir->ioDrBkDat = entry.record.dir.dirBkDat;
    memcpy(dir->ioDrFndrInfo, entry.record.dir.dirFndrInfo, 16);
    return noErr;
}

OSErr fs_set_cat_info(void *p)
{
    HFileInfo *pb = p;
    DirInfo *dir = p;
    CatEntry entry;
    OSErr err = find_entry(pb->ioNamePtr, pb->ioVRefNum, pb->ioDirID, &entry);
    if (!err)
        err = writable_volume(entry.vcb);
    if (err)
        return err;
    if (entry.record.type == cdrFilRec) {
        FileRecord *file = &entry.record.file;
        memcpy(file->filUsrWds, &pb->ioFlFndrInfo, 16);
        file->filCrDat = pb->ioFlCrDat;
        file->filMdDat = pb->ioFlMdDat;
        file->filBkDat = pb->ioFlBkDat;
        memcpy(file->filFndrInfo, pb->ioFlXFndrInfo, 16);
        file->filClpSize = pb->ioFlClpSiz;
    } else {
        DirRecord *record = &entry.record.dir;
        memcpy(record->dirUsrInfo, dir->ioDrUsrWds, 16);
        record->dirCrDat = dir->ioDrCrDat;
        record->dirMdDat = dir->ioDrMdDat;
        record->dirBkDat = dir->ioDrBkDat;
        memcpy(record->dirFndrInfo, dir->ioDrFndrInfo, 16);
    }
    return catalog_update(&entry);
}

/* SetFilLock (A041) and RstFilLock (A042). */
OSErr fs_set_lock(void *p)
{
    HFileParam *pb = p;
    CatEntry entry;
    OSErr err = find_entry(pb->ioNamePtr, pb->ioVRefNum, dir_in(pb), &entry);
    if (!err && entry.record.type != cdrFilRec)
        err = fnfErr;
    if (!err)
        err = writable_volume(entry.vcb);
    if (err)
        return err;
    if ((pb->ioTrap & 0xFF) == 0x41)
        entry.record.file.filFlags |= file_locked;
    else
        entry.record.file.filFlags &= ~file_locked;
    return catalog_update(&entry);
}

/* MakeFSSpec: the specification goes to ioMisc; fnfErr is a good answer when only the last name is missing. */
OSErr fs_make_spec(void *p)
{
    HIOParam *pb = p;
    FSSpec *spec = pb->ioMisc;
    Target target;
    CatEntry entry;
    OSErr err = find_target(pb->ioNamePtr, pb->ioVRefNum, ((HFileParam *)pb)->ioDirID, &target);
    if (err)
        return err;
    if (target.name[0] == 0) {
        err = catalog_find_dir(target.vcb, target.dir, &entry);
        target.dir = entry.parent;
        memcpy(target.name, entry.name, sizeof target.name);
    } else
        err = catalog_find(target.vcb, target.dir, target.name, &entry);
    if (err && err != fnfErr)
        return err;
    spec->vRefNum = target.vcb->vcbVRefNum;
    spec->parID = target.dir;
    memcpy(spec->name, target.name, target.name[0] + 1);
    return err;
}
