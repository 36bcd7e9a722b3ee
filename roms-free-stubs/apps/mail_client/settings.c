#include "client.h"
#include "low_memory.h"
#include "../../lib/app_prefs.h"

ClientSettings client_settings;

static int32_t Within(int32_t n, int32_t low, int32_t high) { return n < low ? low : n > high ? high : n; }

void SettingsLoad(void) {
    static Prefs prefs;
    ClientSettings *s = &client_settings;
    PrefsLoad(&prefs, P("\27Mail Client Preferences"));
    PrefsString(&prefs, "user", P("\4User"), s->user, 31);
    PrefsString(&prefs, "server", P("\13Post Office"), s->server, 31);
    PrefsString(&prefs, "zone", P("\1*"), s->zone, 32);
    PrefsString(&prefs, "to", P("\0"), s->to, 255);
    s->start_delay = (uint32_t)PrefsNumber(&prefs, "start-delay", 0);
    s->interval = (uint32_t)Within(PrefsNumber(&prefs, "interval", 300), 2, 60000);
    s->check = (uint32_t)Within(PrefsNumber(&prefs, "check", 600), 2, 1000000);
    s->count = PrefsNumber(&prefs, "count", 0);
    s->body = Within(PrefsNumber(&prefs, "body", 1200), 0, maxBody);
    s->retry = (uint8_t)Within(PrefsNumber(&prefs, "retry", 2), 1, 255);
    s->retries = (uint8_t)Within(PrefsNumber(&prefs, "retries", 5), 0, 254);
    s->keep = (int8_t)PrefsYes(&prefs, "keep", 0);
    s->seed = (uint32_t)PrefsNumber(&prefs, "seed", 0);
}
