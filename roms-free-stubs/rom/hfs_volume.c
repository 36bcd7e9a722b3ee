/* File Manager: mounting, the master directory block, the volume bitmap. */
#include "hfs.h"

enum { mdb_block = 2, hfs_signature = 0x4244, unmounted_cleanly = 0x0100 };

typedef struct {
    uint16_t drSigWord;
    uint32_t drCrDate, drLsMod;
    uint16_t drAtrb, drNmFls, drVBMSt, drAllocPtr, drNmAlBlks;
    uint32_t drAlBlkSiz, drClpSiz;
    uint16_t drAlBlSt;
    uint32_t drNxtCNID;
    uint16_t drFreeBks;
    uint8_t drVN[28];
    uint32_t drVolBkUp;
    uint16_t drVSeqNum;
    uint32_t drWrCnt, drXTClpSiz, drCTClpSiz;
    uint16_t drNmRtDirs;
    uint32_t drFilCnt, drDirCnt;
    int32_t drFndrInfo[8];
    uint16_t drVCSize, drVBMCSiz, drCtlCSiz;
    uint32_t drXTFlSize;
    ExtDataRec drXTExtRec;
    uint32_t drCTFlSize;
    ExtDataRec drCTExtRec;
} MDB;

void volume_changed(VCB *vcb)
{
    vcb->vcbFlags |= 0x8000;
}

/* The VCB repeats the master directory block from drSigWord to drDirCnt, field by field in the same order. */
enum { same_from_signature = offsetof(MDB, drVN) + 28, same_tail = offsetof(MDB, drVCSize) - offsetof(MDB, drVolBkUp) };

static FCB *system_path(VCB *vcb, uint32_t file, uint32_t size, const ExtDescriptor *extents, uint32_t clump)
{
    int16_t ref_num;
    FCB *fcb = path_new(&ref_num);
    if (!fcb)
        return 0;
    fcb->fcbFlNum = file;
    fcb->fcbMdRByt = fcb_writable;
    fcb->fcbVPtr = vcb;
    fcb->fcbEOF = fcb->fcbPLen = size;
    fcb->fcbClmpSize = clump;
    memcpy(fcb->fcbExtRec, extents, sizeof(ExtDataRec));
    return fcb;
}

OSErr volume_mount(int16_t drive, int16_t driver, uint32_t blocks, VCB **mounted)
{
    Volume *volume = fs_allocate(sizeof(Volume));
    VCB *vcb = &volume->vcb, *other;
    FCB *extents, *catalog;
    Block *block;
    MDB *mdb;
    OSErr err;
    int16_t ref_num = -1;
    if (!volume)
        return memFullErr;
    vcb->vcbDrvNum = drive;
    vcb->vcbDRefNum = driver;
    err = cache_get(vcb, mdb_block, &block);
    if (err)
        return err;
    mdb = (MDB *)block->data;
    if (mdb->drSigWord != hfs_signature) {
        cache_release(block);
        cache_forget(vcb);
        return noMacDskErr;
    }
    memcpy(&vcb->vcbSigWord, mdb, same_from_signature);
    memcpy(&vcb->vcbVolBkUp, &mdb->drVolBkUp, same_tail);
    vcb->vcbVCSize = mdb->drVCSize;
    vcb->vcbVBMCSiz = mdb->drVBMCSiz;
    vcb->vcbCtlCSiz = mdb->drCtlCSiz;
    vcb->vcbAtrb &= ~unmounted_cleanly;
    volume->alternate = blocks - 2;
    extents = system_path(vcb, extents_file, mdb->drXTFlSize, mdb->drXTExtRec, mdb->drXTClpSiz);
    catalog = system_path(vcb, catalog_file, mdb->drCTFlSize, mdb->drCTExtRec, mdb->drCTClpSiz);
    cache_release(block);
    if (!extents || !catalog)
        return tmfoErr;
    vcb->vcbXTRef = path_ref_num(extents);
    vcb->vcbCTRef = path_ref_num(catalog);
    err = btree_open(&volume->extents, extents, extents_compare);
    if (!err)
        err = btree_open(&volume->catalog, catalog, catalog_compare);
    if (err)
        return err;
    for (other = (VCB *)VCBQHdr.qHead; other; other = (VCB *)other->qLink)
        if (other->vcbVRefNum <= ref_num)
            ref_num = other->vcbVRefNum - 1;
    vcb->vcbVRefNum = ref_num;
    *mounted = vcb;
    return noErr;
}

static OSErr write_mdb(VCB *vcb, uint32_t number)
{
    FCB *extents = extents_of(vcb)->fcb, *catalog = catalog_of(vcb)->fcb;
    Block *block;
    MDB *mdb;
    OSErr err = cache_get(vcb, number, &block);
    if (err)
        return err;
    mdb = (MDB *)block->data;
    memcpy(mdb, &vcb->vcbSigWord, same_from_signature);
    memcpy(&mdb->drVolBkUp, &vcb->vcbVolBkUp, same_tail);
    mdb->drXTFlSize = extents->fcbPLen;
    memcpy(mdb->drXTExtRec, extents->fcbExtRec, sizeof(ExtDataRec));
    mdb->drCTFlSize = catalog->fcbPLen;
    memcpy(mdb->drCTExtRec, catalog->fcbExtRec, sizeof(ExtDataRec));
    cache_dirty(block);
    cache_release(block);
    return noErr;
}

/* Everything that memory knows better than the disk. */
OSErr volume_flush(VCB *vcb)
{
    FCB *fcb;
    OSErr err = noErr;
    for (fcb = path_next(0); fcb && !err; fcb = path_next(fcb))
        if (fcb->fcbVPtr == vcb && fcb->fcbFlNum >= first_file)
            err = path_flush(fcb);
    if (!err && vcb->vcbFlags & 0x8000) {
        vcb->vcbLsMod = fs_now();
        vcb->vcbWrCnt++;
        err = write_mdb(vcb, mdb_block);
        if (!err && volume_of(vcb)->spare_changed) {
            /* The copy counts when the system files have grown: it tells where they are. */
            err = write_mdb(vcb, volume_of(vcb)->alternate);
            volume_of(vcb)->spare_changed = 0;
        }
        if (!err)
            vcb->vcbFlags &= 0x7FFF;
    }
    return err ? err : cache_flush(vcb);
}

static inline int bit_is_set(Block *block, uint32_t bit) { return block->data[bit >> 3 & 511] & 0x80 >> (bit & 7); }

static OSErr bitmap_block(VCB *vcb, uint32_t bit, Block **block)
{
    return cache_get(vcb, vcb->vcbVBMSt + bit / (8 * block_size), block);
}

/* Length of the free run that starts at `bit`, at most `wanted`. */
static OSErr free_run(VCB *vcb, uint32_t bit, uint32_t wanted, uint32_t *length)
{
    Block *block = 0;
    OSErr err = noErr;
    *length = 0;
    while (*length < wanted && bit < vcb->vcbNmAlBlks) {
        if (!block || bit % (8 * block_size) == 0) {
            if (block)
                cache_release(block);
            block = 0;
            err = bitmap_block(vcb, bit, &block);
            if (err)
                return err;
        }
        if (bit_is_set(block, bit))
            break;
        ++*length;
        bit++;
    }
    if (block)
        cache_release(block);
    return err;
}

/* The first clear bit from `bit` on. */
static OSErr next_free(VCB *vcb, uint32_t *bit)
{
    Block *block;
    while (*bit < vcb->vcbNmAlBlks) {
        OSErr err = bitmap_block(vcb, *bit, &block);
        if (err)
            return err;
        do {
            if (block->data[*bit >> 3 & 511] == 0xFF)
                *bit |= 7;
            else if (!bit_is_set(block, *bit)) {
                cache_release(block);
                return noErr;
            }
            ++*bit;
        } while (*bit < vcb->vcbNmAlBlks && *bit % (8 * block_size));
        cache_release(block);
    }
    return dskFulErr;
}

static OSErr mark(VCB *vcb, uint32_t bit, uint32_t count, int used)
{
    while (count) {
        Block *block;
        OSErr err = bitmap_block(vcb, bit, &block);
        if (err)
            return err;
        do {
            if (used)
                block->data[bit >> 3 & 511] |= 0x80 >> (bit & 7);
            else
                block->data[bit >> 3 & 511] &= ~(0x80 >> (bit & 7));
            bit++;
            count--;
        } while (count && bit % (8 * block_size));
        cache_dirty(block);
        cache_release(block);
    }
    volume_changed(vcb);
    return noErr;
}

OSErr volume_allocate(VCB *vcb, uint16_t hint, uint32_t wanted, uint16_t *start, uint16_t *count)
{
    uint32_t bit = hint, length, best = 0, best_length = 0, origin;
    int wrapped = 0;
    OSErr err;
    *count = 0;
    if (wanted > 0xFFFF)
        wanted = 0xFFFF;
    if (hint) {
        err = free_run(vcb, bit, wanted, &length);
        if (err)
            return err;
        if (length) {
            best = bit;
            best_length = length;
        }
    }
    if (!best_length) {
        /* The first run that is long enough, from where the last one was found; else the longest. */
        origin = vcb->vcbAllocPtr < vcb->vcbNmAlBlks ? vcb->vcbAllocPtr : 0;
        bit = origin;
        for (;;) {
            err = next_free(vcb, &bit);
            if (err == dskFulErr) {
                if (wrapped || origin == 0)
                    break;
                wrapped = 1;
                bit = 0;
                continue;
            }
            if (err)
                return err;
            if (wrapped && bit >= origin)
                break;
            err = free_run(vcb, bit, wanted, &length);
            if (err)
                return err;
            if (length > best_length) {
                best = bit;
                best_length = length;
                if (length == wanted)
                    break;
            }
            bit += length;
        }
    }
    if (!best_length)
        return dskFulErr;
    err = mark(vcb, best, best_length, 1);
    if (err)
        return err;
    vcb->vcbFreeBks -= best_length;
    vcb->vcbAllocPtr = best + best_length;
    *start = best;
    *count = best_length;
    return noErr;
}

OSErr volume_free(VCB *vcb, uint16_t start, uint16_t count)
{
    vcb->vcbFreeBks += count;
    return mark(vcb, start, count, 0);
}
