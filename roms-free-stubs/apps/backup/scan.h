/* The list of what there is to back up, made before the tape moves: while it streams there is no time for the catalogue. */
#ifndef BACKUP_SCAN_H
#define BACKUP_SCAN_H
#include "types.h"

typedef struct {
    uint32_t id, parent, created, modified, backed_up;
    uint8_t finder[16], finder_more[16];
    uint32_t lengths[2];        /* data and resource fork */
    uint8_t attributes;
    uint8_t depth;              /* of the folder it lies in; the root of the backup lies in 0 */
    Str31 name;
} Entry;

enum { deepest = 32 };

/* Lists `root` itself and everything in it, a folder before its contents; how many entries. What did not fit into memory
   or was too deep is counted in *left_out. */
int32_t ScanFolder(int32_t root, int32_t *left_out);
const Entry *ScanEntry(int32_t index);
void ScanForget(void);

/* The catalogue id of the folder `path` (from the volume's root), or 0. */
int32_t FolderID(ConstStringPtr path);
void VolumeName(uint8_t *name);

#endif
