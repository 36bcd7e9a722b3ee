/* The backup program: writes a volume or a folder to tape in one stream, rewinds, compares, keeps a log. */
#include "archive.h"
#include "copy.h"
#include "events.h"
#include "journal.h"
#include "memory.h"
#include "scan.h"
#include "settings.h"
#include "tape.h"
#include "verify.h"

static int32_t left_out;    /* files and folders that the list had no room for */

static void Idle(void) {
    EventRecord event;
    WaitNextEvent(everyEvent, &event, 10, 0);
}

static void WaitTicks(int32_t ticks) {
    uint32_t begin = Ticks;
    while (Ticks - begin < (uint32_t)ticks)
        Idle();
}

static void *GetBuffer(int32_t bytes) {
    Ptr p = NewPtr(bytes);
    if (!p)
        SayText("not enough memory");
    return p;
}

/* Tenths of a second of `ticks`, 60.15 of which make a second. */
static uint32_t Tenths(uint32_t ticks) { return ticks * 100 / 601; }

static void SayRate(uint32_t ticks) {
    Line line;
    uint32_t tenths = Tenths(ticks);
    LineClear(line);
    LineText(line, "files ");
    LineNumber(line, (int32_t)archive.files);
    LineText(line, " folders ");
    LineNumber(line, (int32_t)archive.folders);
    LineText(line, " bytes ");
    LineNumber(line, (int32_t)archive.bytes);
    LineText(line, " skipped ");
    LineNumber(line, (int32_t)archive.skipped);
    Say(line);
    LineText(line, "ticks ");
    LineNumber(line, (int32_t)ticks);
    LineText(line, " bytes per second ");
    LineNumber(line, tenths ? (int32_t)(archive.bytes / tenths * 10) : 0);
    Say(line);
}

static void SayCounts(void) {
    SayNumber("commands ", tape_counts.commands);
    SayNumber("buffers written again ", (int32_t)archive.rewritten);
    SayNumber("transfer errors ", tape_counts.transfer_errors);
    SayNumber("deferred errors ", tape_counts.deferred);
    SayNumber("recovered errors ", tape_counts.recovered);
    if (settings.check_phase_error)
        SayNumber("phase errors ", tape_counts.phase_errors);
}

static TapeResult WriteSession(void) {
    Str31 volume;
    int32_t root = FolderID(settings.root);
    void *buffer = root ? GetBuffer(settings.buffer) : 0;
    int32_t entries;
    uint32_t begin;
    if (!root)
        SayText("no such folder");
    if (!buffer)
        return tapeFailed;
    VolumeName(volume);
    entries = ScanFolder(root, &left_out);
    SayNumber("files and folders found ", entries);
    if (left_out)
        SayNumber("left out, too many or too deep ", left_out);
    SayNumber("backup begins at tick ", (int32_t)Ticks);
    begin = Ticks;
    ArchiveBegin(buffer, volume, root);
    archive.incomplete = (uint32_t)left_out;
    CopyEntries(entries, volume);
    if (archive.failed == tapeOk)
        ArchiveEnd();
    TapeResult result = archive.failed;
    SayRate(Ticks - begin);
    /* Also behind a session that broke off, so that what was written can be read. */
    TapeResult marks = TapeWriteFilemarks(settings.filemarks, Idle);
    (void)DisposePtr(buffer);
    ScanForget();
    SayCounts();
    SayNumber("backup ends at tick ", (int32_t)Ticks);
    return result ? result : marks;
}

static int32_t VerifySession(void) {
    int32_t differences = 1;
    void *window = GetBuffer(2 * settings.buffer), *other = GetBuffer(settings.buffer);
    SayNumber("verify begins at tick ", (int32_t)Ticks);
    if (window && other)
        differences = Verify(window, other);
    if (window)
        (void)DisposePtr(window);
    if (other)
        (void)DisposePtr(other);
    SayNumber("verify ends at tick ", (int32_t)Ticks);
    return differences;
}

static void Backup(void) {
    int32_t differences = 0;
    TapeResult result;
    if (TapeFind(settings.tape_id) < 0) {
        SayText("backup failed: no tape drive");
        return;
    }
    result = TapeWaitReady(settings.wait_limit, Idle);
    if (result == tapeOk)
        result = TapeSetMode();
    if (result == tapeOk)
        result = TapeRewind(Idle);
    if (result == tapeOk)
        result = WriteSession();
    if (result == tapeOk)
        result = TapeRewind(Idle);
    JournalFlush();
    if (result == tapeOk && settings.verify) {
        differences = VerifySession();
        result = TapeRewind(Idle);
    }
    if (result != tapeOk)
        SayText("backup failed");
    else if (left_out)
        SayNumber("backup reported errors, left out ", left_out);
    else if (differences)
        SayNumber("backup reported errors, verify found ", differences);
    else
        SayText("backup reported success");
}

int main(void) {
    SettingsLoad();
    JournalOpen();
    SayText("Shoeshine Backup");
    WaitTicks(settings.start_delay);
    Backup();
    JournalFlush();
    for (;;) {
        EventRecord event;
        WaitNextEvent(everyEvent, &event, 600, 0);
    }
}
