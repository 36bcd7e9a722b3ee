/* File Manager: where a fork lies.  The first three extents are in the catalogue (and the FCB), the others in the extents
 * tree, three to a record, under the number of the first allocation block they hold. */
#include "hfs_btree.h"

typedef struct {
    uint8_t xkrKeyLen, xkrFkType;
    uint32_t xkrFNum;
    uint16_t xkrFABN;
    ExtDataRec data;
} ExtentRecord;

int extents_compare(const uint8_t *a, const uint8_t *b)
{
    const ExtentRecord *left = (const ExtentRecord *)a, *right = (const ExtentRecord *)b;
    if (left->xkrFNum != right->xkrFNum)
        return left->xkrFNum < right->xkrFNum ? -1 : 1;
    if (left->xkrFkType != right->xkrFkType)
        return left->xkrFkType < right->xkrFkType ? -1 : 1;
    if (left->xkrFABN != right->xkrFABN)
        return left->xkrFABN < right->xkrFABN ? -1 : 1;
    return 0;
}

static ExtentRecord extent_key(uint32_t file, int fork, uint32_t first)
{
    ExtentRecord key = { 7, fork, file, first, { { 0, 0 }, { 0, 0 }, { 0, 0 } } };
    return key;
}

static uint32_t blocks_in(const ExtDescriptor *extents)
{
    return (uint32_t)extents[0].xdrNumABlks + extents[1].xdrNumABlks + extents[2].xdrNumABlks;
}

/* The record of the extents tree that holds allocation block `wanted` of a fork, or the last one before it. */
static OSErr overflow_record(VCB *vcb, uint32_t file, int fork, uint32_t wanted, ExtentRecord *record)
{
    ExtentRecord key = extent_key(file, fork, wanted);
    BTPlace place;
    Block *block;
    uint8_t *found, *data;
    int length;
    OSErr err = btree_search(extents_of(vcb), (uint8_t *)&key, &place);
    if (err && err != fnfErr)
        return err;
    if (place.levels == 0 || place.index[place.levels - 1] < 0)
        return fnfErr;
    err = btree_record(extents_of(vcb), place.node[place.levels - 1], place.index[place.levels - 1], &block, &found, &data,
                       &length);
    if (err)
        return err;
    memcpy(record, found, sizeof *record);
    cache_release(block);
    return record->xkrFNum == file && record->xkrFkType == fork ? noErr : fnfErr;
}

static OSErr overflow_replace(VCB *vcb, const ExtentRecord *record)
{
    BTPlace place;
    Block *block;
    uint8_t *key, *data;
    int length;
    OSErr err = btree_search(extents_of(vcb), (const uint8_t *)record, &place);
    if (err)
        return err;
    err = btree_record(extents_of(vcb), place.node[place.levels - 1], place.index[place.levels - 1], &block, &key, &data,
                       &length);
    if (err)
        return err;
    memcpy(data, record->data, sizeof(ExtDataRec));
    cache_dirty(block);
    cache_release(block);
    return noErr;
}

OSErr fork_map(FCB *fcb, uint32_t position, uint32_t *number, uint32_t *run)
{
    VCB *vcb = fcb->fcbVPtr;
    uint32_t per = vcb->vcbAlBlkSiz / block_size, wanted = position / block_size, within = 0, first = 0;
    const ExtDescriptor *extents = fcb->fcbExtRec;
    ExtentRecord record;
    int i;
    if (position >= fcb->fcbPLen)
        return eofErr;
    if (per > 1) {
        within = wanted % per;
        wanted /= per;
    }
    if (wanted >= blocks_in(extents)) {
        OSErr err = overflow_record(vcb, fcb->fcbFlNum, fork_of(fcb), wanted, &record);
        if (err)
            return err == fnfErr ? fsDSIntErr : err;
        extents = record.data;
        first = record.xkrFABN;
    }
    for (i = 0; i < 3; i++) {
        if (wanted < first + extents[i].xdrNumABlks) {
            uint32_t inside = wanted - first;
            *number = vcb->vcbAlBlSt + (extents[i].xdrStABN + inside) * per + within;
            *run = (extents[i].xdrNumABlks - inside) * per - within;
            return noErr;
        }
        first += extents[i].xdrNumABlks;
    }
    return fsDSIntErr;
}

/* Adds a run of allocation blocks behind the last one of a fork that has `have` blocks. */
static OSErr append(FCB *fcb, uint32_t have, uint16_t start, uint16_t count)
{
    VCB *vcb = fcb->fcbVPtr;
    ExtDescriptor *extents = fcb->fcbExtRec;
    ExtentRecord record;
    int i, overflow = 0;
    OSErr err;
    if (have > blocks_in(extents)) {
        err = overflow_record(vcb, fcb->fcbFlNum, fork_of(fcb), have - 1, &record);
        if (err)
            return err == fnfErr ? fsDSIntErr : err;
        extents = record.data;
        overflow = 1;
    }
    for (i = 0; i < 3 && extents[i].xdrNumABlks; i++) {
    }
    if (i > 0 && extents[i - 1].xdrStABN + extents[i - 1].xdrNumABlks == start &&
        (uint32_t)extents[i - 1].xdrNumABlks + count <= 0xFFFF)
        extents[i - 1].xdrNumABlks += count;
    else if (i < 3) {
        extents[i].xdrStABN = start;
        extents[i].xdrNumABlks = count;
    } else {
        if (fcb->fcbFlNum == extents_file)
            return dskFulErr; /* the extents tree cannot describe itself */
        record = extent_key(fcb->fcbFlNum, fork_of(fcb), have);
        record.data[0].xdrStABN = start;
        record.data[0].xdrNumABlks = count;
        return btree_insert(extents_of(vcb), (uint8_t *)&record, sizeof record);
    }
    return overflow ? overflow_replace(vcb, &record) : noErr;
}

static uint16_t behind_last(FCB *fcb)
{
    uint32_t number, run;
    VCB *vcb = fcb->fcbVPtr;
    if (fcb->fcbPLen == 0 || fork_map(fcb, fcb->fcbPLen - 1, &number, &run))
        return 0;
    return (number - vcb->vcbAlBlSt) / (vcb->vcbAlBlkSiz / block_size) + 1;
}

/* Makes the fork at least `physical` bytes long. */
OSErr fork_extend(FCB *fcb, uint32_t physical, int contiguous)
{
    VCB *vcb = fcb->fcbVPtr;
    uint32_t size = vcb->vcbAlBlkSiz, have = fcb->fcbPLen / size, want = (physical + size - 1) / size;
    OSErr err = noErr;
    if (want > have && want - have > vcb->vcbFreeBks)
        return dskFulErr;
    while (have < want) {
        uint16_t start, count;
        err = volume_allocate(vcb, behind_last(fcb), want - have, &start, &count);
        if (err)
            break;
        if (contiguous && count < want - have) {
            volume_free(vcb, start, count);
            err = dskFulErr;
            break;
        }
        err = append(fcb, have, start, count);
        if (err) {
            volume_free(vcb, start, count);
            break;
        }
        have += count;
        fcb->fcbPLen = have * size;
    }
    fcb->fcbMdRByt |= fcb_dirty;
    path_changed(fcb);
    return err;
}

/* Frees what lies beyond block `keep` in one extents record. */
static OSErr cut(VCB *vcb, ExtDescriptor *extents, uint32_t first, uint32_t keep)
{
    int i;
    for (i = 0; i < 3; i++) {
        uint32_t count = extents[i].xdrNumABlks, stay = keep > first ? keep - first : 0;
        if (stay < count) {
            OSErr err = volume_free(vcb, extents[i].xdrStABN + stay, count - stay);
            if (err)
                return err;
            extents[i].xdrNumABlks = stay;
            if (stay == 0)
                extents[i].xdrStABN = 0;
        }
        first += count;
    }
    return noErr;
}

/* Cuts a fork of `have` blocks down to `keep`; records of the extents tree that become empty go. */
static OSErr cut_fork(VCB *vcb, uint32_t file, int fork, ExtDescriptor *first, uint32_t have, uint32_t keep)
{
    ExtentRecord record;
    while (have > blocks_in(first) && have > keep) {
        OSErr err = overflow_record(vcb, file, fork, have - 1, &record);
        if (err)
            return err == fnfErr ? fsDSIntErr : err;
        have = record.xkrFABN;
        err = cut(vcb, record.data, have, keep);
        if (!err)
            err = have >= keep ? btree_delete(extents_of(vcb), (uint8_t *)&record) : overflow_replace(vcb, &record);
        if (err)
            return err;
    }
    return cut(vcb, first, 0, keep);
}

OSErr fork_truncate(FCB *fcb, uint32_t physical)
{
    VCB *vcb = fcb->fcbVPtr;
    uint32_t size = vcb->vcbAlBlkSiz, keep = (physical + size - 1) / size;
    OSErr err;
    if (keep * size >= fcb->fcbPLen)
        return noErr;
    err = cut_fork(vcb, fcb->fcbFlNum, fork_of(fcb), fcb->fcbExtRec, fcb->fcbPLen / size, keep);
    fcb->fcbPLen = keep * size;
    fcb->fcbMdRByt |= fcb_dirty;
    path_changed(fcb);
    return err;
}

OSErr fork_free(VCB *vcb, uint32_t file, int fork, const ExtDescriptor *first, uint32_t physical)
{
    ExtDataRec extents;
    memcpy(extents, first, sizeof extents);
    return cut_fork(vcb, file, fork, extents, physical / vcb->vcbAlBlkSiz, 0);
}
