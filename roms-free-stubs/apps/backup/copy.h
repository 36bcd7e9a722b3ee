/* From the list of entries to the archive. */
#ifndef BACKUP_COPY_H
#define BACKUP_COPY_H
#include "types.h"

/* Writes the listed entries, until the tape fails. */
void CopyEntries(int32_t count, ConstStringPtr volume);

#endif
