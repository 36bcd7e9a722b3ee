/* Resource Manager: finding, loading and letting go of resources. */
#include "memory.h"
#include "resource_file.h"
#include "internal.h"
#include "rom_traps.h"

ResTypeEntry *find_type(ResMap *map, OSType type)
{
    ResTypeEntry *t = map_types(map);
    for (int n = type_count(map); n > 0; n--, t++)
        if (t->type == type)
            return t;
    return 0;
}

static ResEntry *find_id(ResMap *map, OSType type, int16_t id)
{
    ResTypeEntry *t = find_type(map, type);
    ResEntry *e = t ? type_entries(map, t) : 0;
    for (int n = t ? t->count_less_one + 1 : 0; n > 0; n--, e++)
        if (e->id == id)
            return e;
    return 0;
}

/* The entry whose handle this is, in any open map. */
static ResEntry *find_handle(Handle h, MapHandle *where)
{
    for (MapHandle map = TopMap; h && map; map = (*map)->next)
        for (int t = 0; t < type_count(*map); t++) {
            ResTypeEntry *type = &map_types(*map)[t];
            ResEntry *e = type_entries(*map, type);
            for (int n = type->count_less_one + 1; n > 0; n--, e++)
                if (e->handle == h) {
                    *where = map;
                    return e;
                }
        }
    return 0;
}

static OSErr fill(Handle h, int16_t file, uint32_t place, uint8_t attributes)
{
    int32_t length;
    OSErr err = read_at(file, place, &length, 4);
    if (err)
        return err;
    err = ReallocateHandle(h, length);
    if (err)
        return err;
    HLock(h);
    err = read_at(file, place + 4, *h, length);
    if (err) {
        HUnlock(h);
        EmptyHandle(h);
        return err;
    }
    HSetRBit(h);
    if (!(attributes & resLocked))
        HUnlock(h);
    if (attributes & resPurgeable)
        HPurge(h);
    return noErr;
}

/* Memory may move in here, so the entry is found again through the map's handle. */
static Handle load(MapHandle map, OSType type, int16_t id, int and_read)
{
    ResEntry *e = find_id(*map, type, id);
    uint8_t attributes = entry_attributes(e);
    uint32_t place = (*map)->data_offset + (e->attributes_offset & 0xFFFFFF);
    Handle h = e->handle;
    if (!h) {
        THz zone = TheZone;
        if (attributes & resSysHeap)
            SetZone(SysZone);
        h = NewEmptyHandle();
        SetZone(zone);
        if (!h) {
            ResErr = memFullErr;
            return 0;
        }
        find_id(*map, type, id)->handle = h;
    }
    ResErr = noErr;
    if (*h == 0 && and_read)
        ResErr = fill(h, (*map)->ref_num, place, attributes);
    return ResErr ? 0 : h;
}

static Handle get_resource(OSType type, int16_t id, int one_file)
{
    for (MapHandle map = map_of_file(CurMap); map; map = one_file ? 0 : (*map)->next)
        if (find_id(*map, type, id))
            return load(map, type, id, ResLoad);
    ResErr = resNotFound;
    return 0;
}

typedef struct { int16_t id; OSType type; Handle result; } __attribute__((packed)) GetResourceArgs;

void tb_GetResource(void *args)
{
    GetResourceArgs *a = args;
    a->result = get_resource(a->type, a->id, 0);
}
TB_TRAP_ARGS(0xA9A0, GetResource, 6);

void tb_Get1Resource(void *args)
{
    GetResourceArgs *a = args;
    a->result = get_resource(a->type, a->id, 1);
}
TB_TRAP_ARGS(0xA81F, Get1Resource, 6);

typedef struct { OSType type; int16_t result; } __attribute__((packed)) CountArgs;

void tb_Count1Resources(void *args)
{
    CountArgs *a = args;
    MapHandle map = map_of_file(CurMap);
    ResTypeEntry *t = map ? find_type(*map, a->type) : 0;
    ResErr = noErr;
    a->result = t ? (int16_t)(t->count_less_one + 1) : 0;
}
TB_TRAP_ARGS(0xA80D, Count1Resources, 4);

typedef struct { int16_t index; OSType type; Handle result; } __attribute__((packed)) GetIndArgs;

void tb_Get1IndResource(void *args)
{
    GetIndArgs *a = args;
    MapHandle map = map_of_file(CurMap);
    ResTypeEntry *t = map ? find_type(*map, a->type) : 0;
    a->result = 0;
    ResErr = resNotFound;
    if (t && a->index > 0 && a->index <= t->count_less_one + 1)
        a->result = load(map, a->type, type_entries(*map, t)[a->index - 1].id, ResLoad);
}
TB_TRAP_ARGS(0xA80E, Get1IndResource, 6);

void tb_LoadResource(void *args)
{
    Handle h = *(Handle *)args;
    MapHandle map;
    ResEntry *e = find_handle(h, &map);
    ResErr = resNotFound;
    if (!e)
        return;
    ResErr = noErr;
    if (*h == 0)
        ResErr = fill(h, (*map)->ref_num, (*map)->data_offset + (e->attributes_offset & 0xFFFFFF), entry_attributes(e));
}
TB_TRAP_ARGS(0xA9A2, LoadResource, 4);

void tb_ReleaseResource(void *args)
{
    Handle h = *(Handle *)args;
    MapHandle map;
    ResEntry *e = find_handle(h, &map);
    ResErr = e ? noErr : resNotFound;
    if (!e)
        return;
    e->handle = 0;
    DisposeHandle(h);
}
TB_TRAP_ARGS(0xA9A3, ReleaseResource, 4);

void tb_DetachResource(void *args)
{
    Handle h = *(Handle *)args;
    MapHandle map;
    ResEntry *e = find_handle(h, &map);
    ResErr = e ? noErr : resNotFound;
    if (!e)
        return;
    e->handle = 0;
    HClrRBit(h);
}
TB_TRAP_ARGS(0xA992, DetachResource, 4);

typedef struct { Handle h; int32_t result; } HandleArgs;

void tb_SizeResource(void *args)
{
    HandleArgs *a = args;
    MapHandle map;
    ResEntry *e = find_handle(a->h, &map);
    a->result = -1;
    ResErr = resNotFound;
    if (e)
        ResErr = read_at((*map)->ref_num, (*map)->data_offset + (e->attributes_offset & 0xFFFFFF), &a->result, 4);
}
TB_TRAP_ARGS(0xA9A5, SizeResource, 4);

void tb_HomeResFile(void *args)
{
    Handle h = *(Handle *)args;
    MapHandle map;
    ResEntry *e = find_handle(h, &map);
    ResErr = e ? noErr : resNotFound;
    *(int16_t *)((char *)args + 4) = e ? (*map)->ref_num : -1;
}
TB_TRAP_ARGS(0xA9A4, HomeResFile, 4);
