/* The backup program's settings and the defaults, which are the habits of the time. */
#ifndef BACKUP_SETTINGS_H
#define BACKUP_SETTINGS_H
#include "types.h"

typedef struct {
    int32_t block;          /* bytes per WRITE or READ command */
    int32_t buffer;         /* bytes read from the disk before the tape is written, a multiple of block */
    int32_t read;           /* bytes per call of the File Manager */
    int32_t tib;            /* bytes per transfer instruction when writing; 0: one instruction for the whole command */
    int32_t read_tib;       /* the same when reading */
    int32_t yield;          /* WRITE or READ commands between two calls of WaitNextEvent; 0: none while it streams */
    int32_t retry;          /* how often a buffer is written again */
    int32_t start_delay;    /* ticks to wait at the start, calling WaitNextEvent */
    int32_t wait_limit;     /* ticks to wait for the drive to become ready; 0: for ever */
    int32_t filemarks;
    int16_t tape_id;        /* -1: look for it */
    int8_t blind, read_blind;
    int8_t check_phase_error;
    int8_t verify;
    int8_t immediate;       /* IMMED with REWIND and WRITE FILEMARKS */
    int8_t buffered;        /* buffered mode of the drive */
    int8_t copy_open_files;
    Str63 root;             /* folder to back up, a path from the volume's root; empty: the whole volume */
} Settings;

extern Settings settings;
void SettingsLoad(void);

#endif
