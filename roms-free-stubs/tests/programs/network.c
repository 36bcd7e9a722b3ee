#include "network.h"
#include "../../include/devices.h"
#include "../../include/errors.h"

static ATPParamBlock *waiting[16], *answered;
static int waiting_count;
MPPParamBlock *registering, *looking_up;
ATPParamBlock *asking;

static const DRVRHeader *driver;

int network_trap(uint16_t word, Registers *r) {
    ATPParamBlock *pb = (void *)r->a[0];
    if (word == 0xA03D) {
        driver = (void *)r->a[0];
        r->d[0] = 0;
        return 1;
    }
    if (word == 0xA000 || word == 0xA033) {     /* Open; VInstall: time does not pass here */
        r->d[0] = 0;
        return 1;
    }
    if ((word & 0xFF) != 0x04)
        return 0;
    pb->ioResult = word & 0x400 ? 1 : 0;
    r->d[0] = 0;
    if (pb->ioRefNum == mppRefNum) {
        CHECK(pb->csCode == registerName || pb->csCode == lookupName);
        if (pb->csCode == registerName)
            registering = (void *)pb;
        else
            looking_up = (void *)pb;
        return 1;
    }
    switch (pb->csCode) {
    case openATPSkt: pb->atpSocket = 130; break;
    case getRequest: waiting[waiting_count++] = pb; break;
    case sendResponse: answered = pb; break;
    case sendRequest: asking = pb; break;
    default: CHECK(!"csCode");
    }
    return 1;
}

void network_forget(void) {
    waiting_count = 0;
    answered = 0;
    looking_up = 0;
    asking = 0;
}

void answer_lookup(const uint8_t *entity, uint8_t node) {
    MPPParamBlock *pb = looking_up;
    uint8_t *to = pb->retBuffPtr;
    looking_up = 0;
    pb->numGotten = entity != 0;
    if (entity) {
        int length = 0, field;
        for (field = 0; field < 3; field++)
            length += entity[length] + 1;
        to[0] = to[1] = 0, to[2] = node, to[3] = 140, to[4] = 1;
        memcpy(to + 5, entity, length);
    }
    pb->ioResult = 0;
    call_completion(pb->ioCompletion, pb, 0);
}

void answer_request(int result, int sequence, const void *data, int length) {
    ATPParamBlock *pb = asking;
    asking = 0;
    memcpy(pb->bdsPointer->buffPtr, data, length);
    pb->bdsPointer->dataSize = length;
    pb->bdsPointer->userBytes = (uint32_t)result << 16 | sequence;
    pb->numOfResps = 1;
    pb->ioResult = 0;
    call_completion(pb->ioCompletion, pb, 0);
}

int pending_requests(void) { return waiting_count; }

void transmit(uint32_t user_data, const void *data, int length, uint8_t bit_map, uint8_t node) {
    ATPParamBlock *pb = waiting[0];
    CHECK(waiting_count > 0);
    memmove(waiting, waiting + 1, --waiting_count * sizeof *waiting);
    memcpy(pb->reqPointer, data, length);
    pb->reqLength = length;
    pb->userData = user_data;
    pb->bitMap = bit_map;
    pb->atpFlags = atpXOvalue;
    pb->addrBlock.aNode = node;
    pb->ioResult = 0;
    call_completion(pb->ioCompletion, pb, 0);
}

int receive(Answer *a) {
    ATPParamBlock *pb = answered;
    int i;
    if (!pb)
        return 0;
    answered = 0;
    a->result = (int16_t)(pb->bdsPointer[0].userBytes >> 16);
    a->sequence = (uint16_t)pb->bdsPointer[0].userBytes;
    a->length = 0;
    a->packets = pb->numOfBuffs;
    CHECK(pb->atpFlags & atpEOMvalue && pb->numOfBuffs == pb->bdsSize);
    for (i = 0; i < pb->numOfBuffs; i++) {
        const BDSElement *b = &pb->bdsPointer[i];
        CHECK(i == pb->numOfBuffs - 1 || b->buffSize == 578);
        memcpy(a->data + a->length, b->buffPtr, b->buffSize);
        a->length += b->buffSize;
    }
    pb->ioResult = 0;
    call_completion(pb->ioCompletion, pb, 0);   /* the release */
    return 1;
}

/* What SystemTask does for a driver with dNeedTime: an immediate Control call, csCode accRun. */
void network_periodic(void) {
    static CntrlParam pb;
    static DCtlEntry dce;
    if (!driver)
        return;
    CHECK(driver->drvrFlags == 0x2400 && driver->drvrDelay == 5 && memcmp(driver->drvrName, "\13.MailServer", 12) == 0);
    pb.ioTrap = (int16_t)0xA204;
    pb.csCode = accRun;
    register void *a0 __asm__("a0") = &pb;
    register void *a1 __asm__("a1") = &dce;
    register const char *a2 __asm__("a2") = (const char *)driver + driver->drvrCtl;
    __asm__ volatile("jsr (%%a2)" : "+a"(a0), "+a"(a1), "+a"(a2) : : "d0", "d1", "memory", "cc");
}
