/* The HFS code of the File Manager on Linux in qemu, against an image of a volume: random creations, writes, cuts, renames,
   moves and deletions, compared with a model in memory.  hfs_check.py and hfsutils then judge the image. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "hfs.h"

static int image;
static long io_calls, io_blocks;
static uint32_t bad_block; /* cannot be read; 0: none */

static void fail(const char *what, int err)
{
    printf("%s: %d\n", what, err);
    exit(1);
}

OSErr volume_io(VCB *vcb, int writing, uint32_t number, int32_t count, void *buffer)
{
    off_t at = (off_t)number * block_size;
    ssize_t size = count * block_size;
    io_calls++;
    io_blocks += count;
    if (number + count > (uint32_t)(lseek(image, 0, SEEK_END) / block_size))
        fail("beyond the volume", number);
    if (!writing && bad_block >= number && bad_block < number + count)
        return ioErr;
    return (writing ? pwrite(image, buffer, size, at) : pread(image, buffer, size, at)) == size ? noErr : ioErr;
}
void *fs_allocate(int32_t size) { return calloc(1, size); }
uint32_t fs_now(void) { return 0xA0000000; }

static uint32_t seed = 1;
static uint32_t draw(uint32_t n)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % n;
}

#define OK(call) do { OSErr e_ = (call); if (e_) fail(#call, e_); } while (0)

enum { max_files = 600, max_dirs = 12 };
typedef struct { int used, dir; uint8_t name[32]; uint32_t length; uint8_t *data; } Model;
static Model files[max_files];
static uint32_t dirs[max_dirs];
static int dir_count = 1;

static void random_name(uint8_t *name)
{
    int i, length = 1 + draw(31);
    static const char letters[] = "abcXYZ0189 _-.'`\x8e\x80\xca";
    name[0] = length;
    for (i = 1; i <= length; i++)
        name[i] = letters[draw(sizeof letters - 1)];
}

static HParamBlockRec named(uint16_t trap, Model *m)
{
    HParamBlockRec pb = { 0 };
    pb.fileParam.ioTrap = trap;
    pb.fileParam.ioNamePtr = m->name;
    pb.fileParam.ioVRefNum = -1;
    pb.fileParam.ioDirID = dirs[m->dir];
    return pb;
}

static int16_t open_model(Model *m, int permission)
{
    HParamBlockRec pb = named(0xA200, m);
    pb.ioParam.ioPermssn = permission;
    OK(fs_open(&pb));
    return pb.ioParam.ioRefNum;
}

static void close_path(int16_t ref)
{
    IOParam pb = { 0 };
    pb.ioRefNum = ref;
    OK(fs_close(&pb));
}

static int exists(Model *m)
{
    int i;
    for (i = 0; i < max_files; i++)
        if (files[i].used && &files[i] != m && files[i].dir == m->dir && name_compare(files[i].name, m->name) == 0)
            return 1;
    return 0;
}

static void create_file(Model *m)
{
    HParamBlockRec pb;
    OSErr err;
    random_name(m->name);
    m->dir = draw(dir_count);
    pb = named(0xA208, m);
    err = fs_create(&pb);
    if (exists(m)) {
        if (err != dupFNErr)
            fail("duplicate accepted", err);
        return;
    }
    if (err == dskFulErr)
        return;
    if (err)
        fail("create", err);
    m->used = 1;
    m->length = 0;
    m->data = 0;
}

static void write_file(Model *m)
{
    int16_t ref = open_model(m, fsRdWrPerm);
    IOParam pb = { 0 };
    uint32_t at = m->length ? draw(m->length + 1) : 0, size = draw(3) ? draw(3000) : draw(60000), i;
    uint8_t *buffer = malloc(size + 1);
    OSErr err;
    for (i = 0; i < size; i++)
        buffer[i] = draw(256);
    pb.ioRefNum = ref;
    pb.ioBuffer = buffer;
    pb.ioReqCount = size;
    pb.ioPosMode = fsFromStart;
    pb.ioPosOffset = at;
    err = fs_write(&pb);
    if (err && err != dskFulErr)
        fail("write", err);
    if (at + pb.ioActCount > m->length) {
        m->data = realloc(m->data, at + pb.ioActCount);
        m->length = at + pb.ioActCount;
    }
    memcpy(m->data + at, buffer, pb.ioActCount);
    free(buffer);
    close_path(ref);
}

static void cut_file(Model *m)
{
    int16_t ref = open_model(m, fsRdWrPerm);
    IOParam pb = { 0 };
    pb.ioRefNum = ref;
    pb.ioMisc = (void *)draw(m->length + 1);
    OK(fs_set_eof(&pb));
    m->length = (uint32_t)pb.ioMisc;
    close_path(ref);
}

static void check_file(Model *m)
{
    int16_t ref = open_model(m, fsRdPerm);
    IOParam pb = { 0 };
    uint8_t *buffer = malloc(m->length + 100);
    uint32_t at = 0;
    OSErr err = noErr;
    pb.ioRefNum = ref;
    while (!err) {
        pb.ioBuffer = buffer + at;
        pb.ioReqCount = 1 + draw(20000);
        if (at + pb.ioReqCount > m->length + 100)
            pb.ioReqCount = m->length + 100 - at;
        pb.ioPosMode = fsAtMark;
        err = fs_read(&pb);
        at += pb.ioActCount;
    }
    if (err != eofErr || at != m->length || memcmp(buffer, m->data, at))
        fail("contents differ", err);
    free(buffer);
    close_path(ref);
}

static void delete_file(Model *m)
{
    HParamBlockRec pb = named(0xA209, m);
    OK(fs_delete(&pb));
    m->used = 0;
    free(m->data);
    m->data = 0;
}

static void rename_file(Model *m)
{
    HParamBlockRec pb = named(0xA20B, m);
    Model changed = *m;
    OSErr err;
    random_name(changed.name);
    pb.ioParam.ioMisc = changed.name;
    err = fs_rename(&pb);
    changed.used = 1;
    m->used = 0;
    int clash = exists(&changed);
    m->used = 1;
    if (err == dskFulErr && !clash)
        return;
    if (clash ? err != dupFNErr : err != noErr)
        fail("rename", err);
    if (!err)
        memcpy(m->name, changed.name, 32);
}

static void move_file(Model *m)
{
    CMovePBRec pb = { 0 };
    Model changed = *m;
    OSErr err;
    changed.dir = draw(dir_count);
    if (changed.dir == m->dir)
        return;
    pb.ioTrap = (int16_t)0xA260;
    pb.ioNamePtr = m->name;
    pb.ioVRefNum = -1;
    pb.ioDirID = dirs[m->dir];
    pb.ioNewDirID = dirs[changed.dir];
    err = fs_cat_move(&pb);
    if (err == dskFulErr)
        return;
    if (exists(&changed) ? err != dupFNErr : err != noErr)
        fail("move", err);
    if (!err)
        m->dir = changed.dir;
}

/* Every model file must turn up once in an enumeration by index, and nothing else but directories. */
static void enumerate(int dir)
{
    CInfoPBRec pb = { 0 };
    uint8_t name[64], last[64] = { 0 };
    int i, found = 0, expected = 0;
    for (i = 0; i < max_files; i++)
        expected += files[i].used && files[i].dir == dir;
    for (i = 1;; i++) {
        OSErr err;
        int j;
        pb.hFileInfo.ioTrap = (int16_t)0xA260;
        pb.hFileInfo.ioNamePtr = name;
        pb.hFileInfo.ioVRefNum = -1;
        pb.hFileInfo.ioFDirIndex = i;
        pb.hFileInfo.ioDirID = dirs[dir];
        err = fs_get_cat_info(&pb);
        if (err == fnfErr)
            break;
        if (err)
            fail("get_cat_info", err);
        if (last[0] && name_compare(last, name) >= 0)
            fail("order", i);
        memcpy(last, name, 64);
        if (pb.hFileInfo.ioFlAttrib & ioDirMask || !memcmp(name, "\7outside", 8))
            continue;
        for (j = 0; j < max_files; j++)
            if (files[j].used && files[j].dir == dir && name_compare(files[j].name, name) == 0)
                break;
        if (j == max_files || files[j].length != (uint32_t)pb.hFileInfo.ioFlLgLen)
            fail("enumerated file", i);
        found++;
    }
    if (found != expected)
        fail("enumeration incomplete", found);
}

/* Many small files side by side, some with only a resource fork, some empty, some with names that need care. */
enum { small_files = 300, levels = 20 };
static uint32_t small_dir;

static void small_name(int i, uint8_t *name)
{
    static const char *const special[] = { ".hidden", "\x8Et\x8E", "A\xD0\x8C \xA5", ".Sony" };
    if (i < 4)
        strcpy((char *)name + 1, special[i]);
    else
        sprintf((char *)name + 1, "small %03d", i);
    name[0] = strlen((char *)name + 1);
}
static uint32_t small_length(int i, int fork)
{
    return i % 10 == 5 || (fork == resource_fork) != (i % 10 == 6) ? 0 : 1 + i * 37 % 1500;
}
static uint8_t small_byte(int i, uint32_t at) { return at * 7 + i + at / 256; }

static uint32_t make_dir(uint32_t parent, const char *text)
{
    uint8_t name[32];
    HFileParam pb = { 0 };
    name[0] = strlen(strcpy((char *)name + 1, text));
    pb.ioTrap = (int16_t)0xA260;
    pb.ioNamePtr = name;
    pb.ioVRefNum = -1;
    pb.ioDirID = parent;
    OK(fs_dir_create(&pb));
    return pb.ioDirID;
}

static int16_t open_small(int i, int fork, int permission)
{
    uint8_t name[64];
    HParamBlockRec pb = { 0 };
    small_name(i, name);
    pb.fileParam.ioTrap = fork == resource_fork ? 0xA20A : 0xA260;
    pb.fileParam.ioNamePtr = name;
    pb.fileParam.ioVRefNum = -1;
    pb.fileParam.ioDirID = small_dir;
    pb.ioParam.ioPermssn = permission;
    OK(fs_open(&pb));
    return pb.ioParam.ioRefNum;
}

static void put_small(int i, int fork)
{
    static uint8_t data[1500];
    IOParam pb = { 0 };
    for (int j = 0; j < 1500; j++)
        data[j] = small_byte(i, j);
    pb.ioRefNum = open_small(i, fork, fsRdWrPerm);
    pb.ioBuffer = data;
    pb.ioReqCount = small_length(i, fork);
    OK(fs_write(&pb));
    close_path(pb.ioRefNum);
}

static void make_small_files(void)
{
    HParamBlockRec pb;
    uint8_t name[64];
    uint32_t dir;
    int i;
    small_dir = make_dir(fsRtDirID, "many");
    for (i = 0; i < small_files; i++) {
        memset(&pb, 0, sizeof pb);
        small_name(i, name);
        pb.fileParam.ioTrap = 0xA208;
        pb.fileParam.ioNamePtr = name;
        pb.fileParam.ioVRefNum = -1;
        pb.fileParam.ioDirID = small_dir;
        OK(fs_create(&pb));
        put_small(i, small_length(i, resource_fork) ? resource_fork : data_fork);
    }
    for (i = 0, dir = small_dir; i < levels; i++)
        dir = make_dir(dir, "level");
}

static OSErr get_small(int i, int fork)
{
    static uint8_t data[8192];
    IOParam pb = { 0 };
    OSErr err;
    int32_t j;
    pb.ioRefNum = open_small(i, fork, fsRdPerm);
    pb.ioBuffer = data;
    pb.ioReqCount = sizeof data;
    err = fs_read(&pb);
    close_path(pb.ioRefNum);
    if (err != eofErr)
        return err;
    if ((uint32_t)pb.ioActCount != small_length(i, fork))
        fail("length of a small file", i);
    for (j = 0; j < pb.ioActCount; j++)
        if (data[j] != small_byte(i, j))
            fail("a small file", i);
    return noErr;
}

/* The disk's own words only: nothing that was read before counts. */
static void start_cold(void)
{
    VolumeParam pb = { 0 };
    pb.ioVRefNum = -1;
    OK(fs_flush_vol(&pb));
    cache_forget((VCB *)DefVCBPtr);
}

static void check_small_files(int fresh)
{
    HFileInfo info = { 0 };
    uint8_t path[256];
    VCB *vcb = (VCB *)DefVCBPtr;
    int16_t ref;
    long before;
    int i;
    start_cold();
    before = io_calls;
    for (i = 0; i < small_files; i++) {
        OK(get_small(i, data_fork));
        OK(get_small(i, resource_fork));
    }
    if (fresh && vcb->vcbAlBlkSiz == block_size && io_calls - before > small_files / 2)
        fail("commands for small files", io_calls - before);
    /* A neighbour changes after it has been read ahead: whole blocks go past the cache, the rest stays in it. */
    start_cold();
    for (i = 0; i < small_files; i++) {
        OK(get_small(i, data_fork));
        if (i + 1 < small_files && small_length(i + 1, data_fork)) {
            IOParam pb = { 0 };
            uint8_t junk[1500] = { 0 };
            int32_t length = small_length(i + 1, data_fork), j;
            pb.ioRefNum = open_small(i + 1, data_fork, fsRdWrPerm);
            pb.ioBuffer = junk;
            pb.ioReqCount = length / 2;
            OK(fs_write(&pb));
            pb.ioReqCount = length - length / 2;
            OK(fs_write(&pb));
            memset(junk, 1, sizeof junk);
            pb.ioPosMode = fsFromStart;
            pb.ioPosOffset = 0;
            pb.ioReqCount = length;
            OK(fs_read(&pb));
            for (j = 0; j < length; j++)
                if (junk[j])
                    fail("written, then read", i);
            close_path(pb.ioRefNum);
            if (i % 3 == 0)
                start_cold();
            put_small(i + 1, data_fork);
        }
    }
    /* A block that cannot be read fails the file it belongs to, not the ones before it. */
    ref = open_small(104, data_fork, fsRdPerm);
    bad_block = vcb->vcbAlBlSt + path_of(ref)->fcbExtRec[0].xdrStABN * (vcb->vcbAlBlkSiz / block_size);
    close_path(ref);
    start_cold();
    for (i = 90; i < 120; i++)
        if (get_small(i, data_fork) != (i == 104 ? ioErr : noErr))
            fail("a bad block", i);
    bad_block = 0;
    start_cold();
    memcpy(path, "\5:many", 6);
    for (i = 0; i < levels; i++) {
        memcpy(path + 1 + path[0], ":level", 6);
        path[0] += 6;
    }
    info.ioTrap = (int16_t)0xA260;
    info.ioNamePtr = path;
    info.ioVRefNum = -1;
    OK(fs_get_cat_info(&info));
    if (!(info.ioFlAttrib & ioDirMask))
        fail("deep folder", 0);
}

int main(int argc, char **argv)
{
    int rounds = argc > 2 ? atoi(argv[2]) : 2000, i;
    static DrvQEl drive;
    VolumeParam mount = { 0 };
    off_t size;
    if (argc > 3)
        seed = atoi(argv[3]);
    image = open(argv[1], O_RDWR);
    if (image < 0 || mmap((void *)0, 0x4000, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
        fail("set-up", image);
    size = lseek(image, 0, SEEK_END) / block_size;
    drive.dQDrive = 1;
    drive.dQDrvSz = size;
    drive.dQDrvSz2 = size >> 16;
    DrvQHdr.qHead = DrvQHdr.qTail = (QElem *)&drive;
    cache_init();
    paths_init();
    mount.ioVRefNum = 1;
    OK(fs_mount_vol(&mount));
    dirs[0] = fsRtDirID;
    for (; dir_count < max_dirs; dir_count++) {
        HFileParam pb = { 0 };
        Model m = { 0 };
        sprintf((char *)m.name + 1, "dir %d", dir_count);
        m.name[0] = strlen((char *)m.name + 1);
        pb.ioTrap = (int16_t)0xA260;
        pb.ioNamePtr = m.name;
        pb.ioVRefNum = -1;
        pb.ioDirID = dirs[draw(dir_count)];
        OK(fs_dir_create(&pb));
        dirs[dir_count] = pb.ioDirID;
    }
    if (size >= 20000) {
        make_small_files();
        check_small_files(1);
    }
    for (i = 0; i < rounds; i++) {
        Model *m = &files[draw(max_files)];
        if (!m->used)
            create_file(m);
        else
            switch (draw(10)) {
            case 0: case 1: case 2: write_file(m); break;
            case 3: cut_file(m); break;
            case 4: case 5: check_file(m); break;
            case 6: case 7: (draw(3) || i > rounds / 2) ? delete_file(m) : check_file(m); break;
            case 8: rename_file(m); break;
            case 9: move_file(m); break;
            }
        if (i % 500 == 499)
            enumerate(draw(dir_count));
    }
    for (i = 0; i < max_files; i++)
        if (files[i].used)
            check_file(&files[i]);
    for (i = 0; i < dir_count; i++)
        enumerate(i);
    if (small_dir)
        check_small_files(0);
    mount.ioVRefNum = -1;
    OK(fs_unmount_vol(&mount));
    printf("%d rounds, %ld driver calls, %ld blocks\n", rounds, io_calls, io_blocks);
    return 0;
}
