/* AppleTalk for a program with an event loop. Calls of the drivers are asynchronous; while one is under way the program waits in
   WaitNextEvent, so that others run. */
#ifndef APP_NETWORK_H
#define APP_NETWORK_H
#include "appletalk.h"
#include "types.h"

OSErr NetworkOpen(void);
/* Waits in WaitNextEvent for so many ticks. */
void Pause(uint32_t ticks);
void WaitFor(const volatile int16_t *result);

enum { maxNames = 40, nameBufferBytes = maxNames * 104 };
/* Looks an entity up (NBPSetEntity), `count` times, `interval` units of 8 ticks apart, until `most` names are found (at most maxNames). The names'
   number; NBPExtract takes them from `name_buffer`. */
extern uint8_t name_buffer[nameBufferBytes];
uint16_t LookUp(const uint8_t *entity, uint8_t interval, uint8_t count, uint16_t most);

typedef struct {
    AddrBlock to;
    uint32_t user;              /* user bytes: of the request, then of the first response */
    const void *data;
    uint16_t length;
    uint8_t packets;            /* of the response, 1-8: the request's bitmap */
    uint8_t exactly_once, seconds, retries;
    void *answer;               /* `packets` times atpMaxData bytes */
    int32_t answer_length;      /* out */
} Transaction;
/* One ATP transaction. 0, or the driver's error: reqFailed when nobody answered. */
OSErr Transact(Transaction *transaction);

#endif
