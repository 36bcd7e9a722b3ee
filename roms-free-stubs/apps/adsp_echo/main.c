/* An echo over ADSP: it registers "Echo:ADSP Echo@*", takes one connection after the other, and writes back what it reads, with
   its ends of messages. All calls are synchronous. */
#include "adsp.h"
#include "status.h"

enum { queueBytes = 1000, dataBytes = 500 };

static TRCCB ccb;
static uint8_t send_queue[queueBytes], receive_queue[queueBytes], attention[attnBufSize], data[dataBytes];
static NamesTableEntry name;
static int16_t driver, end;

static int16_t Call(DSPParamBlock *pb, int16_t code) {
    pb->ccbRefNum = end;
    return DSPCall(pb, driver, code, 0);
}

static int16_t MakeEnd(void) {
    DSPParamBlock pb;
    MPPParamBlock names;
    int16_t err = MPPOpen();
    if (!err)
        err = OpenDSP(&driver);
    if (err)
        return err;
    memset(&pb, 0, sizeof pb);
    pb.u.initParams.ccbPtr = &ccb;
    pb.u.initParams.sendQSize = pb.u.initParams.recvQSize = queueBytes;
    pb.u.initParams.sendQueue = send_queue;
    pb.u.initParams.recvQueue = receive_queue;
    pb.u.initParams.attnPtr = attention;
    err = Call(&pb, dspInit);
    if (err)
        return err;
    end = pb.ccbRefNum;
    NBPSetNTE(&name, (const uint8_t *)"\4Echo", (const uint8_t *)"\11ADSP Echo", (const uint8_t *)"\1*", pb.u.initParams.localSocket);
    memset(&names, 0, sizeof names);
    names.interval = 4;
    names.count = 2;
    names.verifyFlag = 1;
    names.ntQElPtr = &name;
    return PRegisterName(&names, 0);
}

/* Until the other end closes: as much as is there, at least one byte or end of message. */
static void Echo(void) {
    DSPParamBlock pb;
    for (;;) {
        uint16_t n;
        memset(&pb, 0, sizeof pb);
        if (Call(&pb, dspStatus))
            return;
        n = pb.u.statusParams.recvQPending;
        pb.u.ioParams.reqCount = n < 1 ? 1 : n > dataBytes ? dataBytes : n;
        pb.u.ioParams.dataPtr = data;
        if (Call(&pb, dspRead) || !(pb.u.ioParams.actCount || pb.u.ioParams.eom))
            return;
        pb.u.ioParams.reqCount = pb.u.ioParams.actCount;
        pb.u.ioParams.flush = 1;
        if (Call(&pb, dspWrite))
            return;
    }
}

int main(void) {
    DSPParamBlock pb;
    if (MakeEnd()) {
        StatusPrint("no connection end");
        return 1;
    }
    for (;;) {
        memset(&pb, 0, sizeof pb);
        pb.u.openParams.ocMode = ocPassive;
        if (Call(&pb, dspOpen))
            continue;
        StatusPrint("open");
        Echo();
        memset(&pb, 0, sizeof pb);
        (void)Call(&pb, dspClose);
        StatusPrint("closed");
    }
}
