/* Settings files of the programs: text, one `key value` a line, in System Folder:Preferences. */
#ifndef APP_PREFS_H
#define APP_PREFS_H
#include "types.h"

enum { prefsMaxText = 2000 };

typedef struct {
    OSErr error;        /* of reading the file; the defaults hold then */
    int16_t length;
    char text[prefsMaxText];
} Prefs;

/* The directory id of the System Folder on the boot volume. */
int32_t SystemFolderID(void);
void PrefsLoad(Prefs *prefs, ConstStringPtr file_name);
int32_t PrefsNumber(const Prefs *prefs, const char *key, int32_t otherwise);
int PrefsYes(const Prefs *prefs, const char *key, int otherwise);
/* Whether the value of `key` is `word`. */
int PrefsIs(const Prefs *prefs, const char *key, const char *word);
/* The value as a Pascal string of at most `limit` characters; `otherwise` when the key is missing. */
void PrefsString(const Prefs *prefs, const char *key, ConstStringPtr otherwise, uint8_t *to, int limit);

#endif
