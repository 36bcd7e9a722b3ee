/* Resource Manager: files.  Each open resource fork has its map in a handle of the current zone; maps are linked from
   TopMapHndl, the one opened last first. */
#include "files.h"
#include "memory.h"
#include "resource_file.h"
#include "internal.h"
#include "rom_traps.h"

OSErr read_at(int16_t file, uint32_t offset, void *buffer, int32_t count)
{
    ParamBlockRec pb;
    memset(&pb, 0, sizeof pb);
    pb.ioParam.ioRefNum = file;
    pb.ioParam.ioBuffer = buffer;
    pb.ioParam.ioReqCount = count;
    pb.ioParam.ioPosMode = fsFromStart;
    pb.ioParam.ioPosOffset = (int32_t)offset;
    return PBReadSync(&pb);
}

static void close_file(int16_t file)
{
    ParamBlockRec pb;
    memset(&pb, 0, sizeof pb);
    pb.ioParam.ioRefNum = file;
    PBCloseSync(&pb);
}

MapHandle map_of_file(int16_t ref_num)
{
    for (MapHandle m = TopMap; m; m = (*m)->next)
        if ((*m)->ref_num == ref_num)
            return m;
    return 0;
}

static int map_is_sane(const ResMap *map)
{
    uint32_t length = map->map_length, end = map->types_offset + 2u;
    return end <= length && end + 8u * (uint32_t)type_count((ResMap *)map) <= length;
}

static OSErr read_map(int16_t file)
{
    uint32_t header[4];
    MapHandle map;
    OSErr err = read_at(file, 0, header, sizeof header);
    if (err)
        return err;
    if (header[3] < sizeof(ResMap) || header[3] > 0x10000)
        return mapReadErr;
    map = (MapHandle)NewHandle((int32_t)header[3]);
    if (!map)
        return MemErr;
    HLock(map);
    err = read_at(file, header[1], *map, (int32_t)header[3]);
    memcpy(*map, header, sizeof header);
    if (!err && !map_is_sane(*map))
        err = mapReadErr;
    HUnlock(map);
    if (err) {
        DisposeHandle((Handle)map);
        return err;
    }
    for (int t = 0; t < type_count(*map); t++) {
        ResTypeEntry *type = &map_types(*map)[t];
        for (int i = 0; i <= type->count_less_one; i++)
            type_entries(*map, type)[i].handle = 0;
    }
    (*map)->next = TopMap;
    (*map)->ref_num = file;
    (*map)->attributes = 0;
    TopMapHndl = (Handle)map;
    CurMap = file;
    return noErr;
}

static int16_t open_resource_file(int16_t vRefNum, int32_t dirID, ConstStringPtr name, int8_t permission)
{
    HParamBlockRec pb;
    OSErr err;
    memset(&pb, 0, sizeof pb);
    pb.ioParam.ioNamePtr = (uint8_t *)name;
    pb.ioParam.ioVRefNum = vRefNum;
    pb.ioParam.ioPermssn = permission;
    pb.fileParam.ioDirID = dirID;
    err = PBHOpenRFSync(&pb);
    if (err == noErr) {
        err = read_map(pb.ioParam.ioRefNum);
        if (err)
            close_file(pb.ioParam.ioRefNum);
    }
    ResErr = err;
    return err ? -1 : pb.ioParam.ioRefNum;
}

typedef struct {
    int8_t permission, pad;
    ConstStringPtr name;
    int32_t dirID;
    int16_t vRefNum, result;
} __attribute__((packed)) HOpenResFileArgs;

void tb_HOpenResFile(void *args)
{
    HOpenResFileArgs *a = args;
    a->result = open_resource_file(a->vRefNum, a->dirID, a->name, a->permission);
}
TB_TRAP_ARGS(0xA81A, HOpenResFile, 12);

typedef struct { ConstStringPtr name; int16_t result; } __attribute__((packed)) OpenResFileArgs;

void tb_OpenResFile(void *args)
{
    OpenResFileArgs *a = args;
    a->result = open_resource_file(0, 0, a->name, fsRdPerm);
}
TB_TRAP_ARGS(0xA997, OpenResFile, 4);

static void unlink_map(MapHandle map)
{
    if (TopMap == map) {
        TopMapHndl = (Handle)(*map)->next;
        return;
    }
    for (MapHandle m = TopMap; m; m = (*m)->next)
        if ((*m)->next == map) {
            (*m)->next = (*map)->next;
            return;
        }
}

/* The resources that are still the file's go with it. */
void tb_CloseResFile(void *args)
{
    int16_t file = *(int16_t *)args;
    MapHandle map = map_of_file(file);
    ResErr = map ? noErr : resFNotFound;
    if (!map)
        return;
    for (int t = 0; t < type_count(*map); t++) {
        ResTypeEntry *type = &map_types(*map)[t];
        for (int i = 0; i <= type->count_less_one; i++)
            if (type_entries(*map, type)[i].handle)
                DisposeHandle(type_entries(*map, type)[i].handle);
    }
    unlink_map(map);
    DisposeHandle((Handle)map);
    if (CurMap == file)
        CurMap = TopMap ? (*TopMap)->ref_num : 0;
    close_file(file);
}
TB_TRAP_ARGS(0xA99A, CloseResFile, 2);

void tb_UseResFile(void *args)
{
    int16_t file = *(int16_t *)args;
    ResErr = map_of_file(file) ? noErr : resFNotFound;
    if (ResErr == noErr)
        CurMap = file;
}
TB_TRAP_ARGS(0xA998, UseResFile, 2);

void tb_CurResFile(void *args) { *(int16_t *)args = CurMap; }
TB_TRAP_ARGS(0xA994, CurResFile, 0);

void tb_ResError(void *args) { *(int16_t *)args = ResErr; }
TB_TRAP_ARGS(0xA9AF, ResError, 0);

void tb_SetResLoad(void *args) { ResLoad = *(uint8_t *)args ? 0xFF : 0; }
TB_TRAP_ARGS(0xA99B, SetResLoad, 2);

void resource_manager_init(void) { ResLoad = 0xFF; }
ROM_INIT(75, resource_manager_init);
