/* File Manager: a small cache of 512-byte blocks, written back when a block is replaced or the volume is flushed.
 *
 * Whoever reads a file to its end, or a node of a tree, often goes on with what lies behind it, and a disk command of one
 * block costs a turn of the platter.  So these reads go through windows: runs of blocks as they are on the disk.  A window
 * gets what was asked for; from the third read in a row on, each continues the one before and takes twice as many blocks.
 * Reads in the middle of a file take one block into the cache, or go past it. */
#include "hfs.h"

enum { cache_blocks = 24, windows = 4, slack = 4 /* unused blocks that may lie between two files */ };

typedef struct {
    VCB *vcb;                 /* 0: empty */
    uint32_t first, count;
    uint32_t used;
    uint32_t row;             /* how many reads it has gone on from the end of the one before */
    uint8_t data[window_blocks * block_size];
} Window;

static Block *blocks;
static Window *window;
static uint32_t clock;
static Block *recent[16]; /* by the low bits of the number: where to look first */

void cache_init(void)
{
    blocks = fs_allocate(cache_blocks * sizeof(Block));
    window = fs_allocate(windows * sizeof(Window));
}

/* A block as it is on the disk, if a window shows it. */
static const uint8_t *look(VCB *vcb, uint32_t number)
{
    Window *w;
    for (w = window; w < window + windows; w++)
        if (number - w->first < w->count && w->vcb == vcb) {
            w->used = ++clock;
            return w->data + (number - w->first) * block_size;
        }
    return 0;
}

/* How far to read on at `number`: twice as far as the last time, but not beyond the files. */
static uint32_t further(const VCB *vcb, uint32_t number, uint32_t count)
{
    uint32_t inside = number - vcb->vcbAlBlSt;
    uint32_t files = (uint32_t)vcb->vcbNmAlBlks * (uint16_t)(vcb->vcbAlBlkSiz / block_size);
    uint32_t most = inside < files ? files - inside : 0;
    if (most > window_blocks)
        most = window_blocks;
    return 2 * count < most ? 2 * count : most;
}

/* A block that no window shows; `want` blocks from it on will be asked for. */
static OSErr fetch(VCB *vcb, uint32_t number, uint32_t want, const uint8_t **data)
{
    Window *w, *chosen = window;
    uint32_t count = want, row = 0;
    OSErr err;
    for (w = window; w < window + windows; w++) {
        if (w->vcb == vcb && number - w->first - w->count < slack) {
            chosen = w;
            row = w->row + 1;
            if (row > 1)
                count = further(vcb, number, w->count);
            break;
        }
        if (w->used < chosen->used)
            chosen = w;
    }
    if (count < want)
        count = want;
    chosen->vcb = 0;
    err = volume_io(vcb, 0, number, count, chosen->data);
    if (err && count > 1) { /* what is wrong further on is not for this caller to hear */
        count = 1;
        err = volume_io(vcb, 0, number, 1, chosen->data);
    }
    if (err)
        return err;
    chosen->vcb = vcb;
    chosen->first = number;
    chosen->count = count;
    chosen->row = row;
    chosen->used = ++clock;
    *data = chosen->data;
    return noErr;
}

/* The only way to the disk: no window shows what was there before. */
static OSErr store(VCB *vcb, uint32_t number, uint32_t count, const void *buffer)
{
    Window *w;
    for (w = window; w < window + windows; w++)
        if (w->vcb == vcb && number < w->first + w->count && w->first < number + count)
            w->vcb = 0;
    return volume_io(vcb, 1, number, count, (void *)buffer);
}

static OSErr write_back(Block *block)
{
    OSErr err = noErr;
    if (block->valid && block->dirty) {
        err = store(block->vcb, block->number, 1, block->data);
        if (!err)
            block->dirty = 0;
    }
    return err;
}

/* The block if it is here, else the one to give up for it: unused or longest not asked for.  0: all are held. */
static Block *find(VCB *vcb, uint32_t number)
{
    Block *block = recent[number & 15], *oldest = 0;
    if (block && block->valid && block->vcb == vcb && block->number == number)
        return block;
    for (block = blocks; block < blocks + cache_blocks; block++) {
        if (block->valid && block->vcb == vcb && block->number == number)
            return block;
        if (block->pins == 0 && (!oldest || !block->valid || (oldest->valid && block->used < oldest->used)))
            oldest = block;
    }
    return oldest;
}

static OSErr get(VCB *vcb, uint32_t number, int fresh, uint32_t want, Block **result)
{
    Block *oldest = find(vcb, number);
    OSErr err;
    if (!oldest)
        return fsDSIntErr;
    if (!oldest->valid || oldest->vcb != vcb || oldest->number != number) {
        err = write_back(oldest);
        if (err)
            return err;
        oldest->valid = 0;
        if (!fresh) {
            const uint8_t *data = look(vcb, number);
            if (!data && !want)
                err = volume_io(vcb, 0, number, 1, oldest->data);
            else if (!data)
                err = fetch(vcb, number, want, &data);
            if (err)
                return err;
            if (data)
                memcpy(oldest->data, data, block_size);
        }
        oldest->vcb = vcb;
        oldest->number = number;
        oldest->valid = 1;
        oldest->dirty = 0;
    }
    if (fresh) {
        memset(oldest->data, 0, block_size);
        oldest->dirty = 1;
    }
    recent[number & 15] = oldest;
    oldest->used = ++clock;
    oldest->pins++;
    *result = oldest;
    return noErr;
}

OSErr cache_get(VCB *vcb, uint32_t number, Block **block) { return get(vcb, number, 0, 0, block); }
OSErr cache_get_of(VCB *vcb, uint32_t number, uint32_t want, Block **block) { return get(vcb, number, 0, want, block); }
OSErr cache_get_fresh(VCB *vcb, uint32_t number, Block **block) { return get(vcb, number, 1, 0, block); }
void cache_release(Block *block) { block->pins--; }

/* In ascending order: the disk need not jump to and fro. */
OSErr cache_flush(VCB *vcb)
{
    for (;;) {
        Block *block, *first = 0;
        OSErr err;
        for (block = blocks; block < blocks + cache_blocks; block++)
            if (block->valid && block->dirty && block->vcb == vcb && (!first || block->number < first->number))
                first = block;
        if (!first)
            return noErr;
        err = write_back(first);
        if (err)
            return err;
    }
}

void cache_forget(VCB *vcb)
{
    Block *block;
    Window *w;
    for (block = blocks; block < blocks + cache_blocks; block++)
        if (block->vcb == vcb)
            block->valid = block->dirty = 0;
    for (w = window; w < window + windows; w++)
        if (w->vcb == vcb)
            w->vcb = 0;
}

/* What was changed in the cache goes over what came from the disk. */
static void add_changes(VCB *vcb, uint32_t number, int32_t count, uint8_t *buffer)
{
    Block *block;
    for (block = blocks; block < blocks + cache_blocks; block++)
        if (block->dirty && block->valid && block->vcb == vcb && block->number - number < (uint32_t)count)
            memcpy(buffer + (block->number - number) * block_size, block->data, block_size);
}

OSErr cache_read(VCB *vcb, uint32_t number, int32_t count, uint32_t want, uint8_t *buffer)
{
    int32_t i;
    for (i = 0; i < count; i++) {
        const uint8_t *data = look(vcb, number + i);
        OSErr err = data ? noErr : fetch(vcb, number + i, want - i, &data);
        if (err)
            return err;
        memcpy(buffer + i * block_size, data, block_size);
    }
    add_changes(vcb, number, count, buffer);
    return noErr;
}

OSErr cache_bypass_read(VCB *vcb, uint32_t number, int32_t count, uint8_t *buffer)
{
    int32_t i;
    OSErr err = noErr;
    for (i = 0; i < count; i++) { /* the first ones may have been read ahead */
        const uint8_t *data = look(vcb, number + i);
        if (!data)
            break;
        memcpy(buffer + i * block_size, data, block_size);
    }
    if (i < count)
        err = volume_io(vcb, 0, number + i, count - i, buffer + i * block_size);
    if (!err)
        add_changes(vcb, number, count, buffer);
    return err;
}

OSErr cache_bypass_write(VCB *vcb, uint32_t number, int32_t count, const void *buffer)
{
    Block *block;
    for (block = blocks; block < blocks + cache_blocks; block++)
        if (block->valid && block->vcb == vcb && block->number - number < (uint32_t)count)
            block->valid = block->dirty = 0;
    return store(vcb, number, count, buffer);
}
