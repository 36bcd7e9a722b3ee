/* The mail server as an application. */
#include "server.h"
#include "events.h"
#include "memory.h"
#include "status.h"
#include "../../lib/app_line.h"

void *GetMemory(int32_t bytes) { return NewPtrClear(bytes); }

static void Row(int row, const char *text, uint32_t n) {
    Line line;
    LineClear(line);
    LineText(line, text);
    LineNumber(line, (int32_t)n);
    LineText(line, "   ");
    line[line[0] + 1] = 0;
    StatusRow(row, (char *)line + 1);
}

/* Draws only when a number has changed. */
static void ShowCounts(void) {
    static uint32_t shown[6] = {~0u, ~0u, ~0u, ~0u, ~0u, ~0u};
    uint32_t now[6] = {server.served, server.sent, server.fetched, server.deleted, server.refused, server.forwarded};
    int i;
    for (i = 0; i < 6; i++) {
        if (now[i] == shown[i])
            continue;
        shown[i] = now[i];
        Row(i + 1, i == 0 ? "requests " : i == 1 ? "stored " : i == 2 ? "fetched " : i == 3 ? "deleted " : i == 4 ? "refused " : "forwarded ", now[i]);
    }
}

int main(void) {
    OSErr err;
    uint8_t said = 0;
    uint32_t drawn = 0;
    SettingsLoad();
    if (!server_settings.application)
        return 0;       /* the start-up document serves */
    StatusRow(0, "starting");
    err = ServerStart();
    if (err)
        Row(0, "cannot start: ", (uint32_t)err);
    for (;;) {
        EventRecord event;
        WaitNextEvent(everyEvent, &event, server_settings.at_interrupt ? 60 : 5, 0);
        RunSteps();
        if (err)
            continue;
        if (!said && server.registration < 0) {
            Row(0, "the name could not be registered: ", (uint32_t)server.registration);
            said = 1;
        }
        if (!said && server.store_error) {
            Row(0, "the store cannot be read: ", (uint32_t)server.store_error);
            said = 1;
        }
        if (!said && server.ready) {
            StatusRow(0, "ready        ");
            said = 1;
        }
        if (Ticks - drawn >= 60) {
            drawn = Ticks;
            ShowCounts();
        }
    }
}
