/* A mail client that needs nobody: it signs on, sends a message now and then, and looks for new ones. */
#include "client.h"
#include "journal.h"
#include "network.h"
#include "errors.h"
#include "low_memory.h"

enum { flushTicks = 300 };

static int Due(uint32_t when) { return (int32_t)(Ticks - when) >= 0; }

int main(void) {
    uint32_t next_message, next_check, next_flush;
    OSErr err;
    SettingsLoad();
    JournalOpen(P("\17Mail Client Log"), FOUR_CC('t', 't', 'x', 't'), 0);
    err = MessagesStart() ? NetworkOpen() : memFullErr;
    if (err) {
        SayNumber("cannot start: ", err);
        JournalFlush();
        return err;
    }
    SessionStart();
    Pause(client_settings.start_delay);
    next_check = next_flush = Ticks;
    next_message = Ticks + Random((uint16_t)client_settings.interval);
    for (;;) {
        if (!SignedOn()) {
            if (SignOn() < 0)
                Pause(client_settings.interval);
        } else if (Due(next_check)) {
            CheckMail();
            next_check = Ticks + client_settings.check;
        } else if ((client_settings.count == 0 || messages_sent < client_settings.count) && Due(next_message)) {
            /* From half to one and a half times the interval. */
            if (SendMessage())
                next_message = Ticks + client_settings.interval / 2 + Random((uint16_t)client_settings.interval);
        } else {
            Pause(10);
        }
        if (Due(next_flush)) {
            JournalFlush();
            next_flush = Ticks + flushTicks;
        }
    }
}
