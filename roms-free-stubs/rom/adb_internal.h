/* Between the ADB Manager and the driver of its transceiver. */
#ifndef ADB_INTERNAL_H
#define ADB_INTERNAL_H
#include "adb.h"

enum { ADB_DATA_LIMIT = 8, ADB_ADDRESSES = 16 };

/* adb_transceiver.c: 0 when the command is queued, -1 when the queue is full.  `op` is copied. */
OSErr adb_queue(uint8_t command, const ADBOpBlock *op);
/* After a command that never ended: everything is forgotten. */
void adb_transceiver_reset(void);

/* adb_manager.c, at interrupt time.  `data` is a length byte and the bytes.  The first is for every answer to Talk Register 0 that
   nobody asked for; the second says which device is asked after the one at `address` when some device wants attention. */
void adb_device_data(uint8_t command, uint8_t *data);
uint8_t adb_next_device(uint8_t address);
void adb_call(ProcPtr routine, uint8_t *data, Ptr area, uint8_t command);
#endif
