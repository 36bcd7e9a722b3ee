/* B*-tree nodes: Inside Macintosh: Files, chapter 2, "B*-Trees". */
#ifndef HFS_BTREE_H
#define HFS_BTREE_H

#include "hfs.h"

enum { ndIndxNode = 0, ndHdrNode = 1, ndMapNode = 2, ndLeafNode = 0xFF };

typedef struct {
    uint32_t ndFLink, ndBLink;
    uint8_t ndType, ndNHeight;
    uint16_t ndNRecs;
    uint16_t ndResv2;
} NodeDescriptor;

typedef struct {
    uint16_t bthDepth;
    uint32_t bthRoot, bthNRecs, bthFNode, bthLNode;
    uint16_t bthNodeSize, bthKeyLen;
    uint32_t bthNNodes, bthFree;
    uint8_t bthResv[76];
} HeaderRecord;

static inline NodeDescriptor *node_of(Block *block) { return (NodeDescriptor *)block->data; }

/* Where record `index` starts; the entry after the last record tells where the free space starts. */
static inline uint16_t *record_offset(Block *block, int index)
{
    return (uint16_t *)(block->data + node_size) - 1 - index;
}
static inline uint8_t *record_at(Block *block, int index) { return block->data + *record_offset(block, index); }

/* A key with its length byte, padded to an even number of bytes. */
static inline int key_size(const uint8_t *key) { return (key[0] + 2) & ~1; }

static inline int node_room(Block *block)
{
    int records = node_of(block)->ndNRecs;
    return node_size - 2 * (records + 1) - *record_offset(block, records);
}

#endif
