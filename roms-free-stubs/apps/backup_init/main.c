/* The tape drive's start-up document: it finds the drive, waits until the drive is ready, and notes the drive's SCSI ID
   for the backup program, as the extensions that came with backup programs did. Settings: Backup Preferences. */
#include "files.h"
#include "low_memory.h"
#include "status.h"
#include "../../lib/app_line.h"
#include "../../lib/app_prefs.h"
#include "../../lib/app_scsi.h"

enum { commandWait = 3600, inquiryBytes = 36, senseBytes = 18, sequentialAccess = 1 };

static Line line;

static void Say(void) {
    line[line[0] + 1] = 0;
    StatusPrint((char *)line + 1);
    LineClear(line);
}

/* The highest ID that answers INQUIRY as a tape drive; -1. */
static int16_t Scan(void) {
    static const uint8_t cdb[6] = {0x12, 0, 0, 0, inquiryBytes, 0};
    uint8_t data[inquiryBytes];
    ScsiOutcome outcome;
    int16_t id;
    for (id = 6; id >= 0; id--) {
        memset(data, 0, sizeof data);
        ScsiSimple(&outcome, id, cdb, 6, data, sizeof data, commandWait);
        if (outcome.select == 0 && outcome.status == scsiGood && (data[0] & 0x1F) == sequentialAccess)
            return id;
    }
    return -1;
}

/* Asks again and again; REQUEST SENSE in between clears unit attention. 0 when the time is up. */
static int WaitUntilReady(int16_t id, int32_t limit, int32_t pause) {
    static const uint8_t test[6] = {0x00}, request_sense[6] = {0x03, 0, 0, 0, senseBytes, 0};
    uint8_t sense[senseBytes];
    uint32_t begin = Ticks, asked;
    ScsiOutcome outcome;
    for (;;) {
        asked = Ticks;
        ScsiSimple(&outcome, id, test, 6, 0, 0, commandWait);
        if (outcome.select == 0 && outcome.status == scsiGood)
            return 1;
        if (outcome.select == 0 && outcome.status == scsiCheckCondition)
            ScsiSimple(&outcome, id, request_sense, 6, sense, sizeof sense, commandWait);
        if (limit && Ticks - begin >= (uint32_t)limit)
            return 0;
        while (Ticks - asked < (uint32_t)pause) {}
    }
}

static void NoteID(int16_t id) {
    static const uint8_t name[] = "\31:Preferences:Backup Drive";
    Str63 path;
    int32_t folder = SystemFolderID(), count;
    int16_t file;
    memcpy(path, name, sizeof name);
    LineText(line, "tape-id ");
    LineNumber(line, id);
    LineText(line, "\r");
    count = line[0];
    HDelete(0, folder, path);
    if (HCreate(0, folder, path, FOUR_CC('B', 'k', 'u', 'p'), FOUR_CC('T', 'E', 'X', 'T')) == 0
        && HOpen(0, folder, path, fsRdWrPerm, &file) == 0) {
        FSWrite(file, &count, line + 1);
        FSClose(file);
        FlushVol(0, 0);
    }
    LineClear(line);
}

int main(void) {
    static Prefs prefs;
    int32_t limit, pause;
    int16_t id;
    PrefsLoad(&prefs, P("\22Backup Preferences"));
    if (!PrefsYes(&prefs, "startup", 1))
        return 0;
    limit = PrefsNumber(&prefs, "startup-wait-limit", 0);
    pause = PrefsNumber(&prefs, "startup-poll", 0);
    if (PrefsYes(&prefs, "reset", 0))
        SCSIReset();
    id = Scan();
    LineText(line, "Tape Backup: ");
    if (id < 0) {
        LineText(line, "no drive");
        Say();
        return 0;
    }
    LineText(line, "drive at id ");
    LineNumber(line, id);
    Say();
    LineText(line, WaitUntilReady(id, limit, pause) ? "Tape Backup: ready" : "Tape Backup: drive not ready");
    Say();
    NoteID(id);
    return 0;
}
