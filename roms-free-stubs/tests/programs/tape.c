#include "host.h"
#include "../../include/scsi.h"

enum { maxBlocks = 40000, ourID = 4 };
uint8_t *tape_blocks;
int tape_count, tape_marks_at[16], tape_marks;
int tape_lose_in_write, tape_defer_in_write, tape_fail_in_write, tape_not_ready_polls;
static int at, marks_passed, selected, writes, status, attention = 1;
static uint8_t cdb[12], sense[18];
static int phase_error;

static void set_sense(int response, int key, int flags, int asc, int residue) {
    memset(sense, 0, sizeof sense);
    sense[0] = response | 0x80;
    sense[2] = key | flags;
    sense[3] = residue >> 24, sense[4] = residue >> 16, sense[5] = residue >> 8, sense[6] = residue;
    sense[12] = asc;
    status = 2;
}

static int blocks_in_cdb(void) { return cdb[2] << 16 | cdb[3] << 8 | cdb[4]; }

static void command(void) {
    status = 0;
    if (cdb[0] != 0x12 && cdb[0] != 0x03 && attention) {
        attention = 0;
        set_sense(0x70, 6, 0, 0x29, 0);
        return;
    }
    switch (cdb[0]) {
    case 0x00:
        if (tape_not_ready_polls > 0) tape_not_ready_polls--, set_sense(0x70, 2, 0, 4, 0);
        break;
    case 0x01: at = marks_passed = 0; break;
    case 0x10: while (cdb[4]--) tape_marks_at[tape_marks++] = tape_count; break;
    case 0x0A:
        writes++;
        if (writes == tape_defer_in_write) set_sense(0x71, 3, 0, 0x0C, 0);
        break;
    default: break;
    }
}

/* Gathers or scatters the bytes of a transfer instruction block. */
static int run_tib(const SCSIInstr *i, uint8_t *data, int limit, int write) {
    int n = 0, loops = -1;
    SCSIInstr mine[3];
    memcpy(mine, i, sizeof mine);
    SCSIInstr *p = mine;
    for (;;) switch (p->scOpcode) {
    case scInc:
        for (int k = 0; k < p->scParam2 && n < limit; k++, n++)
            if (write) data[n] = ((uint8_t *)p->scParam1)[k]; else ((uint8_t *)p->scParam1)[k] = data[n];
        p->scParam1 += p->scParam2;
        p++;
        break;
    case scLoop:
        if (loops < 0) loops = p->scParam2;
        if (--loops > 0) p = (SCSIInstr *)((char *)p + p->scParam1); else p++;
        break;
    default: return n;
    }
}

static int data_in(const SCSIInstr *tib) {
    static uint8_t reply[64];
    if (status) return scPhaseErr;
    memset(reply, 0, sizeof reply);
    if (cdb[0] == 0x12) {
        reply[0] = 1, reply[1] = 0x80, reply[4] = 31;
        memcpy(reply + 8, "TEST    TAPE            ", 24);
        run_tib(tib, reply, 36, 0);
    } else if (cdb[0] == 0x03) {
        memcpy(reply, sense, 18);
        run_tib(tib, reply, 18, 0);
    } else if (cdb[0] == 0x08) {
        int want = blocks_in_cdb(), stop = marks_passed < tape_marks ? tape_marks_at[marks_passed] : tape_count;
        int n = want < stop - at ? want : stop - at;
        run_tib(tib, tape_blocks + at * 512, n * 512, 0);
        at += n;
        if (n < want) {
            set_sense(0x70, marks_passed < tape_marks ? 0 : 8, marks_passed < tape_marks ? 0x80 : 0, 0, want - n);
            marks_passed++;
            return scPhaseErr;
        }
    }
    return 0;
}

static int data_out(const SCSIInstr *tib) {
    if (status) return scPhaseErr;
    if (cdb[0] == 0x0A) {
        uint8_t *to = tape_blocks + tape_count * 512;
        int bytes = blocks_in_cdb() * 512, n = run_tib(tib, to, bytes, 1);
        CHECK(n == bytes && tape_count + blocks_in_cdb() < maxBlocks);
        if (writes == tape_fail_in_write) {
            tape_count += blocks_in_cdb() / 2;
            set_sense(0x70, 3, 0, 0x0C, blocks_in_cdb() - blocks_in_cdb() / 2);
            return 0;
        }
        if (writes == tape_lose_in_write) {
            memmove(to + bytes / 2, to + bytes / 2 + 1, bytes / 2 - 1);
            to[bytes - 1] = 0xEE;
            phase_error = 1;
        }
        tape_count += blocks_in_cdb();
    } else {
        static uint8_t list[64];
        CHECK(run_tib(tib, list, 12, 1) == 12 && list[3] == 8 && list[10] == 2);
    }
    return 0;
}

int scsi_call(int selector, const uint8_t *args, int *bytes) {
    static const uint8_t arg_bytes[14] = {0, 0, 2, 6, 12, 4, 4, 0, 4, 4, 0, 2, 4, 2};
    uint32_t pointer;
    *bytes = arg_bytes[selector];
    if (!tape_blocks) tape_blocks = calloc(maxBlocks, 512);
    memcpy(&pointer, args, 4);
    switch (selector) {
    case 2:
        selected = args[1];
        phase_error = 0;
        return selected == ourID ? 0 : scCommErr;
    case 3: {
        uint32_t from;
        memcpy(&from, args + 2, 4);
        memcpy(cdb, (void *)from, args[1]);
        command();
        return 0;
    }
    case 4: {
        uint32_t stat, message;
        memcpy(&message, args + 4, 4);
        memcpy(&stat, args + 8, 4);
        *(int16_t *)stat = status;
        *(int16_t *)message = 0;
        return phase_error ? scComplPhaseErr : 0;
    }
    case 5: case 8: return data_in((void *)pointer);
    case 6: case 9: return data_out((void *)pointer);
    default: return 0;
    }
}
