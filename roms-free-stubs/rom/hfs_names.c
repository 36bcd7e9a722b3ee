/* File Manager: path names, working directories, and which volume and directory a call means. */
#include "hfs.h"

/* Behind its base character each accented one sorts, in the Macintosh character set (Inside Macintosh: Text, the order of
   RelString without marks that count).  A zero ends each list. */
static const uint8_t sorted_after[] = {
    '"', 0xD2, 0xD3, 0xC7, 0xC8, 0, '\'', 0xD4, 0xD5, 0, 'A', 0x88, 0x8A, 0x8B, 0x8C, 0xBE, 0x60, 0x87, 0x89, 0xBB, 0,
    'C', 0x8D, 0, 'E', 0x8E, 0x8F, 0x90, 0x91, 0, 'I', 0x92, 0x93, 0x94, 0x95, 0, 'N', 0x96, 0,
    'O', 0x9A, 0x9B, 0xBF, 0, 'O', 0xCF, 0x97, 0x98, 0x99, 0xBC, 0, 'S', 0xA7, 0, 'U', 0x9F, 0x9C, 0x9D, 0x9E, 0, 'Y', 0xD8, 0, 0
};
/* The same letter in capitals and small, and the two spaces. */
static const uint8_t same_rank[] = {
    0x80, 0x8A, 0x81, 0x8C, 0x82, 0x8D, 0x83, 0x8E, 0x84, 0x96, 0x85, 0x9A, 0x86, 0x9F, 0xAE, 0xBE, 0xAF, 0xBF,
    0xCB, 0x88, 0xCC, 0x8B, 0xCD, 0x9B, 0xCE, 0xCF, 0xCA, 0x20, 0
};
static uint8_t rank[256];

static void make_ranks(void)
{
    int c, next = 1;
    const uint8_t *p;
    for (p = same_rank; *p; p += 2)
        rank[*p] = 0xFF; /* taken care of below */
    for (c = 0; c < 256; c++) {
        if (rank[c] || (c >= 'a' && c <= 'z') || c == 0x60)
            continue;
        rank[c] = next++;
        for (p = sorted_after; *p; p++) {
            int base = *p++;
            for (; *p; p++)
                if (base == c)
                    rank[*p] = next++;
        }
    }
    for (c = 'a'; c <= 'z'; c++)
        rank[c] = rank[c - 32];
    for (p = same_rank; *p; p += 2)
        rank[*p] = rank[p[1]];
}

int name_compare(const uint8_t *a, const uint8_t *b)
{
    int i, length = a[0] < b[0] ? a[0] : b[0];
    if (!rank['A'])
        make_ranks();
    for (i = 1; i <= length; i++)
        if (rank[a[i]] != rank[b[i]])
            return rank[a[i]] < rank[b[i]] ? -1 : 1;
    return a[0] - b[0];
}

/* A volume by reference number, drive number or working directory; 0 is the default. *dir = 0: none implied. */
VCB *find_volume(int16_t ref_num, uint32_t *dir)
{
    VCB *vcb;
    WDCB *wd;
    *dir = 0;
    if (ref_num == 0) {
        *dir = CurDirStore;
        return (VCB *)DefVCBPtr;
    }
    for (vcb = (VCB *)VCBQHdr.qHead; vcb; vcb = (VCB *)vcb->qLink)
        if (vcb->vcbVRefNum == ref_num || (ref_num > 0 && vcb->vcbDrvNum == ref_num))
            return vcb;
    wd = directory_of(ref_num);
    if (!wd)
        return 0;
    *dir = wd->wdDirID;
    return wd->wdVCBPtr;
}

WDCB *directory_of(int16_t ref_num)
{
    uint16_t offset = ref_num - first_directory;
    WDCB *wd;
    if (ref_num >= 0 || offset < 2 || (offset - 2) % sizeof(WDCB) || offset >= *(uint16_t *)WDCBsPtr)
        return 0;
    wd = (WDCB *)(WDCBsPtr + offset);
    return wd->wdVCBPtr ? wd : 0;
}

static VCB *volume_named(const uint8_t *name, int length)
{
    VCB *vcb;
    uint8_t copy[28];
    if (length > 27)
        return 0;
    copy[0] = length;
    memcpy(copy + 1, name, length);
    for (vcb = (VCB *)VCBQHdr.qHead; vcb; vcb = (VCB *)vcb->qLink)
        if (name_compare(vcb->vcbVN, copy) == 0)
            return vcb;
    return 0;
}

/* A path is `Volume:dir:name`, or relative: `:dir:name` or just `name`.  Each colon after the first one that follows
   another goes one directory up. */
OSErr find_target(const uint8_t *path, int16_t ref_num, uint32_t dir, Target *target)
{
    const uint8_t *p, *end;
    uint32_t implied;
    VCB *vcb = find_volume(ref_num, &implied);
    target->name[0] = 0;
    target->vcb = vcb;
    target->dir = dir ? dir : implied ? implied : fsRtDirID;
    if (!path || path[0] == 0)
        return vcb ? noErr : nsvErr;
    p = path + 1;
    end = p + path[0];
    if (*p == ':') {
        if (!vcb)
            return nsvErr;
        p++;
    } else {
        const uint8_t *colon = p;
        while (colon < end && *colon != ':')
            colon++;
        if (colon < end) {
            vcb = volume_named(p, colon - p);
            if (!vcb)
                return nsvErr;
            target->vcb = vcb;
            target->dir = fsRtDirID;
            p = colon + 1;
        } else if (!vcb)
            return nsvErr;
    }
    if (dir == fsRtParID && p < end && target->dir == fsRtParID) {
        /* the only child of the root's parent is the root */
        if (volume_named(p, end - p) != vcb)
            return fnfErr;
        target->dir = fsRtDirID;
        return noErr;
    }
    while (p < end) {
        CatEntry entry;
        OSErr err;
        const uint8_t *start = p;
        if (*p == ':') {
            err = catalog_find_dir(vcb, target->dir, &entry);
            if (err)
                return err;
            if (target->dir == fsRtDirID)
                return dirNFErr;
            target->dir = entry.parent;
            p++;
            continue;
        }
        while (p < end && *p != ':')
            p++;
        if (p - start > max_name)
            return bdNamErr;
        target->name[0] = p - start;
        memcpy(target->name + 1, start, p - start);
        if (p == end)
            break;
        err = catalog_find(vcb, target->dir, target->name, &entry);
        if (err || entry.record.type != cdrDirRec)
            return err && err != fnfErr ? err : dirNFErr;
        target->dir = entry.record.dir.dirDirID;
        target->name[0] = 0;
        p++;
    }
    return noErr;
}

OSErr find_entry(const uint8_t *path, int16_t ref_num, uint32_t dir, CatEntry *entry)
{
    Target target;
    OSErr err = find_target(path, ref_num, dir, &target);
    if (err)
        return err;
    return target.name[0] ? catalog_find(target.vcb, target.dir, target.name, entry)
                          : catalog_find_dir(target.vcb, target.dir, entry);
}
