/* The inside of the Resource Manager: a map as it lies in memory, the fields of a resource fork included. */
#ifndef RESOURCE_FILE_H
#define RESOURCE_FILE_H
#include "resources.h"

typedef struct ResMap {
    uint32_t data_offset, map_offset, data_length, map_length;
    struct ResMap **next;
    int16_t ref_num, attributes;
    uint16_t types_offset, names_offset;
} ResMap;
typedef ResMap **MapHandle;

typedef struct { OSType type; uint16_t count_less_one, references; } ResTypeEntry;
typedef struct { int16_t id, name_offset; uint32_t attributes_offset; Handle handle; } __attribute__((packed)) ResEntry;

static inline uint8_t entry_attributes(const ResEntry *e) { return (uint8_t)(e->attributes_offset >> 24); }
static inline uint8_t *type_list(ResMap *map) { return (uint8_t *)map + map->types_offset; }
static inline int16_t type_count(ResMap *map) { return (int16_t)(*(int16_t *)type_list(map) + 1); }
static inline ResTypeEntry *map_types(ResMap *map) { return (ResTypeEntry *)(type_list(map) + 2); }
static inline ResEntry *type_entries(ResMap *map, const ResTypeEntry *t) { return (ResEntry *)(type_list(map) + t->references); }

#define TopMap ((MapHandle)TopMapHndl)

MapHandle map_of_file(int16_t ref_num);
ResTypeEntry *find_type(ResMap *map, OSType type);
OSErr read_at(int16_t file, uint32_t offset, void *buffer, int32_t count);
#endif
