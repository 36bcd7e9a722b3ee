/* File Manager: the catalogue, a B*-tree of directories, files and threads under the key (parent, name). */
#include "hfs_btree.h"

typedef struct {
    uint8_t ckrKeyLen, ckrResrv1;
    uint32_t ckrParID;
    uint8_t ckrCName[32];
} CatKey;

int catalog_compare(const uint8_t *a, const uint8_t *b)
{
    const CatKey *left = (const CatKey *)a, *right = (const CatKey *)b;
    if (left->ckrParID != right->ckrParID)
        return left->ckrParID < right->ckrParID ? -1 : 1;
    return name_compare(left->ckrCName, right->ckrCName);
}

static void make_key(CatKey *key, uint32_t parent, const uint8_t *name)
{
    int length = name ? name[0] : 0;
    memset(key, 0, sizeof *key);
    key->ckrKeyLen = 6 + length;
    key->ckrParID = parent;
    key->ckrCName[0] = length;
    if (length)
        memcpy(key->ckrCName + 1, name + 1, length);
}

static int record_size(const CatRecord *record)
{
    switch (record->type) {
    case cdrDirRec: return sizeof(DirRecord);
    case cdrFilRec: return sizeof(FileRecord);
    default: return sizeof(ThreadRecord);
    }
}

/* Copies the leaf record at a place into the entry. */
static OSErr take(VCB *vcb, uint32_t node, int index, CatEntry *entry)
{
    Block *block;
    uint8_t *key, *data;
    int length;
    OSErr err = btree_record(catalog_of(vcb), node, index, &block, &key, &data, &length);
    if (err)
        return err;
    entry->vcb = vcb;
    entry->parent = ((CatKey *)key)->ckrParID;
    memcpy(entry->name, ((CatKey *)key)->ckrCName, ((CatKey *)key)->ckrCName[0] + 1);
    if (length > (int)sizeof entry->record)
        length = sizeof entry->record;
    memcpy(&entry->record, data, length);
    cache_release(block);
    return noErr;
}

OSErr catalog_find(VCB *vcb, uint32_t parent, const uint8_t *name, CatEntry *entry)
{
    CatKey key;
    BTPlace place;
    OSErr err;
    make_key(&key, parent, name);
    err = btree_search(catalog_of(vcb), (uint8_t *)&key, &place);
    if (!err)
        err = take(vcb, place.node[place.levels - 1], place.index[place.levels - 1], entry);
    entry->place = place;
    return err;
}

OSErr catalog_find_dir(VCB *vcb, uint32_t dir, CatEntry *entry)
{
    OSErr err = catalog_find(vcb, dir, 0, entry);
    uint8_t name[32];
    uint32_t parent;
    if (err || entry->record.type != cdrThdRec)
        return err && err != fnfErr ? err : dirNFErr;
    parent = entry->record.thread.thdParID;
    memcpy(name, entry->record.thread.thdCName, sizeof name);
    err = catalog_find(vcb, parent, name, entry);
    return err == fnfErr ? dirNFErr : err;
}

/* Where the last enumeration got to, so that the next index need not start at the first entry. */
static struct {
    VCB *vcb;
    uint32_t dir, generation, node;
    int16_t place, index, files_only;
} hint;

OSErr catalog_index(VCB *vcb, uint32_t dir, int index, int files_only, CatEntry *entry)
{
    BTree *tree = catalog_of(vcb);
    uint32_t node;
    int16_t place;
    int at = 0;
    OSErr err;
    if (hint.vcb == vcb && hint.dir == dir && hint.generation == tree->generation && hint.files_only == files_only &&
        hint.index < index) {
        node = hint.node;
        place = hint.place;
        at = hint.index;
    } else {
        err = catalog_find(vcb, dir, 0, entry); /* the thread comes before the children */
        if (err)
            return err == fnfErr ? dirNFErr : err;
        node = entry->place.node[entry->place.levels - 1];
        place = entry->place.index[entry->place.levels - 1];
    }
    while (at < index) {
        err = btree_next(tree, &node, &place);
        if (!err)
            err = take(vcb, node, place, entry);
        if (err)
            return err;
        if (entry->parent != dir)
            return fnfErr;
        if (entry->record.type == cdrFilRec || (entry->record.type == cdrDirRec && !files_only))
            at++;
    }
    hint.vcb = vcb;
    hint.dir = dir;
    hint.generation = tree->generation;
    hint.node = node;
    hint.place = place;
    hint.index = index;
    hint.files_only = files_only;
    entry->place.levels = 1;
    entry->place.node[0] = node;
    entry->place.index[0] = place;
    return noErr;
}

/* The length of a record never changes, so it is replaced in its place. */
OSErr catalog_update(CatEntry *entry)
{
    Block *block;
    uint8_t *key, *data;
    int length;
    OSErr err = btree_record(catalog_of(entry->vcb), entry->place.node[entry->place.levels - 1],
                             entry->place.index[entry->place.levels - 1], &block, &key, &data, &length);
    if (err)
        return err;
    memcpy(data, &entry->record, length < (int)sizeof entry->record ? length : (int)sizeof entry->record);
    cache_dirty(block);
    cache_release(block);
    volume_changed(entry->vcb);
    return noErr;
}

static OSErr insert(VCB *vcb, uint32_t parent, const uint8_t *name, const CatRecord *record)
{
    uint8_t whole[sizeof(CatKey) + sizeof(CatRecord)];
    CatKey *key = (CatKey *)whole;
    int size;
    make_key(key, parent, name);
    size = key_size(whole);
    memcpy(whole + size, record, record_size(record));
    return btree_insert(catalog_of(vcb), whole, size + record_size(record));
}

/* The directory `dir` has gained or lost an entry. */
static OSErr count_entry(VCB *vcb, uint32_t dir, int directory, int change)
{
    CatEntry entry;
    OSErr err = catalog_find_dir(vcb, dir, &entry);
    if (err)
        return err;
    entry.record.dir.dirVal += change;
    entry.record.dir.dirMdDat = fs_now();
    if (dir == fsRtDirID) {
        if (directory)
            vcb->vcbNmRtDirs += change;
        else
            vcb->vcbNmFls += change;
    }
    return catalog_update(&entry);
}

static OSErr insert_thread(VCB *vcb, uint32_t id, int type, uint32_t parent, const uint8_t *name)
{
    CatRecord record;
    memset(&record, 0, sizeof record);
    record.thread.cdrType = type;
    record.thread.thdParID = parent;
    memcpy(record.thread.thdCName, name, name[0] + 1);
    return insert(vcb, id, 0, &record);
}

OSErr catalog_create(VCB *vcb, uint32_t parent, const uint8_t *name, int directory, uint32_t *id)
{
    CatEntry entry;
    CatRecord record;
    OSErr err = catalog_find_dir(vcb, parent, &entry);
    if (err)
        return err;
    if (catalog_find(vcb, parent, name, &entry) == noErr)
        return dupFNErr;
    err = btree_reserve(catalog_of(vcb), 2 * (catalog_of(vcb)->depth + 1)); /* for the entry and its thread */
    if (err)
        return err;
    *id = vcb->vcbNxtCNID++;
    volume_changed(vcb);
    memset(&record, 0, sizeof record);
    if (directory) {
        record.dir.cdrType = cdrDirRec;
        record.dir.dirDirID = *id;
        record.dir.dirCrDat = record.dir.dirMdDat = fs_now();
    } else {
        record.file.cdrType = cdrFilRec;
        record.file.filFlNum = *id;
        record.file.filCrDat = record.file.filMdDat = fs_now();
    }
    err = insert(vcb, parent, name, &record);
    if (!err && directory) {
        err = insert_thread(vcb, *id, cdrThdRec, parent, name);
        if (err)
            return err;
    }
    if (err)
        return err;
    if (directory)
        vcb->vcbDirCnt++;
    else
        vcb->vcbFilCnt++;
    return count_entry(vcb, parent, directory, 1);
}

static OSErr remove_key(VCB *vcb, uint32_t parent, const uint8_t *name)
{
    CatKey key;
    make_key(&key, parent, name);
    return btree_delete(catalog_of(vcb), (uint8_t *)&key);
}

static uint32_t id_of(const CatRecord *record)
{
    return record->type == cdrDirRec ? record->dir.dirDirID : record->file.filFlNum;
}

static int has_thread(const CatRecord *record)
{
    return record->type == cdrDirRec || record->file.filFlags & file_has_thread;
}

/* The entry only; its forks are the caller's concern. */
OSErr catalog_delete(CatEntry *entry)
{
    VCB *vcb = entry->vcb;
    int directory = entry->record.type == cdrDirRec;
    OSErr err;
    if (directory && (entry->record.dir.dirVal || entry->record.dir.dirDirID == fsRtDirID))
        return fBsyErr;
    err = remove_key(vcb, entry->parent, entry->name);
    if (!err && has_thread(&entry->record))
        err = remove_key(vcb, id_of(&entry->record), 0);
    if (err)
        return err;
    if (directory)
        vcb->vcbDirCnt--;
    else
        vcb->vcbFilCnt--;
    volume_changed(vcb);
    return count_entry(vcb, entry->parent, directory, -1);
}

/* Renames, moves to another directory, or both. */
OSErr catalog_move(CatEntry *entry, uint32_t new_parent, const uint8_t *new_name)
{
    VCB *vcb = entry->vcb;
    int directory = entry->record.type == cdrDirRec;
    uint32_t id = id_of(&entry->record);
    CatEntry other;
    uint8_t name[32];
    OSErr err;
    memcpy(name, new_name, new_name[0] + 1);
    err = catalog_find(vcb, new_parent, name, &other);
    if (!err && !(other.record.type == entry->record.type && id_of(&other.record) == id))
        return dupFNErr;
    if (err && err != fnfErr)
        return err;
    err = btree_reserve(catalog_of(vcb), 2 * (catalog_of(vcb)->depth + 1));
    if (!err)
        err = remove_key(vcb, entry->parent, entry->name);
    if (!err)
        err = insert(vcb, new_parent, name, &entry->record);
    if (!err && has_thread(&entry->record)) {
        err = remove_key(vcb, id, 0);
        if (!err)
            err = insert_thread(vcb, id, directory ? cdrThdRec : cdrFThdRec, new_parent, name);
    }
    volume_changed(vcb);
    if (!err && new_parent != entry->parent) {
        err = count_entry(vcb, entry->parent, directory, -1);
        if (!err)
            err = count_entry(vcb, new_parent, directory, 1);
    }
    return err;
}
