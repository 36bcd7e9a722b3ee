/* File Manager: a small cache of 512-byte blocks, written back when a block is replaced or the volume is flushed. */
#include "hfs.h"

enum { cache_blocks = 24 };

static Block *blocks;
static uint32_t clock;
static Block *recent[16]; /* by the low bits of the number: where to look first */

void cache_init(void)
{
    blocks = fs_allocate(cache_blocks * sizeof(Block));
}

static OSErr write_back(Block *block)
{
    OSErr err = noErr;
    if (block->valid && block->dirty) {
        err = volume_io(block->vcb, 1, block->number, 1, block->data);
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

static OSErr get(VCB *vcb, uint32_t number, int fresh, Block **result)
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
            err = volume_io(vcb, 0, number, 1, oldest->data);
            if (err)
                return err;
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

OSErr cache_get(VCB *vcb, uint32_t number, Block **block) { return get(vcb, number, 0, block); }
OSErr cache_get_fresh(VCB *vcb, uint32_t number, Block **block) { return get(vcb, number, 1, block); }
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
    for (block = blocks; block < blocks + cache_blocks; block++)
        if (block->vcb == vcb)
            block->valid = block->dirty = 0;
}

OSErr cache_bypass_read(VCB *vcb, uint32_t number, int32_t count, void *buffer)
{
    Block *block;
    OSErr err = volume_io(vcb, 0, number, count, buffer);
    if (err)
        return err;
    for (block = blocks; block < blocks + cache_blocks; block++)
        if (block->valid && block->dirty && block->vcb == vcb && block->number - number < (uint32_t)count)
            memcpy((uint8_t *)buffer + (block->number - number) * block_size, block->data, block_size);
    return noErr;
}

OSErr cache_bypass_write(VCB *vcb, uint32_t number, int32_t count, const void *buffer)
{
    Block *block;
    for (block = blocks; block < blocks + cache_blocks; block++)
        if (block->valid && block->vcb == vcb && block->number - number < (uint32_t)count)
            block->valid = block->dirty = 0;
    return volume_io(vcb, 1, number, count, (void *)buffer);
}
