/* File Manager, B*-trees: the file as an array of nodes, which of them are free, and the header node. */
#include "hfs_btree.h"

enum { nodes_at_once = 4 };

OSErr btree_node(BTree *tree, uint32_t number, Block **block)
{
    uint32_t where, run;
    OSErr err = fork_map(tree->fcb, number * node_size, &where, &run);
    return err ? err : cache_get_of(tree->fcb->fcbVPtr, where, run < nodes_at_once ? run : nodes_at_once, block);
}

static OSErr fresh_node(BTree *tree, uint32_t number, Block **block)
{
    uint32_t where, run;
    OSErr err = fork_map(tree->fcb, number * node_size, &where, &run);
    return err ? err : cache_get_fresh(tree->fcb->fcbVPtr, where, block);
}

OSErr btree_open(BTree *tree, FCB *fcb, int (*compare)(const uint8_t *, const uint8_t *))
{
    Block *block;
    HeaderRecord *header;
    OSErr err;
    tree->fcb = fcb;
    tree->compare = compare;
    err = btree_node(tree, 0, &block);
    if (err)
        return err;
    header = (HeaderRecord *)(block->data + sizeof(NodeDescriptor));
    if (node_of(block)->ndType != ndHdrNode || header->bthNodeSize != node_size || header->bthDepth > max_depth - 1)
        err = badMDBErr;
    tree->depth = header->bthDepth;
    tree->root = header->bthRoot;
    tree->records = header->bthNRecs;
    tree->first_leaf = header->bthFNode;
    tree->last_leaf = header->bthLNode;
    tree->key_length = header->bthKeyLen;
    tree->nodes = header->bthNNodes;
    tree->free_nodes = header->bthFree;
    cache_release(block);
    return err;
}

OSErr btree_write_header(BTree *tree)
{
    Block *block;
    HeaderRecord *header;
    OSErr err = btree_node(tree, 0, &block);
    if (err)
        return err;
    header = (HeaderRecord *)(block->data + sizeof(NodeDescriptor));
    header->bthDepth = tree->depth;
    header->bthRoot = tree->root;
    header->bthNRecs = tree->records;
    header->bthFNode = tree->first_leaf;
    header->bthLNode = tree->last_leaf;
    header->bthNNodes = tree->nodes;
    header->bthFree = tree->free_nodes;
    cache_dirty(block);
    cache_release(block);
    tree->generation++;
    return noErr;
}

/* The map: 256 bytes in the header node (record 2), the rest in map nodes chained from it (record 0). */
typedef struct {
    Block *block;
    uint8_t *bits;
    uint32_t first, count; /* node numbers that this piece is about */
    uint32_t number;       /* the node that holds it */
} MapPiece;

static OSErr map_first(BTree *tree, MapPiece *piece)
{
    OSErr err = btree_node(tree, 0, &piece->block);
    if (err)
        return err;
    piece->number = 0;
    piece->first = 0;
    piece->bits = piece->block->data + *record_offset(piece->block, 2);
    piece->count = (*record_offset(piece->block, 3) - *record_offset(piece->block, 2)) * 8;
    return noErr;
}

/* fnfErr when there is no further one; the last one then stays held. */
static OSErr map_next(BTree *tree, MapPiece *piece)
{
    uint32_t next = node_of(piece->block)->ndFLink;
    Block *block;
    OSErr err;
    if (!next)
        return fnfErr;
    err = btree_node(tree, next, &block);
    if (err)
        return err;
    cache_release(piece->block);
    piece->block = block;
    piece->number = next;
    piece->first += piece->count;
    piece->bits = block->data + *record_offset(block, 0);
    piece->count = (*record_offset(block, 1) - *record_offset(block, 0)) * 8;
    return noErr;
}

static OSErr mark_free(BTree *tree, uint32_t number)
{
    MapPiece piece;
    OSErr err = map_first(tree, &piece);
    if (err)
        return err;
    while (number >= piece.first + piece.count) {
        err = map_next(tree, &piece);
        if (err) {
            cache_release(piece.block);
            return err;
        }
    }
    number -= piece.first;
    piece.bits[number >> 3] &= ~(0x80 >> (number & 7));
    cache_dirty(piece.block);
    cache_release(piece.block);
    return noErr;
}

/* A map node for the nodes beyond what the map covers so far.  It takes the first of them. */
static OSErr grow_map(BTree *tree, uint32_t covered)
{
    MapPiece piece;
    Block *block;
    OSErr err = map_first(tree, &piece);
    if (err)
        return err;
    while (!(err = map_next(tree, &piece))) {
    }
    if (err == fnfErr)
        err = fresh_node(tree, covered, &block);
    if (!err) {
        NodeDescriptor *node = node_of(block);
        node_of(piece.block)->ndFLink = covered;
        cache_dirty(piece.block);
        node->ndType = ndMapNode;
        node->ndNRecs = 1;
        *record_offset(block, 0) = sizeof(NodeDescriptor);
        *record_offset(block, 1) = node_size - 4;
        block->data[sizeof(NodeDescriptor)] = 0x80;
        cache_release(block);
    }
    cache_release(piece.block);
    return err;
}

enum { least_growth = 16 * node_size };

/* Makes sure that `count` nodes are free, so that an insertion cannot fail halfway. */
OSErr btree_reserve(BTree *tree, uint32_t count)
{
    uint32_t nodes, covered, clump;
    MapPiece piece;
    OSErr err;
    if (tree->free_nodes >= count)
        return noErr;
    /* Volumes with a tiny clump exist; a tree that grows node by node lies in shreds. */
    clump = tree->fcb->fcbClmpSize < least_growth ? least_growth : tree->fcb->fcbClmpSize;
    err = fork_extend(tree->fcb, tree->fcb->fcbPLen + clump, 0);
    if (err == dskFulErr) /* no room for a clump, perhaps for what is needed */
        err = fork_extend(tree->fcb, (tree->nodes + count - tree->free_nodes) * node_size, 0);
    if (err)
        return err;
    tree->fcb->fcbEOF = tree->fcb->fcbPLen;
    nodes = tree->fcb->fcbPLen / node_size;
    err = map_first(tree, &piece);
    if (err)
        return err;
    while (!map_next(tree, &piece)) {
    }
    covered = piece.first + piece.count;
    cache_release(piece.block);
    tree->free_nodes += nodes - tree->nodes;
    while (covered < nodes && !err) {
        err = grow_map(tree, covered);
        tree->free_nodes--;
        covered += (node_size - sizeof(NodeDescriptor) - 4) * 8;
    }
    tree->nodes = nodes;
    volume_of(tree->fcb->fcbVPtr)->spare_changed = 1;
    volume_changed(tree->fcb->fcbVPtr);
    if (!err)
        err = btree_write_header(tree);
    return err ? err : btree_reserve(tree, count);
}

OSErr btree_new_node(BTree *tree, uint32_t *number, Block **block)
{
    MapPiece piece;
    OSErr err = map_first(tree, &piece);
    uint32_t i;
    if (err)
        return err;
    do {
        for (i = 0; i < piece.count && piece.first + i < tree->nodes; i++) {
            if (piece.bits[i >> 3] == 0xFF) {
                i |= 7;
                continue;
            }
            if (!(piece.bits[i >> 3] & 0x80 >> (i & 7))) {
                piece.bits[i >> 3] |= 0x80 >> (i & 7);
                cache_dirty(piece.block);
                *number = piece.first + i;
                cache_release(piece.block);
                tree->free_nodes--;
                return fresh_node(tree, *number, block);
            }
        }
        err = map_next(tree, &piece);
    } while (!err);
    cache_release(piece.block);
    return err == fnfErr ? dskFulErr : err;
}

OSErr btree_free_node(BTree *tree, uint32_t number)
{
    OSErr err = mark_free(tree, number);
    if (!err)
        tree->free_nodes++;
    return err;
}
