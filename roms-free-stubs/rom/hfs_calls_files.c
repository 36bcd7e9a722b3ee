/* File Manager calls on files by access path: Open to FlushFile. */
#include "hfs.h"

static OSErr path_in(void *pb, FCB **fcb)
{
    *fcb = path_of(((IOParam *)pb)->ioRefNum);
    return *fcb && (*fcb)->fcbFlNum >= first_file ? noErr : rfNumErr;
}

/* One path may write; a request for whatever is possible gets reading only then. */
static OSErr may_open(const FileRecord *file, VCB *vcb, int fork, int permission, int *writable, int16_t *other_ref)
{
    FCB *other;
    int locked = file->filFlags & file_locked || vcb->vcbAtrb & 0x8080;
    *writable = permission != fsRdPerm && !locked;
    if (locked && permission != fsRdPerm && permission != fsCurPerm)
        return permErr;
    for (other = path_next(0); other; other = path_next(other)) {
        if (other->fcbVPtr != vcb || other->fcbFlNum != file->filFlNum || fork_of(other) != fork ||
            !(other->fcbMdRByt & fcb_writable))
            continue;
        if (permission == fsWrPerm || permission == fsRdWrPerm) {
            *other_ref = path_ref_num(other);
            return opWrErr;
        }
        if (permission == fsCurPerm)
            *writable = 0;
    }
    return noErr;
}

static OSErr open_fork(HIOParam *pb, int fork)
{
    CatEntry entry;
    FileRecord *file = &entry.record.file;
    FCB *fcb;
    int writable;
    OSErr err = find_entry(pb->ioNamePtr, pb->ioVRefNum, hierarchical((IOParam *)pb) ? ((HFileParam *)pb)->ioDirID : 0, &entry);
    if (!err && entry.record.type != cdrFilRec)
        err = fnfErr;
    if (!err)
        err = may_open(file, entry.vcb, fork, pb->ioPermssn, &writable, &pb->ioRefNum);
    if (err)
        return err;
    fcb = path_new(&pb->ioRefNum);
    if (!fcb)
        return tmfoErr;
    fcb->fcbFlNum = file->filFlNum;
    fcb->fcbMdRByt = (fork == resource_fork ? fcb_resource : 0) | (writable ? fcb_writable : 0);
    fcb->fcbVPtr = entry.vcb;
    fcb->fcbEOF = fork == resource_fork ? file->filRLgLen : file->filLgLen;
    fcb->fcbPLen = fork == resource_fork ? file->filRPyLen : file->filPyLen;
    memcpy(fcb->fcbExtRec, fork == resource_fork ? file->filRExtRec : file->filExtRec, sizeof(ExtDataRec));
    fcb->fcbClmpSize = file->filClpSize;
    memcpy(&fcb->fcbFType, file->filUsrWds, 4);
    fcb->fcbDirID = entry.parent;
    memcpy(fcb->fcbCName, entry.name, entry.name[0] + 1);
    for (FCB *other = path_next(0); other; other = path_next(other))
        if (other != fcb && other->fcbVPtr == fcb->fcbVPtr && other->fcbFlNum == fcb->fcbFlNum && fork_of(other) == fork) {
            path_changed(other); /* an open path may know better than the catalogue */
            break;
        }
    return noErr;
}

OSErr fs_open(void *pb) { return open_fork(pb, (((IOParam *)pb)->ioTrap & 0xFF) == 0x0A ? resource_fork : data_fork); }

OSErr fs_close(void *pb)
{
    FCB *fcb;
    VCB *vcb;
    int changed;
    OSErr err = path_in(pb, &fcb);
    if (err)
        return err;
    vcb = fcb->fcbVPtr;
    changed = fcb->fcbMdRByt & fcb_dirty;
    err = path_flush(fcb);
    fcb->fcbFlNum = 0;
    return err || !changed ? err : volume_flush(vcb);
}

OSErr fs_read(void *pb)
{
    FCB *fcb;
    OSErr err = path_in(pb, &fcb);
    return err ? err : fork_io(fcb, pb, 0);
}

OSErr fs_write(void *pb)
{
    FCB *fcb;
    OSErr err = path_in(pb, &fcb);
    return err ? err : fork_io(fcb, pb, 1);
}

OSErr fs_get_eof(void *pb)
{
    FCB *fcb;
    OSErr err = path_in(pb, &fcb);
    if (!err)
        ((IOParam *)pb)->ioMisc = (void *)fcb->fcbEOF;
    return err;
}

OSErr fs_set_eof(void *pb)
{
    FCB *fcb;
    uint32_t size = (uint32_t)((IOParam *)pb)->ioMisc;
    OSErr err = path_in(pb, &fcb);
    if (!err && !(fcb->fcbMdRByt & fcb_writable))
        err = wrPermErr;
    if (err)
        return err;
    if (size > fcb->fcbPLen)
        err = fork_extend(fcb, size, 0);
    else
        err = fork_truncate(fcb, size);
    if (err)
        return err;
    fcb->fcbEOF = size;
    if (fcb->fcbCrPs > size)
        fcb->fcbCrPs = size;
    fcb->fcbMdRByt |= fcb_dirty;
    path_changed(fcb);
    return noErr;
}

/* Allocate adds ioReqCount bytes to the physical length; AllocContig (bit 9) in one piece. */
OSErr fs_allocate_file(void *p)
{
    IOParam *pb = p;
    FCB *fcb;
    uint32_t before;
    OSErr err = path_in(pb, &fcb);
    pb->ioActCount = 0;
    if (!err && !(fcb->fcbMdRByt & fcb_writable))
        err = wrPermErr;
    if (err)
        return err;
    before = fcb->fcbPLen;
    err = fork_extend(fcb, before + pb->ioReqCount, (pb->ioTrap & 0x200) != 0);
    pb->ioActCount = fcb->fcbPLen - before;
    return err;
}

OSErr fs_get_fpos(void *p)
{
    IOParam *pb = p;
    FCB *fcb;
    OSErr err = path_in(pb, &fcb);
    if (err)
        return err;
    pb->ioReqCount = pb->ioActCount = 0;
    pb->ioPosMode = 0;
    pb->ioPosOffset = fcb->fcbCrPs;
    return noErr;
}

OSErr fs_set_fpos(void *p)
{
    IOParam *pb = p;
    FCB *fcb;
    int32_t mark;
    OSErr err = path_in(pb, &fcb);
    if (err)
        return err;
    mark = pb->ioPosOffset;
    switch (pb->ioPosMode & 3) {
    case fsAtMark: mark = fcb->fcbCrPs; break;
    case fsFromLEOF: mark += fcb->fcbEOF; break;
    case fsFromMark: mark += fcb->fcbCrPs; break;
    }
    if (mark < 0)
        return posErr;
    if ((uint32_t)mark > fcb->fcbEOF) {
        mark = fcb->fcbEOF;
        err = eofErr;
    }
    fcb->fcbCrPs = mark;
    pb->ioPosOffset = mark;
    return err;
}

OSErr fs_flush_file(void *pb)
{
    FCB *fcb;
    OSErr err = path_in(pb, &fcb);
    if (!err)
        err = path_flush(fcb);
    return err ? err : cache_flush(fcb->fcbVPtr);
}

OSErr fs_get_fcb_info(void *p)
{
    FCBPBRec *pb = p;
    FCB *fcb = 0;
    uint32_t implied;
    if (pb->ioFCBIndx > 0) {
        VCB *vcb = pb->ioVRefNum ? find_volume(pb->ioVRefNum, &implied) : 0;
        int left = pb->ioFCBIndx;
        for (fcb = path_next(0); fcb; fcb = path_next(fcb))
            if (fcb->fcbFlNum >= first_file && (!vcb || fcb->fcbVPtr == vcb) && --left == 0)
                break;
        if (!fcb)
            return fnOpnErr;
    } else {
        fcb = path_of(pb->ioRefNum);
        if (!fcb)
            return rfNumErr;
    }
    pb->ioRefNum = path_ref_num(fcb);
    if (pb->ioNamePtr)
        memcpy(pb->ioNamePtr, fcb->fcbCName, fcb->fcbCName[0] + 1);
    pb->ioFCBFlNm = fcb->fcbFlNum;
    pb->ioFCBFlags = fcb->fcbMdRByt << 8 | fcb->fcbTypByt;
    pb->ioFCBStBlk = fcb->fcbExtRec[0].xdrStABN;
    pb->ioFCBEOF = fcb->fcbEOF;
    pb->ioFCBPLen = fcb->fcbPLen;
    pb->ioFCBCrPs = fcb->fcbCrPs;
    pb->ioFCBVRefNum = fcb->fcbVPtr->vcbVRefNum;
    pb->ioFCBClpSiz = fcb->fcbClmpSize;
    pb->ioFCBParID = fcb->fcbDirID;
    return noErr;
}
