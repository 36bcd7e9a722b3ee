#include "host.h"
#include "../../include/files.h"
#include "../../include/errors.h"

enum { maxFiles = 64, maxOpen = 12, systemFolder = 16, preferences = 17 };
static File files[maxFiles];
static int count;
static uint32_t next_id = 18;
static struct { File *file; int fork; int32_t mark; int write; } fcbs[maxOpen];
static struct { uint16_t word; void *pb; } pending[32];
int files_asynchronous_pending;

File *file_add(uint32_t parent, const char *name, int directory, const void *data, int32_t length) {
    File *f = &files[count++];
    memset(f, 0, sizeof *f);
    f->id = next_id++;
    f->parent = parent;
    f->directory = directory;
    strcpy(f->name, name);
    f->modified = 1000 + f->id;
    f->fork[0] = malloc(length + 1);
    f->fork[1] = malloc(1);
    if (data)
        memcpy(f->fork[0], data, length);
    f->length[0] = length;
    return f;
}

static void fixed_folders(void) {
    static int done;
    if (done++)
        return;
    file_add(2, "System Folder", 1, 0, 0)->id = systemFolder;
    file_add(systemFolder, "Preferences", 1, 0, 0)->id = preferences;
}

File *file_find(uint32_t parent, const char *name) {
    int i;
    fixed_folders();
    for (i = 0; i < count; i++)
        if (files[i].parent == parent && strcmp(files[i].name, name) == 0)
            return &files[i];
    return 0;
}

void prefs(const char *name, const char *text) {
    fixed_folders();
    file_add(preferences, name, 0, text, strlen(text));
}

static File *by_id(uint32_t id) {
    int i;
    for (i = 0; i < count; i++)
        if (files[i].directory && files[i].id == id)
            return &files[i];
    return 0;
}

/* A partial path ":Folder:Name" or a name, from `parent`; *last is the folder and `leaf` the name within it. */
static File *resolve(uint32_t parent, const uint8_t *pascal, uint32_t *last, char *leaf) {
    char path[256], *part = path, *colon;
    memcpy(path, pascal + 1, pascal[0]);
    path[pascal[0]] = 0;
    if (*part == ':')
        part++;
    while ((colon = strchr(part, ':')) != 0) {
        *colon = 0;
        File *f = file_find(parent, part);
        if (!f)
            return 0;
        parent = f->id;
        part = colon + 1;
    }
    *last = parent;
    strcpy(leaf, part);
    return file_find(parent, part);
}

static void fill(CInfoPBRec *pb, const File *f) {
    HFileInfo *h = &pb->hFileInfo;
    if (h->ioNamePtr) {
        h->ioNamePtr[0] = strlen(f->name);
        memcpy(h->ioNamePtr + 1, f->name, h->ioNamePtr[0]);
    }
    h->ioFlAttrib = f->directory ? ioDirMask : f->open ? 0x88 : 0;
    h->ioDirID = f->id;
    h->ioFlMdDat = f->modified;
    h->ioFlCrDat = 500;
    if (f->directory) {
        pb->dirInfo.ioDrParID = f->parent;
    } else {
        h->ioFlParID = f->parent;
        h->ioFlLgLen = f->length[0];
        h->ioFlRLgLen = f->length[1];
    }
}

static OSErr get_cat_info(CInfoPBRec *pb) {
    int16_t index = pb->dirInfo.ioFDirIndex;
    uint32_t folder = pb->dirInfo.ioDrDirID, last;
    char leaf[64];
    int i;
    static File root = {.id = 2, .parent = 1, .directory = 1, .name = "Disk"};
    if (index < 0) {
        File *f = folder == 2 ? &root : by_id(folder);
        if (f) fill(pb, f);
        return f ? noErr : fnfErr;
    }
    if (index == 0) {
        File *f = resolve(folder, pb->dirInfo.ioNamePtr, &last, leaf);
        if (f) fill(pb, f);
        return f ? noErr : fnfErr;
    }
    for (i = 0; i < count; i++)
        if (files[i].parent == folder && --index == 0) {
            fill(pb, &files[i]);
            return noErr;
        }
    return fnfErr;
}

static OSErr open_file(HParamBlockRec *pb, int fork) {
    uint32_t last;
    char leaf[64];
    int i;
    File *f = resolve(pb->fileParam.ioDirID, pb->fileParam.ioNamePtr, &last, leaf);
    if (!f)
        return fnfErr;
    for (i = 0; fcbs[i].file; i++) {}
    CHECK(i < maxOpen);
    fcbs[i].file = f;
    fcbs[i].fork = fork;
    fcbs[i].mark = 0;
    fcbs[i].write = pb->ioParam.ioPermssn == fsRdWrPerm;
    f->open += fcbs[i].write;
    pb->ioParam.ioRefNum = 100 + i;
    return noErr;
}

static void set_length(File *f, int fork, int32_t length) {
    if (length > f->length[fork]) {
        f->fork[fork] = realloc(f->fork[fork], length + 1);
        memset(f->fork[fork] + f->length[fork], 0xEE, length - f->length[fork]);
    }
    f->length[fork] = length;
}

static OSErr transfer(HIOParam *pb, int write) {
    int i = pb->ioRefNum - 100, mode = pb->ioPosMode & 3;
    File *f = fcbs[i].file;
    int32_t length, n = pb->ioReqCount;
    CHECK(f && n >= 0);
    length = f->length[fcbs[i].fork];
    if (mode == fsFromStart) fcbs[i].mark = pb->ioPosOffset;
    if (mode == fsFromLEOF) fcbs[i].mark = length + pb->ioPosOffset;
    pb->ioActCount = 0;
    if (fcbs[i].mark > length)
        return eofErr;
    if (write) {
        CHECK(fcbs[i].write);
        if (fcbs[i].mark + n > length) set_length(f, fcbs[i].fork, fcbs[i].mark + n);
        memcpy(f->fork[fcbs[i].fork] + fcbs[i].mark, pb->ioBuffer, n);
        f->modified++;
    } else {
        if (fcbs[i].mark + n > length) n = length - fcbs[i].mark;
        memcpy(pb->ioBuffer, f->fork[fcbs[i].fork] + fcbs[i].mark, n);
    }
    fcbs[i].mark += n;
    pb->ioActCount = n;
    return n < pb->ioReqCount ? eofErr : noErr;
}

static OSErr perform(uint16_t word, void *p, uint32_t selector) {
    HParamBlockRec *pb = p;
    HVolumeParam *volume = p;
    uint32_t last;
    char leaf[64];
    File *f;
    fixed_folders();
    switch (word & 0xF0FF) {
    case 0xA000: return open_file(p, 0);
    case 0xA00A: return open_file(p, 1);
    case 0xA001:
        f = fcbs[pb->ioParam.ioRefNum - 100].file;
        f->open -= fcbs[pb->ioParam.ioRefNum - 100].write;
        fcbs[pb->ioParam.ioRefNum - 100].file = 0;
        return noErr;
    case 0xA002: return transfer(p, 0);
    case 0xA003: return transfer(p, 1);
    case 0xA007:
        volume->ioVFndrInfo[0] = systemFolder;
        if (volume->ioNamePtr) memcpy(volume->ioNamePtr, "\4Disk", 5);
        return noErr;
    case 0xA008:
        if (resolve(pb->fileParam.ioDirID, pb->fileParam.ioNamePtr, &last, leaf)) return dupFNErr;
        file_add(last, leaf, 0, 0, 0);
        return noErr;
    case 0xA009:
        f = resolve(pb->fileParam.ioDirID, pb->fileParam.ioNamePtr, &last, leaf);
        if (!f) return fnfErr;
        f->parent = 0;
        return noErr;
    case 0xA00C: case 0xA00D: case 0xA013: return noErr;
    case 0xA011: pb->ioParam.ioMisc = (void *)fcbs[pb->ioParam.ioRefNum - 100].file->length[0]; return noErr;
    case 0xA012: set_length(fcbs[pb->ioParam.ioRefNum - 100].file, 0, (int32_t)pb->ioParam.ioMisc); return noErr;
    case 0xA044:
        fcbs[pb->ioParam.ioRefNum - 100].mark = pb->ioParam.ioPosOffset
            + ((pb->ioParam.ioPosMode & 3) == fsFromLEOF ? fcbs[pb->ioParam.ioRefNum - 100].file->length[0] : 0);
        return noErr;
    case 0xA060:
        CHECK(selector == 9 || selector == 0x1A);
        return selector == 9 ? get_cat_info(p) : open_file(p, 0);
    default: return 1;
    }
}

int files_complete_one(void) {
    HIOParam *pb;
    uint16_t word;
    OSErr err;
    if (!files_asynchronous_pending)
        return 0;
    pb = pending[0].pb;
    word = pending[0].word;
    memmove(pending, pending + 1, sizeof pending - sizeof *pending);
    files_asynchronous_pending--;
    err = perform(word, pb, 0);
    pb->ioResult = err;
    call_completion(pb->ioCompletion, pb, err);
    return 1;
}

int files_trap(uint16_t word, Registers *r) {
    HIOParam *pb = (void *)r->a[0];
    OSErr err;
    if (word & 0x400 && (word & 0xFF) != 0x04) {
        pb->ioResult = 1;
        pending[files_asynchronous_pending].word = word;
        pending[files_asynchronous_pending++].pb = pb;
        r->d[0] = 0;
        return 1;
    }
    if ((word & 0xFF) == 0x04 || ((word == 0xA000 || word == 0xA200) && pb->ioNamePtr[1] == '.'))
        return 0;
    err = perform(word, pb, r->d[0]);
    if (err == 1)
        return 0;
    pb->ioResult = err;
    r->d[0] = (uint32_t)(int32_t)err;
    return 1;
}
