/* File Manager: access paths.  FCBSPtr points at a word with the length of the block and the FCBs behind it. */
#include "hfs.h"

static FCB *first_path(void) { return (FCB *)(FCBSPtr + 2); }

static FCB *behind_highest; /* no FCB from here on was ever used */

void paths_init(void)
{
    int32_t size = 2 + max_paths * sizeof(FCB);
    FCBSPtr = fs_allocate(size);
    *(uint16_t *)FCBSPtr = size;
    FSFCBLen = sizeof(FCB);
    size = 2 + max_directories * sizeof(WDCB);
    WDCBsPtr = fs_allocate(size);
    *(uint16_t *)WDCBsPtr = size;
}

int16_t path_ref_num(const FCB *fcb) { return (Ptr)fcb - FCBSPtr; }

FCB *path_new(int16_t *ref_num)
{
    FCB *fcb;
    for (fcb = first_path(); fcb < first_path() + max_paths; fcb++)
        if (fcb->fcbFlNum == 0) {
            memset(fcb, 0, sizeof *fcb);
            *ref_num = path_ref_num(fcb);
            if (fcb >= behind_highest)
                behind_highest = fcb + 1;
            return fcb;
        }
    return 0;
}

FCB *path_of(int16_t ref_num)
{
    FCB *fcb = (FCB *)(FCBSPtr + ref_num);
    if (ref_num < 2 || (ref_num - 2) % (int)sizeof(FCB) || fcb >= first_path() + max_paths || fcb->fcbFlNum == 0)
        return 0;
    return fcb;
}

FCB *path_next(FCB *fcb)
{
    for (fcb = fcb ? fcb + 1 : first_path(); fcb < behind_highest; fcb++)
        if (fcb->fcbFlNum)
            return fcb;
    return 0;
}

static int same_file(const FCB *a, const FCB *b) { return a->fcbVPtr == b->fcbVPtr && a->fcbFlNum == b->fcbFlNum; }

void path_changed(FCB *fcb)
{
    FCB *other;
    for (other = path_next(0); other; other = path_next(other))
        if (other != fcb && same_file(fcb, other) && fork_of(fcb) == fork_of(other)) {
            other->fcbEOF = fcb->fcbEOF;
            other->fcbPLen = fcb->fcbPLen;
            memcpy(other->fcbExtRec, fcb->fcbExtRec, sizeof(ExtDataRec));
        }
}

/* Tells the catalogue what became of a fork. */
OSErr path_flush(FCB *fcb)
{
    CatEntry entry;
    FileRecord *file = &entry.record.file;
    OSErr err;
    if (!(fcb->fcbMdRByt & fcb_dirty))
        return noErr;
    err = catalog_find(fcb->fcbVPtr, fcb->fcbDirID, fcb->fcbCName, &entry);
    if (err)
        return err;
    if (entry.record.type != cdrFilRec || file->filFlNum != fcb->fcbFlNum)
        return fsDSIntErr;
    if (fork_of(fcb) == data_fork) {
        file->filLgLen = fcb->fcbEOF;
        file->filPyLen = fcb->fcbPLen;
        memcpy(file->filExtRec, fcb->fcbExtRec, sizeof(ExtDataRec));
    } else {
        file->filRLgLen = fcb->fcbEOF;
        file->filRPyLen = fcb->fcbPLen;
        memcpy(file->filRExtRec, fcb->fcbExtRec, sizeof(ExtDataRec));
    }
    file->filMdDat = fs_now();
    fcb->fcbMdRByt &= ~fcb_dirty;
    return catalog_update(&entry);
}
