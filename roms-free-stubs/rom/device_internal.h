/* Between the Device Manager and the File Manager, which share the traps from Open to SetFPos. */
#ifndef DEVICE_INTERNAL_H
#define DEVICE_INTERNAL_H

#include "devices.h"
#include "rom_traps.h"

/* Calls a routine of a driver with A0 = pb, A1 = dce. `routine` is an offset in the driver header. */
OSErr driver_call(DCtlPtr dce, void *pb, int routine);

/* Calls a completion routine with A0 = pb, D0 = result. */
void run_completion(void *completion, void *pb, OSErr result);

/* The periodic action of open drivers with dNeedTime; SystemTask's part of the work. */
void device_manager_periodic(void);

/* file_manager.c: queues a file system call; `selector` is HFSDispatch's, else 0. */
void fs_call(OSRegs *r, int16_t selector);


#endif
