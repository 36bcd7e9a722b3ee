/* The mail server as a start-up document: the same server in the system heap, without an event loop of its own.
   With `service systemtask` a small driver stands in for one: SystemTask calls it every few ticks. */
#include "../mail_server/settings.c"
#include "../mail_server/store.c"
#include "../mail_server/service.c"
#include "../mail_server/requests.c"
#include "../mail_server/send.c"
#include "../mail_server/forward.c"
#include "memory.h"
#include "status.h"
#include "../../lib/app_line.h"

void *GetMemory(int32_t bytes) { return NewPtrSysClear(bytes); }

OSErr PeriodicOpen(ParmBlkPtr pb, DCtlPtr dce) { return noErr; }
OSErr PeriodicNone(ParmBlkPtr pb, DCtlPtr dce) { return noErr; }

OSErr PeriodicControl(ParmBlkPtr pb, DCtlPtr dce) {
    if (pb->cntrlParam.csCode != accRun)
        return controlErr;
    RunSteps();
    return noErr;
}

/* Flags: dNeedTime, dCtlEnable; every 5 ticks. */
DRIVER(PeriodicDriver, ".MailServer", 0x2400, 5, 0, PeriodicOpen, PeriodicNone, PeriodicControl, PeriodicNone, PeriodicNone)

/* Puts the driver into the highest free place of the unit table and opens it. */
static OSErr InstallPeriodicDriver(void) {
    int16_t unit = UnitNtryCnt - 1;
    IOParam pb;
    OSErr err;
    while (unit >= 0 && UTableBase[unit])
        unit--;
    if (unit < 0)
        return unitEmptyErr;
    err = DrvrInstall(&PeriodicDriver, ~unit);
    if (err)
        return err;
    memset(&pb, 0, sizeof pb);
    pb.ioNamePtr = (uint8_t *)"\13.MailServer";
    return PBOpenSync(&pb);
}

static void Say(const char *text, OSErr err) {
    Line line;
    LineClear(line);
    LineText(line, text);
    if (err)
        LineNumber(line, err);
    line[line[0] + 1] = 0;
    StatusPrint((char *)line + 1);
}

int main(void) {
    OSErr err = noErr;
    SettingsLoad();
    if (server_settings.application)
        return 0;       /* the application serves */
    if (!server_settings.at_interrupt)
        err = InstallPeriodicDriver();
    if (err == noErr)
        err = ServerStart();
    Say(err ? "Mail Server: cannot start, error " : "Mail Server: starting", err);
    return err;
}
