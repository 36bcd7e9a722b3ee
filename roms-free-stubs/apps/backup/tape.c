#include "tape.h"
#include "journal.h"
#include "settings.h"
#include "low_memory.h"
#include "../../lib/app_scsi.h"

/* Ticks that SCSIComplete waits. A drive that buffers answers at once unless it repositions; a rewind takes minutes. */
enum { shortWait = 3600, longWait = 36000 };
enum { keyNone = 0, keyRecovered = 1, keyNotReady = 2, keyUnitAttention = 6, keyBlankCheck = 8, keyOverflow = 13 };
enum { senseFilemark = 0x80, senseEOM = 0x40, senseILI = 0x20 };

typedef struct {
    uint8_t response;   /* 70h or 71h, without the valid bit */
    uint8_t valid;
    uint8_t key, flags; /* flags: filemark, EOM, ILI */
    uint8_t asc, ascq;
    int32_t residue;
} Sense;

TapeCounts tape_counts;
static int16_t tape_id = -1;
static Sense sense;

static void GetSense(void) {
    static const uint8_t cdb[6] = {0x03, 0, 0, 0, 18, 0};
    uint8_t data[18];
    ScsiOutcome outcome;
    memset(data, 0, sizeof data);
    memset(&sense, 0, sizeof sense);
    ScsiSimple(&outcome, tape_id, cdb, 6, data, sizeof data, shortWait);
    if (outcome.select || outcome.status != scsiGood)
        return;
    sense.valid = data[0] >> 7;
    sense.response = data[0] & 0x7F;
    sense.key = data[2] & 15;
    sense.flags = data[2] & 0xE0;
    sense.residue = (int32_t)((uint32_t)data[3] << 24 | (uint32_t)data[4] << 16 | (uint32_t)data[5] << 8 | data[6]);
    sense.asc = data[12];
    sense.ascq = data[13];
}

static void SaySense(const char *what) {
    Line line;
    LineClear(line);
    LineText(line, what);
    LineText(line, sense.response == 0x71 ? ": deferred error, key " : ": key ");
    LineHex(line, sense.key, 1);
    LineText(line, " code ");
    LineHex(line, sense.asc, 2);
    LineHex(line, sense.ascq, 2);
    LineText(line, " at tick ");
    LineNumber(line, (int32_t)Ticks);
    Say(line);
}

static void SayOutcome(const char *what, const ScsiOutcome *outcome) {
    Line line;
    LineClear(line);
    LineText(line, what);
    LineText(line, ": SCSI Manager ");
    LineNumber(line, outcome->select);
    LineText(line, " ");
    LineNumber(line, outcome->command);
    LineText(line, " ");
    LineNumber(line, outcome->transfer);
    LineText(line, " ");
    LineNumber(line, outcome->complete);
    LineText(line, " status ");
    LineNumber(line, outcome->status);
    Say(line);
}

int16_t TapeFind(int16_t id) {
    static const uint8_t cdb[6] = {0x12, 0, 0, 0, 36, 0};
    uint8_t data[36];
    ScsiOutcome outcome;
    int16_t first = id < 0 ? 6 : id, last = id < 0 ? 0 : id, i;
    for (i = first; i >= last; i--) {
        memset(data, 0, sizeof data);
        ScsiSimple(&outcome, i, cdb, 6, data, sizeof data, shortWait);
        if (outcome.select || outcome.status != scsiGood || (data[0] & 0x1F) != 1)
            continue;
        Line line;
        LineClear(line);
        LineText(line, "tape id ");
        LineNumber(line, i);
        LineText(line, " ");
        memcpy(line + line[0] + 1, data + 8, 24);
        line[0] += 24;
        Say(line);
        return tape_id = i;
    }
    return -1;
}

/* Without data. Unit attention is the drive's news, not the command's failure: say it and repeat the command. */
static TapeResult Control(const char *what, const uint8_t *cdb, int32_t wait) {
    ScsiOutcome outcome;
    int tries;
    for (tries = 0; tries < 4; tries++) {
        ScsiSimple(&outcome, tape_id, cdb, 6, 0, 0, wait);
        if (outcome.select || outcome.status < 0) {
            SayOutcome(what, &outcome);
            return tapeFailed;
        }
        if (outcome.status == scsiGood)
            return tapeOk;
        GetSense();
        SaySense(what);
        if (sense.response == 0x71)
            tape_counts.deferred++;
        else if (sense.key == keyRecovered)
            return tapeOk;
        else if (sense.key == keyNone && (sense.flags & senseEOM))
            return tapeOk;
        else if (sense.key != keyUnitAttention)
            return tapeFailed;
    }
    return tapeFailed;
}

TapeResult TapeWaitReady(int32_t limit, void (*idle)(void)) {
    static const uint8_t cdb[6] = {0x00};
    uint32_t begin = Ticks;
    ScsiOutcome outcome;
    uint16_t told = 0xFFFF;
    for (;;) {
        ScsiSimple(&outcome, tape_id, cdb, 6, 0, 0, shortWait);
        if (outcome.select == 0 && outcome.status == scsiGood)
            return tapeOk;
        if (outcome.select == 0 && outcome.status == scsiCheckCondition) {
            GetSense();
            if (told != (sense.key << 8 | sense.asc)) {
                told = (uint16_t)(sense.key << 8 | sense.asc);
                SaySense("test unit ready");
            }
        }
        if (limit && Ticks - begin > (uint32_t)limit)
            return tapeFailed;
        idle();
    }
}

TapeResult TapeSetMode(void) {
    static const uint8_t cdb[6] = {0x15, 0, 0, 0, 12, 0};
    uint8_t list[12];
    SCSIInstr tib[3];
    ScsiOutcome outcome;
    int tries;
    memset(list, 0, sizeof list);
    list[2] = settings.buffered ? 0x10 : 0x00;
    list[3] = 8;        /* length of the block descriptor that follows */
    list[10] = 2;       /* 512 bytes */
    for (tries = 0; tries < 4; tries++) {
        ScsiFillTib(tib, list, sizeof list, 0);
        ScsiTransact(&outcome, tape_id, cdb, 6, scsiWritePolled, tib, shortWait);
        if (outcome.select == 0 && outcome.status == scsiGood)
            return tapeOk;
        if (outcome.select || outcome.status < 0)
            break;
        GetSense();
        SaySense("mode select");
    }
    return tapeFailed;
}

TapeResult TapeRewind(void (*idle)(void)) {
    uint8_t cdb[6] = {0x01, (uint8_t)settings.immediate, 0, 0, 0, 0};
    TapeResult result = Control("rewind", cdb, longWait);
    return result == tapeOk && settings.immediate ? TapeWaitReady(longWait, idle) : result;
}

TapeResult TapeWriteFilemarks(int32_t count, void (*idle)(void)) {
    uint8_t cdb[6] = {0x10, (uint8_t)settings.immediate, 0, 0, (uint8_t)count, 0};
    TapeResult result = Control("write filemarks", cdb, longWait);
    return result == tapeOk && settings.immediate ? TapeWaitReady(longWait, idle) : result;
}

/* What the SCSI Manager says of a transfer, as far as the program wants to know. */
static TapeResult Judge(const char *what, const ScsiOutcome *outcome) {
    if (outcome->select || outcome->status < 0) {
        SayOutcome(what, outcome);
        return tapeFailed;
    }
    if (outcome->complete == scComplPhaseErr)
        tape_counts.phase_errors++;
    if (outcome->transfer)
        tape_counts.transfer_errors++;
    if (outcome->status != scsiGood)
        return tapeOk;  /* the sense data decide */
    if (outcome->transfer || (outcome->complete && settings.check_phase_error)) {
        SayOutcome(what, outcome);
        return tapeFailed;
    }
    return tapeOk;
}

TapeResult TapeWrite(void *from, int32_t bytes) {
    uint32_t blocks = (uint32_t)bytes >> 9;
    uint8_t cdb[6] = {0x0A, 1, (uint8_t)(blocks >> 16), (uint8_t)(blocks >> 8), (uint8_t)blocks, 0};
    SCSIInstr tib[3];
    ScsiOutcome outcome;
    int tries;
    for (tries = 0; tries < 4; tries++) {
        ScsiFillTib(tib, from, bytes, settings.tib);
        tape_counts.commands++;
        ScsiTransact(&outcome, tape_id, cdb, 6, settings.blind ? scsiWriteBlind : scsiWritePolled, tib, shortWait);
        TapeResult judged = Judge("write", &outcome);
        if (judged != tapeOk || outcome.status == scsiGood)
            return judged;
        GetSense();
        if (sense.response == 0x71) {
            /* A command that reports a deferred error was not executed itself: it is given again. What failed was
               some earlier write, which the log does not try to name. */
            tape_counts.deferred++;
            SaySense("write");
            continue;
        }
        if (sense.key == keyRecovered || (sense.key == keyNone && (sense.flags & senseEOM) == 0)) {
            tape_counts.recovered++;
            return tapeOk;
        }
        SaySense("write");
        if (sense.flags & senseEOM || sense.key == keyOverflow)
            return tapeEnd;
        if (sense.key != keyUnitAttention)
            return tapeFailed;
    }
    return tapeFailed;
}

TapeResult TapeRead(void *to, int32_t bytes, int32_t *got) {
    uint32_t blocks = (uint32_t)bytes >> 9;
    uint8_t cdb[6] = {0x08, 1, (uint8_t)(blocks >> 16), (uint8_t)(blocks >> 8), (uint8_t)blocks, 0};
    SCSIInstr tib[3];
    ScsiOutcome outcome;
    *got = 0;
    ScsiFillTib(tib, to, bytes, settings.read_tib);
    tape_counts.commands++;
    ScsiTransact(&outcome, tape_id, cdb, 6, settings.read_blind ? scsiReadBlind : scsiReadPolled, tib, shortWait);
    if (outcome.select || outcome.status < 0) {
        SayOutcome("read", &outcome);
        return tapeFailed;
    }
    if (outcome.status == scsiGood) {
        *got = bytes;
        return tapeOk;
    }
    GetSense();
    if (sense.valid && sense.residue >= 0 && (uint32_t)sense.residue <= blocks)
        *got = bytes - (sense.residue << 9);
    if (sense.flags & senseFilemark)
        return tapeMark;
    if (sense.key == keyBlankCheck || (sense.flags & senseEOM))
        return tapeEnd;
    if (sense.key == keyRecovered) {
        tape_counts.recovered++;
        *got = bytes;
        return tapeOk;
    }
    SaySense("read");
    return tapeFailed;
}
