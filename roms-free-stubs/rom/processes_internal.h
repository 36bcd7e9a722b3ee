/* The process table.  A debugger finds the running process through the symbol current_process (a pointer), all of them
   through process_table (PROCESS_LIMIT records, PROCESS_BYTES apart). */
#ifndef PROCESSES_INTERNAL_H
#define PROCESSES_INTERNAL_H
#include "types.h"

enum { PROCESS_LIMIT = 6, SAVED_GLOBALS = 160, PROCESS_BYTES = 224 };
enum { processFree = 0, processReady = 1, processWaiting = 2 };
enum { canBackground = 0x1000 };

typedef struct Process {
    int16_t state;              /*   0 */
    int16_t pane;               /*   2  its status window */
    uint8_t name[32];           /*   4  Pascal string */
    Ptr partition_low;          /*  36  first byte of the partition, which is its zone */
    Ptr partition_high;         /*  40  and the first one behind it */
    Ptr stack_pointer;          /*  44  when not running */
    uint32_t wake_tick;         /*  48  when waiting: the tick at which a null event is due */
    uint16_t event_mask;        /*  52  what it waits for */
    uint16_t size_flags;        /*  54  of its SIZE resource */
    Ptr code_low;               /*  56  CODE 1 as loaded: a symbol of NAME.sym is at code_low + its offset */
    Ptr code_high;              /*  60 */
    uint8_t globals[SAVED_GLOBALS]; /* 64  its low memory while another runs */
} Process;

_Static_assert(sizeof(Process) == PROCESS_BYTES, "debuggers count on the record's size");

extern Process process_table[PROCESS_LIMIT];    /* [0] is the system itself, on the boot stack */
extern Process *current_process, *front_process;
extern Ptr process_area_low, process_area_high; /* all partitions lie between */
extern Ptr partition_low, partition_high;       /* the running process's */

/* The status window of whoever owns the code at `pc`: a process, else the system. */
int16_t pane_of_code(const void *pc);

/* Lets others run; returns when the current process is in front and has an event in `mask`, or at the tick `wake`. */
void process_wait(uint16_t mask, uint32_t wake);

/* Starts an application; it runs when the caller next waits, and is in front. */
OSErr process_launch(int16_t vRefNum, int32_t dirID, ConstStringPtr name);

/* event_manager.c: an event in the queue that `mask` admits. */
int event_pending(uint16_t mask);

/* segment_loader.c: builds the A5 world below `top` from CODE 0 of the current resource file; 0 when there is none. */
Ptr build_a5_world(Ptr top, int32_t *below_a5);

/* context.S */
void switch_stacks(Ptr *save_sp, Ptr new_sp);
void stop_until_interrupt(void);
void enter_program(Ptr a5, Ptr entry);
void call_startup_document(void *code);

/* What a process that ends must not leave behind in the interrupt managers' queues. */
void time_manager_forget(Ptr low, Ptr high);
#endif
