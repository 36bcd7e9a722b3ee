/* File Manager, B*-trees: search, insertion, deletion.
 *
 * A key in an index node is the first key of the node it points to, in the fixed length of the tree.  A node that
 * overflows is split in two halves; one that becomes empty is taken out.  Neighbours are not merged: the format does
 * not ask for it. */
#include "hfs_btree.h"

/* The last record of a node whose key is not above `key`; -1 if all are. */
static int node_search(BTree *tree, Block *block, const uint8_t *key, int16_t *found)
{
    int low = 0, high = node_of(block)->ndNRecs - 1;
    *found = 0;
    while (low <= high) {
        int middle = (low + high) / 2, order = tree->compare(record_at(block, middle), key);
        if (order == 0) {
            *found = 1;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle - 1;
    }
    return high;
}

static uint32_t *pointer_of(uint8_t *index_record) { return (uint32_t *)(index_record + key_size(index_record)); }

OSErr btree_search(BTree *tree, const uint8_t *key, BTPlace *place)
{
    uint32_t number = tree->root;
    int level;
    place->levels = 0;
    place->found = 0;
    if (tree->depth == 0)
        return fnfErr;
    for (level = 0; level < tree->depth; level++) {
        Block *block;
        OSErr err = btree_node(tree, number, &block);
        int index;
        if (err)
            return err;
        index = node_search(tree, block, key, &place->found);
        place->node[level] = number;
        place->index[level] = index;
        place->levels = level + 1;
        if (node_of(block)->ndType == ndLeafNode) {
            cache_release(block);
            return place->found ? noErr : fnfErr;
        }
        if (node_of(block)->ndType != ndIndxNode || node_of(block)->ndNRecs == 0) {
            cache_release(block);
            return badMDBErr;
        }
        /* A key below all others goes to the leftmost leaf. */
        number = *pointer_of(record_at(block, index < 0 ? 0 : index));
        cache_release(block);
    }
    return badMDBErr;
}

OSErr btree_record(BTree *tree, uint32_t node, int index, Block **block, uint8_t **key, uint8_t **data, int *length)
{
    OSErr err = btree_node(tree, node, block);
    if (err)
        return err;
    if (index < 0 || index >= node_of(*block)->ndNRecs) {
        cache_release(*block);
        return fnfErr;
    }
    *key = record_at(*block, index);
    *data = *key + key_size(*key);
    *length = *record_offset(*block, index + 1) - *record_offset(*block, index) - key_size(*key);
    return noErr;
}

OSErr btree_next(BTree *tree, uint32_t *number, int16_t *index)
{
    Block *block;
    OSErr err;
    ++*index;
    for (;;) {
        uint32_t next;
        err = btree_node(tree, *number, &block);
        if (err)
            return err;
        if (*index < node_of(block)->ndNRecs) {
            cache_release(block);
            return noErr;
        }
        next = node_of(block)->ndFLink;
        cache_release(block);
        if (!next)
            return fnfErr;
        *number = next;
        *index = 0;
    }
}

static void node_insert(Block *block, int index, const uint8_t *record, int length)
{
    NodeDescriptor *node = node_of(block);
    int i, start = *record_offset(block, index), end = *record_offset(block, node->ndNRecs);
    memmove(block->data + start + length, block->data + start, end - start);
    memcpy(block->data + start, record, length);
    for (i = node->ndNRecs; i >= index; i--)
        *record_offset(block, i + 1) = *record_offset(block, i) + length;
    node->ndNRecs++;
    cache_dirty(block);
}

static void node_delete(Block *block, int index)
{
    NodeDescriptor *node = node_of(block);
    int i, start = *record_offset(block, index), next = *record_offset(block, index + 1);
    int end = *record_offset(block, node->ndNRecs), length = next - start;
    memmove(block->data + start, block->data + next, end - next);
    for (i = index; i < node->ndNRecs; i++)
        *record_offset(block, i) = *record_offset(block, i + 1) - length;
    node->ndNRecs--;
    memset(block->data + end - length, 0, length);
    *record_offset(block, node->ndNRecs + 1) = 0;
    cache_dirty(block);
}

/* The index record that leads to `number`: its first key, stretched to the tree's length, and the pointer. */
static int index_record(BTree *tree, uint8_t *record, const uint8_t *first_key, uint32_t number)
{
    int size = (tree->key_length + 2) & ~1;
    memset(record, 0, size);
    memcpy(record, first_key, first_key[0] + 1);
    record[0] = tree->key_length;
    memcpy(record + size, &number, 4);
    return size + 4;
}

/* The first key of the node at `level` has changed: so must the keys above it. */
static OSErr first_key_changed(BTree *tree, BTPlace *place, int level, const uint8_t *first_key)
{
    while (--level >= 0) {
        int index = place->index[level] < 0 ? 0 : place->index[level], size = (tree->key_length + 2) & ~1;
        Block *block;
        uint8_t *key;
        OSErr err = btree_node(tree, place->node[level], &block);
        if (err)
            return err;
        key = record_at(block, index);
        memset(key, 0, size);
        memcpy(key, first_key, first_key[0] + 1);
        key[0] = tree->key_length;
        cache_dirty(block);
        cache_release(block);
        if (index > 0)
            break;
    }
    return noErr;
}

/* How many records stay in the left node, so that both are about as full once the new record is in. */
static int split_point(Block *block, int index, int length)
{
    int records = node_of(block)->ndNRecs, end = *record_offset(block, records), best = 1, best_size = node_size, keep;
    for (keep = 1; keep < records; keep++) {
        int left = *record_offset(block, keep) + (index <= keep ? length : 0);
        int right = end - *record_offset(block, keep) + (index <= keep ? 0 : length) + (int)sizeof(NodeDescriptor);
        int size = left > right ? left : right;
        if (size < best_size) {
            best_size = size;
            best = keep;
        }
    }
    return best;
}

/* Moves the records from `keep` on to a new right neighbour. */
static OSErr split(BTree *tree, Block *block, uint32_t number, int keep, uint32_t *new_number, Block **new_block)
{
    NodeDescriptor *node = node_of(block), *new_node;
    int records = node->ndNRecs, end = *record_offset(block, records), i, length;
    OSErr err = btree_new_node(tree, new_number, new_block);
    if (err)
        return err;
    new_node = node_of(*new_block);
    *new_node = *node;
    new_node->ndNRecs = records - keep;
    new_node->ndBLink = number;
    length = end - *record_offset(block, keep);
    memcpy((*new_block)->data + sizeof *node, record_at(block, keep), length);
    for (i = keep; i <= records; i++)
        *record_offset(*new_block, i - keep) = *record_offset(block, i) - *record_offset(block, keep) + sizeof *node;
    memset(record_at(block, keep), 0, length);
    for (i = keep + 1; i <= records; i++)
        *record_offset(block, i) = 0;
    node->ndNRecs = keep;
    node->ndFLink = *new_number;
    cache_dirty(block);
    cache_dirty(*new_block);
    if (new_node->ndFLink) {
        Block *right;
        err = btree_node(tree, new_node->ndFLink, &right);
        if (err)
            return err;
        node_of(right)->ndBLink = *new_number;
        cache_dirty(right);
        cache_release(right);
    } else if (node->ndType == ndLeafNode)
        tree->last_leaf = *new_number;
    return noErr;
}

static OSErr new_root(BTree *tree, uint8_t type, const uint8_t *record, int length)
{
    uint32_t number;
    Block *block;
    OSErr err = btree_new_node(tree, &number, &block);
    if (err)
        return err;
    node_of(block)->ndType = type;
    node_of(block)->ndNHeight = tree->depth + 1;
    *record_offset(block, 0) = sizeof(NodeDescriptor);
    node_insert(block, 0, record, length);
    cache_release(block);
    tree->root = number;
    tree->depth++;
    return noErr;
}

/* Inserts a record into the node at `level` of the place, splitting upwards as needed. */
static OSErr insert_at(BTree *tree, BTPlace *place, int level, const uint8_t *record, int length)
{
    uint32_t number = place->node[level], new_number;
    int index = place->index[level] + 1;
    uint8_t up[64], left_key[64];
    Block *block, *new_block;
    OSErr err = btree_node(tree, number, &block);
    if (err)
        return err;
    if (length + 2 <= node_room(block)) {
        node_insert(block, index, record, length);
        cache_release(block);
        return index == 0 ? first_key_changed(tree, place, level, record) : noErr;
    }
    err = split(tree, block, number, split_point(block, index, length), &new_number, &new_block);
    if (err) {
        cache_release(block);
        return err;
    }
    if (index <= node_of(block)->ndNRecs)
        node_insert(block, index, record, length);
    else
        node_insert(new_block, index - node_of(block)->ndNRecs, record, length);
    length = index_record(tree, up, record_at(new_block, 0), new_number);
    memcpy(left_key, record_at(block, 0), record_at(block, 0)[0] + 1);
    cache_release(new_block);
    cache_release(block);
    if (level == 0) {
        uint8_t first[64];
        int first_length = index_record(tree, first, left_key, number);
        err = new_root(tree, ndIndxNode, first, first_length);
        if (err)
            return err;
        err = btree_node(tree, tree->root, &block);
        if (err)
            return err;
        node_insert(block, 1, up, length);
        cache_release(block);
        return noErr;
    }
    if (index == 0) {
        err = first_key_changed(tree, place, level, left_key);
        if (err)
            return err;
    }
    if (place->index[level - 1] < 0)
        place->index[level - 1] = 0;
    return insert_at(tree, place, level - 1, up, length);
}

OSErr btree_insert(BTree *tree, const uint8_t *record, int length)
{
    BTPlace place;
    OSErr err = btree_reserve(tree, tree->depth + 1);
    if (err)
        return err;
    err = btree_search(tree, record, &place);
    if (!err)
        return dupFNErr;
    if (err != fnfErr)
        return err;
    if (tree->depth == 0) {
        err = new_root(tree, ndLeafNode, record, length);
        tree->first_leaf = tree->last_leaf = tree->root;
    } else
        err = insert_at(tree, &place, place.levels - 1, record, length);
    if (err)
        return err;
    tree->records++;
    return btree_write_header(tree);
}

/* Takes an empty node out of its row. */
static OSErr unlink_node(BTree *tree, Block *block)
{
    uint32_t left = node_of(block)->ndBLink, right = node_of(block)->ndFLink;
    Block *other;
    OSErr err;
    if (left) {
        err = btree_node(tree, left, &other);
        if (err)
            return err;
        node_of(other)->ndFLink = right;
        cache_dirty(other);
        cache_release(other);
    } else if (node_of(block)->ndType == ndLeafNode)
        tree->first_leaf = right;
    if (right) {
        err = btree_node(tree, right, &other);
        if (err)
            return err;
        node_of(other)->ndBLink = left;
        cache_dirty(other);
        cache_release(other);
    } else if (node_of(block)->ndType == ndLeafNode)
        tree->last_leaf = left;
    return noErr;
}

static OSErr delete_at(BTree *tree, BTPlace *place, int level)
{
    uint32_t number = place->node[level];
    int index = place->index[level] < 0 ? 0 : place->index[level];
    Block *block;
    OSErr err = btree_node(tree, number, &block);
    if (err)
        return err;
    node_delete(block, index);
    if (node_of(block)->ndNRecs == 0) {
        err = unlink_node(tree, block);
        memset(block->data, 0, node_size); /* a free node holds nothing */
        cache_dirty(block);
        cache_release(block);
        if (!err)
            err = btree_free_node(tree, number);
        if (err)
            return err;
        if (level == 0) {
            tree->depth = 0;
            tree->root = tree->first_leaf = tree->last_leaf = 0;
            return noErr;
        }
        return delete_at(tree, place, level - 1);
    }
    if (index == 0) {
        uint8_t key[64];
        memcpy(key, record_at(block, 0), record_at(block, 0)[0] + 1);
        err = first_key_changed(tree, place, level, key);
    }
    cache_release(block);
    return err;
}

/* A root with one child is one level too many. */
static OSErr lower_root(BTree *tree)
{
    while (tree->depth > 1) {
        Block *block;
        uint32_t old = tree->root;
        OSErr err = btree_node(tree, old, &block);
        if (err)
            return err;
        if (node_of(block)->ndNRecs > 1) {
            cache_release(block);
            return noErr;
        }
        tree->root = *pointer_of(record_at(block, 0));
        tree->depth--;
        memset(block->data, 0, node_size);
        cache_dirty(block);
        cache_release(block);
        err = btree_free_node(tree, old);
        if (err)
            return err;
    }
    return noErr;
}

OSErr btree_delete(BTree *tree, const uint8_t *key)
{
    BTPlace place;
    OSErr err = btree_search(tree, key, &place);
    if (err)
        return err;
    err = delete_at(tree, &place, place.levels - 1);
    if (!err)
        err = lower_root(tree);
    if (err)
        return err;
    tree->records--;
    return btree_write_header(tree);
}
