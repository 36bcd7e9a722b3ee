#include "settings.h"
#include "../../lib/app_prefs.h"

Settings settings;

/* The drive's start-up document leaves the SCSI ID it found in a file of its own. */
static int16_t FoundByStartUp(Prefs *prefs) {
    PrefsLoad(prefs, P("\14Backup Drive"));
    return (int16_t)PrefsNumber(prefs, "tape-id", -1);
}

static int32_t Within(int32_t n, int32_t low, int32_t high) { return n < low ? low : n > high ? high : n; }

/* The size of a piece: a word for "whole" and "512", or a number; never odd. */
static int32_t Piece(const Prefs *prefs, const char *key, int32_t otherwise) {
    if (PrefsIs(prefs, key, "whole"))
        return 0;
    return PrefsNumber(prefs, key, otherwise) & ~1;
}

void SettingsLoad(void) {
    static Prefs prefs;
    Settings *s = &settings;
    PrefsLoad(&prefs, P("\22Backup Preferences"));
    s->block = Within(PrefsNumber(&prefs, "block", 32768) & ~511, 512, 65536);
    s->buffer = Within(PrefsNumber(&prefs, "buffer", 32768), s->block, 65536);
    s->read = Within(PrefsNumber(&prefs, "read", 2048) & ~511, 512, 65536);
    s->tib = Piece(&prefs, "tib", 0);
    s->read_tib = Piece(&prefs, "read-tib", 512);
    s->yield = PrefsNumber(&prefs, "yield", 0);
    s->retry = PrefsNumber(&prefs, "retry", 1);
    s->start_delay = PrefsNumber(&prefs, "start-delay", 0);
    s->wait_limit = PrefsNumber(&prefs, "wait-limit", 7200);
    s->filemarks = Within(PrefsNumber(&prefs, "filemarks", 2), 1, 255);
    s->blind = !PrefsIs(&prefs, "transfer", "polled");
    s->read_blind = !PrefsIs(&prefs, "read-transfer", "polled");
    s->check_phase_error = PrefsYes(&prefs, "check-phase-error", 0);
    s->verify = PrefsYes(&prefs, "verify", 1);
    s->immediate = PrefsYes(&prefs, "immediate", 0);
    s->buffered = PrefsYes(&prefs, "buffered", 1);
    s->copy_open_files = PrefsIs(&prefs, "open-files", "copy");
    PrefsString(&prefs, "root", P("\0"), s->root, 63);
    s->tape_id = (int16_t)PrefsNumber(&prefs, "tape-id", -1);

    /* Whole commands only: the buffer becomes a multiple of the block. */
    int32_t whole = 0;
    while (whole + s->block <= s->buffer)
        whole += s->block;
    s->buffer = whole;
    if (s->buffer < 1024)
        s->buffer = 1024;
    if (s->tape_id < 0 && !PrefsIs(&prefs, "tape-id", "scan"))
        s->tape_id = FoundByStartUp(&prefs);
}
