/* AppleTalk Data Stream Protocol: parameter block, connection control block and codes of the .DSP driver.
 *
 * Layouts, codes and names are those of Inside Macintosh: Networking, chapter 5.  The driver's reference number is the one
 * that opening ".DSP" returns.  Completion routines are entered with A0 = the parameter block, D0 = ioResult; the user
 * routine of a connection end with A1 = its CCB; both at interrupt time, and both may change D0-D2/A0-A1 only.
 *
 * From dspInit to dspRemove the CCB, both queues and the attention buffer belong to the driver. */
#ifndef ADSP_H
#define ADSP_H
#include "appletalk.h"

enum {                      /* csCodes */
    dspNewCID = 241, dspReset = 242, dspOptions = 243, dspAttention = 244, dspWrite = 245, dspRead = 246, dspStatus = 247,
    dspCLDeny = 248, dspCLListen = 249, dspCLRemove = 250, dspCLInit = 251, dspClose = 252, dspOpen = 253, dspRemove = 254,
    dspInit = 255
};

enum { ocRequest = 1, ocPassive = 2, ocAccept = 3, ocEstablish = 4 };                           /* ocMode */
enum { sListening = 1, sPassive = 2, sOpening = 3, sOpen = 4, sClosing = 5, sClosed = 6 };      /* CCB state */
enum { eClosed = 0x80, eTearDown = 0x40, eAttention = 0x20, eFwdReset = 0x10 };                 /* CCB userFlags */

enum {                      /* results */
    errOpenDenied = -1273, errDSPQueueSize = -1274, errFwdReset = -1275, errAttention = -1276, errOpening = -1277,
    errState = -1278, errAborted = -1279, errRefNum = -1280
};

enum { attnBufSize = 570, minDSPQueueSize = 100, adspMaxData = 572 };

/* A program may read these fields and clear bits of userFlags.  An attention message is accepted while eAttention is clear. */
typedef struct TRCCB {
    struct TRCCB *ccbLink;
    int16_t refNum, state;
    volatile uint8_t userFlags;
    uint8_t localSocket;
    AddrBlock remoteAddress;
    uint16_t attnCode, attnSize;
    uint8_t *attnPtr;
    uint8_t reserved[220];
} __attribute__((packed, aligned(2))) TRCCB;

typedef struct {
    void *qLink; int16_t qType, ioTrap; void *ioCmdAddr, *ioCompletion; volatile int16_t ioResult; void *ioNamePtr;
    int16_t ioVRefNum, ioCRefNum, csCode;
    int32_t qStatus;
    int16_t ccbRefNum;
    union {
        struct {                            /* dspInit, dspCLInit */
            TRCCB *ccbPtr; void *userRoutine; uint16_t sendQSize; uint8_t *sendQueue; uint16_t recvQSize; uint8_t *recvQueue;
            uint8_t *attnPtr; uint8_t localSocket, filler1;
        } __attribute__((packed, aligned(2))) initParams;
        struct {                            /* dspOpen, dspCLListen, dspCLDeny */
            uint16_t localCID, remoteCID;
            AddrBlock remoteAddress, filterAddress;
            uint32_t sendSeq; uint16_t sendWindow; uint32_t recvSeq, attnSendSeq, attnRecvSeq;
            uint8_t ocMode;
            uint8_t ocInterval;             /* in 10 ticks; 0: 6 */
            uint8_t ocMaximum;              /* retries; 0: 3, 255: without end */
            uint8_t filler2;
        } __attribute__((packed, aligned(2))) openParams;
        struct { uint8_t abort, filler3; } closeParams;         /* dspClose, dspRemove */
        struct {                            /* dspRead, dspWrite */
            uint16_t reqCount, actCount; uint8_t *dataPtr; uint8_t eom, flush;
        } __attribute__((packed, aligned(2))) ioParams;
        struct {                            /* dspAttention */
            uint16_t attnCode, attnSize; uint8_t *attnData;
            uint8_t attnInterval, filler4;  /* in 10 ticks; 0: 6 */
        } __attribute__((packed, aligned(2))) attnParams;
        struct {                            /* dspStatus; an end of message counts as a byte */
            TRCCB *ccbPtr; uint16_t sendQPending, sendQFree, recvQPending, recvQFree;
        } __attribute__((packed, aligned(2))) statusParams;
        struct {                            /* dspOptions; 0 leaves sendBlocking and badSeqMax as they are */
            uint16_t sendBlocking; uint8_t sendTimer, rtmtTimer, badSeqMax, useCheckSum;
        } __attribute__((packed, aligned(2))) optionParams;
        struct { uint16_t newCID; } newCIDParams;
    } u;
} __attribute__((packed, aligned(2))) DSPParamBlock;

#ifdef __m68k__
_Static_assert(sizeof(TRCCB) == 242, "TRCCB");
_Static_assert(__builtin_offsetof(DSPParamBlock, ccbRefNum) == 32, "ccbRefNum");
_Static_assert(__builtin_offsetof(DSPParamBlock, u.initParams.localSocket) == 58, "dspInit");
_Static_assert(__builtin_offsetof(DSPParamBlock, u.openParams.ocMode) == 64, "dspOpen");
_Static_assert(__builtin_offsetof(DSPParamBlock, u.ioParams.flush) == 43, "dspWrite");
_Static_assert(sizeof(DSPParamBlock) == 68, "DSPParamBlock");

/* Opens the driver and finds its reference number; 0 or an error. */
static inline int16_t OpenDSP(int16_t *refNum)
{
    struct {
        void *qLink; int16_t qType, ioTrap; void *ioCmdAddr, *ioCompletion; int16_t ioResult; const uint8_t *ioNamePtr;
        int16_t ioVRefNum, ioRefNum; uint8_t ioVersNum, ioPermssn; void *ioMisc; uint32_t spare[8];
    } __attribute__((packed, aligned(2))) pb = {0};
    register void *a0 __asm__("a0") = &pb;
    register int32_t d0 __asm__("d0");
    pb.ioNamePtr = (const uint8_t *)"\004.DSP";
    __asm__ volatile(".short 0xA000" : "=d"(d0), "+a"(a0) : : "d1", "d2", "a1", "memory", "cc");
    *refNum = pb.ioRefNum;
    return (int16_t)d0;
}

static inline int16_t DSPCall(DSPParamBlock *pb, int16_t refNum, int16_t code, int async)
{
    pb->ioCRefNum = refNum;
    pb->csCode = code;
    return AppleTalkControl(pb, async);
}
#endif
#endif
