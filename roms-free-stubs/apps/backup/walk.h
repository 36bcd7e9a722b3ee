/* The catalogue, folder by folder. */
#ifndef BACKUP_WALK_H
#define BACKUP_WALK_H
#include "types.h"

/* Writes everything in the folder `root` (which gets a record itself) to the archive, until the tape fails. */
void WalkFolder(int32_t root, ConstStringPtr volume);
/* The catalogue id of the folder `path` (from the volume's root), or 0. */
int32_t FolderID(ConstStringPtr path);
void VolumeName(uint8_t *name);

#endif
