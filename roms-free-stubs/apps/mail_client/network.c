#include "network.h"
#include "events.h"

enum { pollTicks = 2 };

uint8_t name_buffer[nameBufferBytes];

OSErr NetworkOpen(void) { return MPPOpen(); }

void Pause(uint32_t ticks) {
    uint32_t begin = Ticks, gone;
    EventRecord event;
    while ((gone = Ticks - begin) < ticks)
        WaitNextEvent(everyEvent, &event, ticks - gone, 0);
}

void WaitFor(const volatile int16_t *result) {
    EventRecord event;
    while (*result > 0)
        WaitNextEvent(everyEvent, &event, pollTicks, 0);
}

uint16_t LookUp(const uint8_t *entity, uint8_t interval, uint8_t count, uint16_t most) {
    static MPPParamBlock pb;
    memset(&pb, 0, sizeof pb);
    pb.interval = interval;
    pb.count = count;
    pb.entityPtr = (uint8_t *)entity;
    pb.retBuffPtr = name_buffer;
    pb.retBuffSize = nameBufferBytes;
    pb.maxToGet = most < maxNames ? most : maxNames;
    PLookupName(&pb, 1);
    WaitFor(&pb.ioResult);
    return pb.ioResult == noErr || pb.ioResult == nbpBuffOvr ? pb.numGotten : 0;
}

OSErr Transact(Transaction *t) {
    static ATPParamBlock pb;
    static BDSElement bds[atpMaxNum];
    uint8_t i;
    memset(&pb, 0, sizeof pb);
    for (i = 0; i < t->packets; i++) {
        bds[i].buffPtr = (uint8_t *)t->answer + i * atpMaxData;
        bds[i].buffSize = atpMaxData;
        bds[i].dataSize = 0;
        bds[i].userBytes = 0;
    }
    pb.userData = t->user;
    pb.atpFlags = t->exactly_once ? atpXOvalue : 0;
    pb.addrBlock = t->to;
    pb.reqLength = t->length;
    pb.reqPointer = (void *)t->data;
    pb.bdsPointer = bds;
    pb.numOfBuffs = t->packets;
    pb.timeOutVal = t->seconds;
    pb.retryCount = t->retries;
    PSendRequest(&pb, 1);
    WaitFor(&pb.ioResult);
    t->user = bds[0].userBytes;
    t->answer_length = 0;
    for (i = 0; i < pb.numOfResps && i < t->packets; i++)
        t->answer_length += bds[i].dataSize;
    return pb.ioResult;
}
