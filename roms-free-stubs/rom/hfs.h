/* Inside the File Manager: what its files share.  Structures on disk: Inside Macintosh: Files, chapter 2. */
#ifndef HFS_H
#define HFS_H

#include "files.h"

enum { block_size = 512, max_name = 31 };

/* ---- hfs_cache.c: blocks of 512 bytes, numbered from the start of the volume ---- */
typedef struct Block {
    VCB *vcb;
    uint32_t number;
    uint32_t used;    /* when it was last asked for */
    int16_t pins;     /* how many callers hold a pointer */
    int8_t valid, dirty;
    uint8_t data[block_size];
} Block;

enum { window_blocks = 16 }; /* read at once, at most */

void cache_init(void);
/* Reads unless `fresh`, then the block is cleared. Each success is answered by one cache_release. */
OSErr cache_get(VCB *vcb, uint32_t number, Block **block);
/* The first of `want` blocks, at most window_blocks, that will be asked for, and perhaps those behind them. */
OSErr cache_get_of(VCB *vcb, uint32_t number, uint32_t want, Block **block);
OSErr cache_get_fresh(VCB *vcb, uint32_t number, Block **block);
void cache_release(Block *block);
static inline void cache_dirty(Block *block) { block->dirty = 1; }
OSErr cache_flush(VCB *vcb);
void cache_forget(VCB *vcb);
/* Whole blocks to the caller, `count` of the `want` that will be asked for. */
OSErr cache_read(VCB *vcb, uint32_t number, int32_t count, uint32_t want, uint8_t *buffer);
/* Large transfers go past the cache and stay coherent with it. */
OSErr cache_bypass_read(VCB *vcb, uint32_t number, int32_t count, uint8_t *buffer);
OSErr cache_bypass_write(VCB *vcb, uint32_t number, int32_t count, const void *buffer);

/* The volume's driver; file_manager.c (or a test) supplies it. It may let other code run until the driver is done. */
OSErr volume_io(VCB *vcb, int writing, uint32_t number, int32_t count, void *buffer);
void *fs_allocate(int32_t size);
uint32_t fs_now(void);

/* ---- hfs_btree.c ---- */
typedef struct BTree {
    FCB *fcb;
    uint16_t depth;
    uint32_t root, records, first_leaf, last_leaf, nodes, free_nodes;
    uint16_t key_length;
    uint32_t generation; /* grows with each change: remembered places are void then */
    int (*compare)(const uint8_t *a, const uint8_t *b);
} BTree;

enum { max_depth = 8, node_size = 512 };

/* A place in the tree: a record of a leaf, or the gap after record `index` (-1: before the first). */
typedef struct {
    uint32_t node[max_depth];
    int16_t index[max_depth];
    int16_t levels; /* node[0] is the root, node[levels - 1] the leaf */
    int16_t found;
} BTPlace;

OSErr btree_open(BTree *tree, FCB *fcb, int (*compare)(const uint8_t *, const uint8_t *));
OSErr btree_search(BTree *tree, const uint8_t *key, BTPlace *place);
/* The record at a place; *length is that of the data behind the key. Hold `block` until done. */
OSErr btree_record(BTree *tree, uint32_t node, int index, Block **block, uint8_t **key, uint8_t **data, int *length);
/* Steps to the next leaf record; fnfErr at the end. */
OSErr btree_next(BTree *tree, uint32_t *node, int16_t *index);
/* `record` is key and data as they are stored in a leaf. */
OSErr btree_insert(BTree *tree, const uint8_t *record, int length);
OSErr btree_delete(BTree *tree, const uint8_t *key);
OSErr btree_write_header(BTree *tree);

/* btree_nodes.c */
OSErr btree_node(BTree *tree, uint32_t number, Block **block);
OSErr btree_reserve(BTree *tree, uint32_t count);
OSErr btree_new_node(BTree *tree, uint32_t *number, Block **block);
OSErr btree_free_node(BTree *tree, uint32_t number);

/* ---- hfs_volume.c ---- */
typedef struct Volume {
    VCB vcb; /* first: a VCB is the start of its Volume */
    BTree extents, catalog;
    uint32_t alternate; /* block of the second master directory block */
    int16_t spare_changed;
} Volume;

static inline Volume *volume_of(VCB *vcb) { return (Volume *)vcb; }
static inline BTree *catalog_of(VCB *vcb) { return &volume_of(vcb)->catalog; }
static inline BTree *extents_of(VCB *vcb) { return &volume_of(vcb)->extents; }

OSErr volume_mount(int16_t drive, int16_t driver, uint32_t blocks, VCB **mounted);
OSErr volume_flush(VCB *vcb);
void volume_changed(VCB *vcb);
/* A run of up to `wanted` allocation blocks, at `hint` if these are free. *count = 0 and dskFulErr: none at all. */
OSErr volume_allocate(VCB *vcb, uint16_t hint, uint32_t wanted, uint16_t *start, uint16_t *count);
OSErr volume_free(VCB *vcb, uint16_t start, uint16_t count);

/* ---- hfs_extents.c: where a fork lies ---- */
enum { data_fork = 0x00, resource_fork = 0xFF };
enum { extents_file = 3, catalog_file = 4, first_file = 16 };

int extents_compare(const uint8_t *a, const uint8_t *b);
/* Block of the volume that holds byte `position`, and how many follow in one piece. */
OSErr fork_map(FCB *fcb, uint32_t position, uint32_t *number, uint32_t *run);
OSErr fork_extend(FCB *fcb, uint32_t physical, int contiguous);
OSErr fork_truncate(FCB *fcb, uint32_t physical);
/* Gives back all blocks of a fork that is not open. */
OSErr fork_free(VCB *vcb, uint32_t file, int fork, const ExtDescriptor *first, uint32_t physical);
static inline int fork_of(const FCB *fcb) { return fcb->fcbMdRByt & 2 ? resource_fork : data_fork; }

/* ---- hfs_catalog.c ---- */
enum { cdrDirRec = 1, cdrFilRec = 2, cdrThdRec = 3, cdrFThdRec = 4 };

typedef struct {
    uint8_t cdrType, cdrResrv2;
    uint16_t dirFlags, dirVal;
    uint32_t dirDirID, dirCrDat, dirMdDat, dirBkDat;
    uint8_t dirUsrInfo[16], dirFndrInfo[16], dirResrv[16];
} DirRecord;

typedef struct {
    uint8_t cdrType, cdrResrv2;
    uint8_t filFlags, filTyp;
    uint8_t filUsrWds[16];
    uint32_t filFlNum;
    uint16_t filStBlk;
    uint32_t filLgLen, filPyLen;
    uint16_t filRStBlk;
    uint32_t filRLgLen, filRPyLen;
    uint32_t filCrDat, filMdDat, filBkDat;
    uint8_t filFndrInfo[16];
    uint16_t filClpSize;
    ExtDataRec filExtRec, filRExtRec;
    uint32_t filResrv;
} FileRecord;

typedef struct {
    uint8_t cdrType, cdrResrv2;
    uint32_t thdResrv[2];
    uint32_t thdParID;
    uint8_t thdCName[32];
} ThreadRecord;

typedef union {
    uint8_t type;
    DirRecord dir;
    FileRecord file;
    ThreadRecord thread;
} CatRecord;

enum { file_locked = 0x01, file_has_thread = 0x02 };

/* An entry of the catalogue with what leads to it. */
typedef struct {
    VCB *vcb;
    uint32_t parent;
    uint8_t name[32];
    CatRecord record;
    BTPlace place;
} CatEntry;

int catalog_compare(const uint8_t *a, const uint8_t *b);
int name_compare(const uint8_t *a, const uint8_t *b);
OSErr catalog_find(VCB *vcb, uint32_t parent, const uint8_t *name, CatEntry *entry);
OSErr catalog_find_dir(VCB *vcb, uint32_t dir, CatEntry *entry);
/* The index-th entry of a directory (1 is the first); files only if asked. */
OSErr catalog_index(VCB *vcb, uint32_t dir, int index, int files_only, CatEntry *entry);
/* Writes entry->record back to where it was found. */
OSErr catalog_update(CatEntry *entry);
OSErr catalog_create(VCB *vcb, uint32_t parent, const uint8_t *name, int directory, uint32_t *id);
OSErr catalog_delete(CatEntry *entry);
OSErr catalog_move(CatEntry *entry, uint32_t new_parent, const uint8_t *new_name);

/* ---- hfs_names.c: from a parameter block to an entry ---- */
typedef struct {
    VCB *vcb;
    uint32_t dir;
    uint8_t name[32]; /* empty: the directory itself */
} Target;

enum { first_directory = -32767 }; /* working directories' reference numbers: this plus an offset */

VCB *find_volume(int16_t ref_num, uint32_t *dir);
WDCB *directory_of(int16_t ref_num);
OSErr find_target(const uint8_t *path, int16_t ref_num, uint32_t dir, Target *target);
OSErr find_entry(const uint8_t *path, int16_t ref_num, uint32_t dir, CatEntry *entry);
static inline int hierarchical(const IOParam *pb) { return (pb->ioTrap & 0x200) != 0 || (pb->ioTrap & 0xFF) == 0x60; }

/* ---- hfs_paths.c: access paths (FCBs) ---- */
enum { fcb_dirty = 0x80, fcb_resource = 0x02, fcb_writable = 0x01 };
enum { max_paths = 40, max_directories = 40 };

void paths_init(void);
FCB *path_new(int16_t *ref_num);
FCB *path_of(int16_t ref_num);
int16_t path_ref_num(const FCB *fcb);
FCB *path_next(FCB *fcb); /* 0 starts; only those in use */
OSErr path_flush(FCB *fcb);
void path_changed(FCB *fcb); /* other paths to the same fork learn its length and place */

/* ---- hfs_io.c ---- */
OSErr fork_io(FCB *fcb, IOParam *pb, int writing);

/* ---- the calls: hfs_calls_*.c; pb->ioTrap is the trap word ---- */
typedef OSErr (*FSRoutine)(void *pb);
OSErr fs_open(void *pb), fs_close(void *pb), fs_read(void *pb), fs_write(void *pb), fs_get_vol_info(void *pb);
OSErr fs_create(void *pb), fs_delete(void *pb), fs_rename(void *pb), fs_get_file_info(void *pb);
OSErr fs_set_file_info(void *pb), fs_unmount_vol(void *pb), fs_mount_vol(void *pb), fs_allocate_file(void *pb);
OSErr fs_get_eof(void *pb), fs_set_eof(void *pb), fs_flush_vol(void *pb), fs_get_vol(void *pb), fs_set_vol(void *pb);
OSErr fs_eject(void *pb), fs_get_fpos(void *pb), fs_set_fpos(void *pb), fs_flush_file(void *pb), fs_set_lock(void *pb);
OSErr fs_open_wd(void *pb), fs_close_wd(void *pb), fs_get_wd_info(void *pb), fs_cat_move(void *pb), fs_dir_create(void *pb);
OSErr fs_get_fcb_info(void *pb), fs_get_cat_info(void *pb), fs_set_cat_info(void *pb), fs_set_vol_info(void *pb);
OSErr fs_make_spec(void *pb);

#endif
