/* Name Binding Protocol: the names table of this node, and answers to other nodes' lookups (Inside AppleTalk, chapter 7). */
#include "appletalk_internal.h"

NamesTableEntry *nbp_names;
static uint8_t next_enumerator;

int nbp_entity_length(const uint8_t *entity) {
    int length = 0, field;
    for (field = 0; field < 3; field++) {
        if (entity[length] > 32) return -1;
        length += entity[length] + 1;
    }
    return length;
}

/* Inside AppleTalk, appendix D: the characters whose case does not matter beside the ASCII letters. */
static uint8_t upper(uint8_t c) {
    static const uint8_t pairs[] = {0x88, 0xCB, 0x8A, 0x80, 0x8B, 0xCC, 0x8C, 0x81, 0x8D, 0x82, 0x8E, 0x83, 0x96,
                                    0x84, 0x9A, 0x85, 0x9B, 0xCD, 0x9F, 0x86, 0xBE, 0xAE, 0xBF, 0xAF, 0xCF, 0xCE};
    unsigned i;
    if (c < 0x80) return c >= 'a' && c <= 'z' ? (uint8_t)(c - 32) : c;
    for (i = 0; i < sizeof pairs; i += 2) if (pairs[i] == c) return pairs[i + 1];
    return c;
}

enum { partialWildcard = 0xC5 };    /* phase 2: any characters, or none, in its place; once in a string */

static const uint8_t *find_character(const uint8_t *string, uint8_t wanted) {
    const uint8_t *p;
    for (p = string + 1; p <= string + string[0]; p++) if (*p == wanted) return p;
    return 0;
}

static int same_characters(const uint8_t *a, const uint8_t *b, int count) {
    while (count-- > 0) if (upper(*a++) != upper(*b++)) return 0;
    return 1;
}

/* "=" matches every string. */
static int matches_string(const uint8_t *pattern, const uint8_t *name) {
    const uint8_t *gap;
    int before, after;
    if (pattern[0] == 1 && pattern[1] == '=') return 1;
    gap = find_character(pattern, partialWildcard);
    if (!gap) return pattern[0] == name[0] && same_characters(pattern + 1, name + 1, name[0]);
    before = (int)(gap - pattern) - 1;
    after = pattern[0] - before - 1;
    return name[0] >= before + after && same_characters(pattern + 1, name + 1, before) &&
           same_characters(gap + 1, name + 1 + name[0] - after, after);
}

/* Of object or type, where a name to register must not have them. */
int nbp_has_wildcards(const uint8_t *entity) {
    int field;
    for (field = 0; field < 2; field++) {
        if ((entity[0] == 1 && entity[1] == '=') || find_character(entity, partialWildcard)) return 1;
        entity += entity[0] + 1;
    }
    return 0;
}

/* Object and type.  The zone is not compared: a node answers only lookups of its own zone, the routers see to that. */
int nbp_matches(const uint8_t *pattern, const uint8_t *name) {
    return matches_string(pattern, name) && matches_string(pattern + pattern[0] + 1, name + name[0] + 1);
}

NamesTableEntry *nbp_find_local(const uint8_t *entity) {
    uint16_t sr = mask_scc();
    NamesTableEntry *e;
    for (e = nbp_names; e; e = e->qNext) if (nbp_matches(entity, e->entityData)) break;
    unmask_scc(sr);
    return e;
}

/* Links the caller's element into the table; it stays the caller's memory. */
OSErr nbp_add_name(NamesTableEntry *entry) {
    uint16_t sr;
    if (nbp_entity_length(entry->entityData) < 0) return nbpNISErr;
    sr = mask_scc();
    entry->nteAddress.aNet = ddp_this_net;
    entry->nteAddress.aNode = llap_address;
    entry->filler = ++next_enumerator;
    entry->qNext = nbp_names;
    nbp_names = entry;
    unmask_scc(sr);
    return noErr;
}

OSErr nbp_remove_name(const uint8_t *entity) {
    uint16_t sr = mask_scc();
    NamesTableEntry **link;
    OSErr err = nbpNotFound;
    for (link = &nbp_names; *link; link = &(*link)->qNext) {
        if (!nbp_has_wildcards(entity) && nbp_matches(entity, (*link)->entityData)) {
            *link = (*link)->qNext;
            err = noErr;
            break;
        }
    }
    unmask_scc(sr);
    return err;
}

static uint8_t reply[ddpMaxData];   /* off the stack of whoever was interrupted; the SCC is masked */

static void send_reply(const uint8_t *tuple, uint8_t id, int count, int length) {
    WDSElement wds[2];
    AddrBlock to;
    if (!count) return;
    reply[0] = (uint8_t)(0x30 | count);
    reply[1] = id;
    wds[0].entryLength = (uint16_t)length;
    wds[0].entryPtr = reply;
    wds[1].entryLength = 0;
    to.aNet = get16(tuple);
    to.aNode = tuple[2];
    to.aSocket = tuple[3];
    appletalk_stats.nbp_replies_out++;
    ddp_send(nisSocket, to, ddpNBP, wds, 0, 0);
}

/* A LkUp (or a BrRq that reached this node in the absence of routers): LkUp-Replies with all matching names go to the address in
   the tuple, which need not be the packet's source.  A router's LkUp brings this node's own question back to it, which counts
   only where the node sends to itself. */
void nbp_answer_lookup(const DDPPacket *packet, const uint8_t *tuple) {
    int length = 2, count = 0;
    NamesTableEntry *e;
    uint16_t net = get16(tuple);

    appletalk_stats.nbp_lookups_in++;
    if (!llap_self_send && tuple[2] == llap_address && (!net || net == ddp_this_net)) return;
    for (e = nbp_names; e; e = e->qNext) {
        int size = nbp_entity_length(e->entityData);
        if (!nbp_matches(tuple + 5, e->entityData)) continue;
        if (count == 15 || length + 5 + size > (int)sizeof reply) {
            send_reply(tuple, packet->data[1], count, length);
            length = 2;
            count = 0;
        }
        put16(reply + length, ddp_this_net);
        reply[length + 2] = llap_address;
        reply[length + 3] = e->nteAddress.aSocket;
        reply[length + 4] = e->filler;
        memcpy(reply + length + 5, e->entityData, (size_t)size);
        length += 5 + size;
        count++;
    }
    send_reply(tuple, packet->data[1], count, length);
}
