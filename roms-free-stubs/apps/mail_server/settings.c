#include "server.h"
#include "../../lib/app_prefs.h"

ServerSettings server_settings;

static int16_t Within(int32_t n, int16_t low, int16_t high) { return n < low ? low : n > high ? high : (int16_t)n; }

void SettingsLoad(void) {
    static Prefs prefs;
    ServerSettings *s = &server_settings;
    PrefsLoad(&prefs, P("\27Mail Server Preferences"));
    s->application = PrefsIs(&prefs, "form", "application");
    s->at_interrupt = !PrefsIs(&prefs, "service", "systemtask");
    s->synchronous = !PrefsIs(&prefs, "store", "async");
    s->flush = (int8_t)PrefsYes(&prefs, "flush", 0);
    s->requests = Within(PrefsNumber(&prefs, "requests", 6), 1, 16);
    s->sessions = Within(PrefsNumber(&prefs, "sessions", 8), 1, 32);
    s->messages = Within(PrefsNumber(&prefs, "messages", 1000), 10, 4000);
    s->retry_minutes = Within(PrefsNumber(&prefs, "retry-minutes", 15), 1, 500);
    s->register_interval = (uint8_t)Within(PrefsNumber(&prefs, "register-interval", 7), 1, 255);
    s->register_count = (uint8_t)Within(PrefsNumber(&prefs, "register-count", 3), 1, 255);
    PrefsString(&prefs, "name", P("\13Post Office"), s->name, 31);
    PrefsString(&prefs, "store-path", P("\12Mail Store"), s->store_path, 63);
}
