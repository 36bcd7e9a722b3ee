#include "app_prefs.h"
#include "files.h"

int32_t SystemFolderID(void) {
    HVolumeParam pb;
    memset(&pb, 0, sizeof pb);
    if (PBHGetVInfoSync(&pb) == 0 && pb.ioVFndrInfo[0] != 0)
        return pb.ioVFndrInfo[0];

    /* A volume without a blessed folder: take the one of the usual name. */
    CInfoPBRec info;
    memset(&info, 0, sizeof info);
    Str31 name;
    memcpy(name, "\15System Folder", 14);
    info.dirInfo.ioNamePtr = name;
    info.dirInfo.ioDrDirID = fsRtDirID;
    if (PBGetCatInfoSync(&info) == 0 && (info.dirInfo.ioFlAttrib & ioDirMask))
        return info.dirInfo.ioDrDirID;
    return fsRtDirID;
}

void PrefsLoad(Prefs *prefs, ConstStringPtr file_name) {
    Str63 path;
    int16_t file;
    memcpy(path, "\15:Preferences:", 14);
    memcpy(path + 14, file_name + 1, file_name[0]);
    path[0] += file_name[0];

    prefs->length = 0;
    prefs->error = HOpen(0, SystemFolderID(), path, fsRdPerm, &file);
    if (prefs->error)
        return;
    int32_t count = prefsMaxText;
    prefs->error = FSRead(file, &count, prefs->text);
    if (prefs->error == eofErr)
        prefs->error = 0;
    if (prefs->error == 0)
        prefs->length = (int16_t)count;
    FSClose(file);
}

static int IsBlank(char c) { return c == ' ' || c == '\t'; }
static int IsLineEnd(char c) { return c == '\r' || c == '\n'; }

/* The value of `key`, without the blanks around it, and its length; 0 when there is none. The last line wins. */
static const char *Find(const Prefs *prefs, const char *key, int *length) {
    const char *p = prefs->text, *end = p + prefs->length, *found = 0;
    int key_length = strlen(key);
    while (p < end) {
        const char *line = p;
        while (p < end && !IsLineEnd(*p))
            p++;
        const char *stop = p;
        while (p < end && IsLineEnd(*p))
            p++;
        while (line < stop && IsBlank(*line))
            line++;
        if (stop - line <= key_length || memcmp(line, key, key_length) != 0 || !IsBlank(line[key_length]))
            continue;
        line += key_length;
        while (line < stop && IsBlank(*line))
            line++;
        while (stop > line && IsBlank(stop[-1]))
            stop--;
        found = line;
        *length = stop - line;
    }
    return found;
}

int32_t PrefsNumber(const Prefs *prefs, const char *key, int32_t otherwise) {
    int length, i;
    const char *value = Find(prefs, key, &length);
    int32_t n = 0;
    if (!value || length == 0)
        return otherwise;
    for (i = 0; i < length; i++) {
        if (value[i] < '0' || value[i] > '9' || n > 99999999)
            return otherwise;
        n = (n << 3) + (n << 1) + (value[i] - '0');
    }
    return n;
}

int PrefsIs(const Prefs *prefs, const char *key, const char *word) {
    int length;
    const char *value = Find(prefs, key, &length);
    return value && length == (int)strlen(word) && memcmp(value, word, length) == 0;
}

int PrefsYes(const Prefs *prefs, const char *key, int otherwise) {
    if (PrefsIs(prefs, key, "yes"))
        return 1;
    if (PrefsIs(prefs, key, "no"))
        return 0;
    return otherwise;
}

void PrefsString(const Prefs *prefs, const char *key, ConstStringPtr otherwise, uint8_t *to, int limit) {
    int length;
    const char *value = Find(prefs, key, &length);
    if (!value) {
        value = (const char *)otherwise + 1;
        length = otherwise[0];
    }
    if (length > limit)
        length = limit;
    to[0] = (uint8_t)length;
    memcpy(to + 1, value, length);
}
