/* A stand-in for the system under a program's blob, on Linux in qemu-m68k: every A-line trap arrives as SIGILL, and the
   functions here play the managers. It tests the programs' own logic, not the ROM. */
#ifndef HOST_H
#define HOST_H
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct { uint32_t d[8], a[8]; } Registers;

/* Loads a blob; its entry. */
void *host_load(const char *file);
/* Calls a completion routine with A0 = D0 = ... as the Device Manager does. */
void call_completion(void *routine, void *pb, int result);
void host_start(void);
int32_t call_entry(void *entry);

/* Called for WaitNextEvent. */
extern void (*on_idle)(void);
extern int echo;    /* print status lines */

/* Managers; each tells whether the trap was its own. */
int files_trap(uint16_t word, Registers *r);
int network_trap(uint16_t word, Registers *r);
int scsi_call(int selector, const uint8_t *args, int *arg_bytes);

/* files.c: a volume in memory, for the test to set up and look at. Directory 2 is the root, 16 the System Folder,
   17 Preferences. */
typedef struct {
    uint32_t id, parent, modified;
    int directory, open;
    char name[32];
    uint8_t *fork[2];
    int32_t length[2];
} File;
File *file_add(uint32_t parent, const char *name, int directory, const void *data, int32_t length);
File *file_find(uint32_t parent, const char *name);
void prefs(const char *name, const char *text);
extern int files_asynchronous_pending;
/* Finishes one asynchronous call; 0 if there is none. */
int files_complete_one(void);

/* tape.c */
extern uint8_t *tape_blocks;    /* 512 bytes each */
extern int tape_count, tape_marks_at[16], tape_marks;
extern int tape_lose_in_write;  /* the WRITE command (from 1) in which a byte gets lost; 0: none */
extern int tape_defer_in_write; /* the WRITE command that reports a deferred error */
extern int tape_fail_in_write;  /* the WRITE command that ends with a medium error half-way */
extern int tape_not_ready_polls;

#define CHECK(x) do { if (!(x)) { printf("%s:%d: %s\n", __FILE__, __LINE__, #x); exit(1); } } while (0)
#endif
