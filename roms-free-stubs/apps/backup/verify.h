/* The comparison of the tape with the disk. */
#ifndef BACKUP_VERIFY_H
#define BACKUP_VERIFY_H
#include "types.h"

/* Reads the session that was just written; the number of differences and losses, all reported. `window` holds two
   buffers, `other` one of settings.buffer bytes. The tape must be rewound. */
int32_t Verify(void *window, void *other);

#endif
