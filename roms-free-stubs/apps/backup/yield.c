#include "yield.h"
#include "events.h"
#include "settings.h"

static int32_t commands;

void YieldAfterCommand(void) {
    EventRecord event;
    if (settings.yield == 0 || ++commands < settings.yield)
        return;
    commands = 0;
    WaitNextEvent(everyEvent, &event, 0, 0);
}
