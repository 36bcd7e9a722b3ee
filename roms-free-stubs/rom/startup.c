/* What happens after all managers are up: start-up documents, then applications, then the system's own event loop.
   The order is that of INIT 31: names in alphabetical order, case ignored; extensions first. */
#include "caches.h"
#include "events.h"
#include "files.h"
#include "internal.h"
#include "memory.h"
#include "os_utils.h"
#include "processes_internal.h"
#include "resources.h"
#include "rom_traps.h"

enum { MOST_FILES = 40 };
#define INIT FOUR_CC('I','N','I','T')
#define APPL FOUR_CC('A','P','P','L')

static const uint8_t system_folder[] = "\15System Folder", extensions[] = "\12Extensions", startup_items[] = "\15Startup Items";

/* The directory called `name` in `parent`, 0 when there is none. */
static int32_t find_folder(int32_t parent, ConstStringPtr name)
{
    CInfoPBRec pb;
    Str63 copy;
    memset(&pb, 0, sizeof pb);
    memcpy(copy, name, name[0] + 1u);
    pb.dirInfo.ioNamePtr = copy;
    pb.dirInfo.ioDrDirID = parent;
    if (PBGetCatInfoSync(&pb) != noErr || !(pb.dirInfo.ioFlAttrib & ioDirMask))
        return 0;
    return pb.dirInfo.ioDrDirID;
}

static int precedes(ConstStringPtr a, ConstStringPtr b)
{
    int shorter = a[0] < b[0] ? a[0] : b[0];
    for (int i = 1; i <= shorter; i++) {
        uint8_t x = a[i] >= 'a' && a[i] <= 'z' ? a[i] - 32 : a[i], y = b[i] >= 'a' && b[i] <= 'z' ? b[i] - 32 : b[i];
        if (x != y)
            return x < y;
    }
    return a[0] < b[0];
}

/* Names of the files of one type in a folder, sorted. */
static int list_files(int32_t folder, OSType type, Str31 *names)
{
    int count = 0;
    for (int16_t index = 1; count < MOST_FILES; index++) {
        CInfoPBRec pb;
        Str63 name;
        int at;
        memset(&pb, 0, sizeof pb);
        pb.hFileInfo.ioNamePtr = name;
        pb.hFileInfo.ioFDirIndex = index;
        pb.hFileInfo.ioDirID = folder;
        if (PBGetCatInfoSync(&pb) != noErr)
            break;
        if ((pb.hFileInfo.ioFlAttrib & ioDirMask) || pb.hFileInfo.ioFlFndrInfo.fdType != type || name[0] > 31)
            continue;
        for (at = count++; at > 0 && precedes(name, names[at - 1]); at--)
            memcpy(names[at], names[at - 1], sizeof(Str31));
        memcpy(names[at], name, name[0] + 1u);
    }
    return count;
}

static void say(const char *what, ConstStringPtr name, OSErr err)
{
    boot_text(what);
    boot_pstr(name);
    if (err) {
        boot_text(": error ");
        boot_number(err);
    }
    boot_newline();
}

/* Every INIT resource of the file, loaded into the system heap, where its code stays: detached from the file, locked. */
static void run_start_up_document(int32_t folder, ConstStringPtr name)
{
    THz zone = TheZone;
    int16_t file = HOpenResFile(0, folder, name, fsRdPerm), count;
    if (file == -1) {
        say("Start-up document ", name, ResErr);
        return;
    }
    count = Count1Resources(INIT);
    say("Start-up document ", name, count ? noErr : resNotFound);
    for (int16_t index = 1; index <= count; index++) {
        Handle h;
        Ptr code;
        SetZone(SysZone);
        h = Get1IndResource(INIT, index);
        SetZone(zone);
        if (!h) {
            say("    not loaded: ", name, ResErr);
            break;
        }
        HLock(h);
        DetachResource(h);
        code = StripAddress(*h);
        note_start_up_code(name, code, GetHandleSize(h));
        flush_code_cache();
        call_startup_document(code);
    }
    UseResFile(file);
    CloseResFile(file);
    SetZone(zone);
}

static void run_start_up_documents(int32_t folder)
{
    Str31 *names = (Str31 *)NewPtr(MOST_FILES * (int32_t)sizeof(Str31));
    int count = names && folder ? list_files(folder, INIT, names) : 0;
    for (int i = 0; i < count; i++)
        run_start_up_document(folder, names[i]);
    if (names)
        DisposePtr((Ptr)names);
}

static void launch_startup_items(int32_t folder)
{
    Str31 *names = (Str31 *)NewPtr(MOST_FILES * (int32_t)sizeof(Str31));
    int count = names && folder ? list_files(folder, APPL, names) : 0;
    for (int i = 0; i < count; i++)
        say("Launching ", names[i], process_launch(0, folder, names[i]));
    if (names)
        DisposePtr((Ptr)names);
}

void run_startup(void)
{
    const VCB *boot = (const VCB *)VCBQHdr.qHead;
    if (!boot)
        boot_print("No disk with an HFS volume");
    else {
        int32_t folder;
        BootDrive = boot->vcbDrvNum;
        say("Starting up from ", boot->vcbVN, noErr);
        folder = find_folder(fsRtDirID, system_folder);
        if (!folder)
            boot_print("No System Folder");
        else {
            run_start_up_documents(find_folder(folder, extensions));
            run_start_up_documents(folder);
            launch_startup_items(find_folder(folder, startup_items));
        }
    }
    for (;;) {
        EventRecord event;
        WaitNextEvent(everyEvent, &event, 60, 0);
        show_notifications();
    }
}
