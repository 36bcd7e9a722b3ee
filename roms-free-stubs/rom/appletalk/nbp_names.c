/* Name Binding Protocol: the names table of this node, and answers to other nodes' lookups (Inside AppleTalk, chapter 7). */
#include "appletalk_internal.h"

static NamesTableEntry *names;
static uint8_t next_enumerator;

int nbp_entity_length(const uint8_t *entity) {
    int length = 0, field;
    for (field = 0; field < 3; field++) {
        if (entity[length] > 32) return -1;
        length += entity[length] + 1;
    }
    return length;
}

static uint8_t upper(uint8_t c) { return c >= 'a' && c <= 'z' ? (uint8_t)(c - 32) : c; }

/* "=" matches every string.  Case does not matter for ASCII letters; the accented ones are compared as they are. */
static int matches_string(const uint8_t *pattern, const uint8_t *name) {
    int i;
    if (pattern[0] == 1 && pattern[1] == '=') return 1;
    if (pattern[0] != name[0]) return 0;
    for (i = 1; i <= name[0]; i++) if (upper(pattern[i]) != upper(name[i])) return 0;
    return 1;
}

/* Object and type.  The zone is not compared: a node answers only lookups of its own zone, the routers see to that. */
int nbp_matches(const uint8_t *pattern, const uint8_t *name) {
    return matches_string(pattern, name) && matches_string(pattern + pattern[0] + 1, name + name[0] + 1);
}

int nbp_count_names(void) {
    int n = 0;
    uint16_t sr = mask_scc();
    NamesTableEntry *e;
    for (e = names; e; e = e->qNext) n++;
    unmask_scc(sr);
    return n;
}

NamesTableEntry *nbp_find_local(const uint8_t *entity) {
    uint16_t sr = mask_scc();
    NamesTableEntry *e;
    for (e = names; e; e = e->qNext) if (nbp_matches(entity, e->entityData)) break;
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
    entry->qNext = names;
    names = entry;
    unmask_scc(sr);
    return noErr;
}

static int same_entity(const uint8_t *a, const uint8_t *b) { return a[0] == b[0] && nbp_matches(a, b); }

OSErr nbp_remove_name(const uint8_t *entity) {
    uint16_t sr = mask_scc();
    NamesTableEntry **link;
    OSErr err = nbpNotFound;
    for (link = &names; *link; link = &(*link)->qNext) {
        if (same_entity(entity, (*link)->entityData)) {
            *link = (*link)->qNext;
            err = noErr;
            break;
        }
    }
    unmask_scc(sr);
    return err;
}

/* A LkUp (or a BrRq that reached this node in the absence of routers): one LkUp-Reply with all matching names that fit
   goes to the address in the tuple, which need not be the packet's source. */
void nbp_answer_lookup(const DDPPacket *packet, const uint8_t *tuple) {
    static uint8_t reply[2 + 15 * 20 + 256];    /* off the stack of whoever was interrupted; the SCC is masked */
    int length = 2, count = 0;
    NamesTableEntry *e;
    WDSElement wds[2];
    AddrBlock to;

    appletalk_stats.nbp_lookups_in++;
    for (e = names; e && count < 15; e = e->qNext) {
        int size = nbp_entity_length(e->entityData);
        if (!nbp_matches(tuple + 5, e->entityData)) continue;
        if (length + 5 + size > (int)sizeof reply) break;
        put16(reply + length, ddp_this_net);
        reply[length + 2] = llap_address;
        reply[length + 3] = e->nteAddress.aSocket;
        reply[length + 4] = e->filler;
        memcpy(reply + length + 5, e->entityData, (size_t)size);
        length += 5 + size;
        count++;
    }
    if (!count) return;
    reply[0] = (uint8_t)(0x30 | count);
    reply[1] = packet->data[1];
    wds[0].entryLength = (uint16_t)length;
    wds[0].entryPtr = reply;
    wds[1].entryLength = 0;
    to.aNet = get16(tuple);
    to.aNode = tuple[2];
    to.aSocket = tuple[3];
    appletalk_stats.nbp_replies_out++;
    ddp_send(nisSocket, to, ddpNBP, wds, 0, 0);
}
