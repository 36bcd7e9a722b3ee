/* AppleTalk Manager: parameter blocks, queue elements and codes of the .MPP, .ATP and .XPP drivers.
 *
 * Layouts, codes and names are those of Inside Macintosh (volumes II and V, and Networking).  Everything multi-byte
 * is big-endian and two-byte aligned, as the m68k ABI lays structures out anyway.
 *
 * Where completion routines run: the routine in `ioCompletion` is entered with A0 = the parameter block, D0 = its
 * ioResult, and may change D0-D2/A0-A1 only.  A call that ends because a frame arrived (getRequest, sendRequest,
 * lookupName, an exactly-once sendResponse) completes inside the level 2 SCC interrupt, with level 1 and 2 masked; one
 * that ends by a timeout completes in a vertical retrace task.  Inside Macintosh documents no deferral for these two
 * drivers ("the node's CPU is interrupted and the .MPP driver's interrupt handler gets control"), so there is none. */
#ifndef APPLETALK_H
#define APPLETALK_H

#include "strict_alignment.h"
#include <stdint.h>

enum { mppUnitNum = 9, atpUnitNum = 10, xppUnitNum = 40, mppRefNum = -10, atpRefNum = -11, xppRefNum = -41 };

enum {                      /* .MPP csCodes */
    writeLAP = 243, detachPH = 244, attachPH = 245, writeDDP = 246, closeSkt = 247, openSkt = 248, loadNBP = 249,
    confirmName = 250, lookupName = 251, removeName = 252, registerName = 253, killNBP = 254, unloadNBP = 255,
    setSelfSend = 256, GetATalkInfo = 258, ATalkClosePrep = 259
};

enum {                      /* .ATP csCodes */
    nSendRequest = 248, relRspCB = 249, closeATPSkt = 250, addResponse = 251, sendResponse = 252, getRequest = 253,
    openATPSkt = 254, sendRequest = 255, relTCB = 256, killGetReq = 257, killSendReq = 258, killAllGetReq = 259
};

enum { xCall = 246, zipGetLocalZones = 5, zipGetZoneList = 6, zipGetMyZone = 7 };      /* .XPP csCode and xppSubCode */

/* Status csCode of .MPP and .ATP, ours: where the counters are. */
enum { appleTalkCounters = 1000 };

enum {                      /* results, Inside Macintosh II-304, V-516 */
    atNoErr = 0, atControlErr = -17,
    ddpSktErr = -91, ddpLenErr = -92, noBridgeErr = -93, lapProtErr = -94, excessCollsns = -95, portInUse = -97,
    portNotCf = -98,
    nbpBuffOvr = -1024, nbpNoConfirm = -1025, nbpConfDiff = -1026, nbpDuplicate = -1027, nbpNotFound = -1028,
    nbpNISErr = -1029,
    reqFailed = -1096, tooManyReqs = -1097, tooManySkts = -1098, badATPSkt = -1099, badBuffNum = -1100,
    noRelErr = -1101, cbNotFound = -1102, noSendResp = -1103, noDataArea = -1104, reqAborted = -1105
};

enum {                      /* atpFlags; the same bits as the ATP control byte */
    atpXOvalue = 0x20, atpEOMvalue = 0x10, atpSTSvalue = 0x08, atpTRelTimevalue = 0x04, atpTIDValidvalue = 0x02,
    atpSendChkvalue = 0x01  /* atpTRelTimevalue: a sendRequest has TRelTime */
};

/* TRelTime, and the same bits of a TReq's control byte: the responder's release timer (AppleTalk phase 2). */
enum { atpTRel30s = 0, atpTRel1m = 1, atpTRel2m = 2, atpTRel4m = 3, atpTRel8m = 4 };

enum { SrvAdrBit = 31 };    /* GetATalkInfo configuration: a node address of the server range was asked for */

enum { ddpMaxData = 586, atpMaxData = 578, atpMaxNum = 8, lapMaxData = 600 };

typedef struct { uint16_t aNet; uint8_t aNode, aSocket; } AddrBlock;

/* Write data structure: elements until one of length 0.  For writeLAP the first element starts with destination, source
 * (filled in) and type.  For writeDDP it starts with the 16 bytes of LAP and long DDP header, of which the caller fills in
 * destination network (offset 7), node (11), socket (13) and DDP type (15); .MPP fills in the rest (IM II-310). */
typedef struct { uint16_t entryLength; void *entryPtr; } __attribute__((packed, aligned(2))) WDSElement;

typedef struct {            /* one response packet */
    uint16_t buffSize; void *buffPtr; uint16_t dataSize; uint32_t userBytes;
} __attribute__((packed, aligned(2))) BDSElement;

/* Three Pascal strings one after the other: object, type, zone ("*" = this zone), each at most 32 characters. */
typedef uint8_t EntityName[99];

/* Names table element.  Linked into NBP's list while registered: it must stay where it is until removeName. */
typedef struct NamesTableEntry {
    struct NamesTableEntry *qNext;
    AddrBlock nteAddress;
    uint8_t filler;         /* the enumerator while registered */
    EntityName entityData;
} NamesTableEntry;

/* A lookupName result in the buffer: AddrBlock, enumerator, then the three Pascal strings, tightly packed (IM II-306). */

#define AT_PB_HEADER(name18, name22)                                                                                   \
    void *qLink; int16_t qType, ioTrap; void *ioCmdAddr; void *ioCompletion; volatile int16_t ioResult;                \
    name18; name22; int16_t ioRefNum, csCode;

typedef struct {
    AT_PB_HEADER(void *ioNamePtr, int16_t ioVRefNum)
    union {
        struct { uint8_t protType, lapFiller; union { WDSElement *lapWds; void *handler; }; }
            __attribute__((packed, aligned(2)));
        struct { uint8_t socket, checksumFlag; union { WDSElement *wdsPointer; void *listener; }; }
            __attribute__((packed, aligned(2)));
        struct {
            uint8_t interval, count;                            /* interval in 8-tick units; count of transmissions */
            union { NamesTableEntry *ntQElPtr; uint8_t *entityPtr; void *nKillQEl; };
            union {
                uint8_t verifyFlag;                             /* registerName: nonzero = check for duplicates */
                struct { void *retBuffPtr; uint16_t retBuffSize, maxToGet, numGotten; } __attribute__((packed, aligned(2)));
                struct { AddrBlock confirmAddr; uint8_t newSocket; };
            };
        } __attribute__((packed, aligned(2)));
        struct { uint8_t newSelfFlag, oldSelfFlag; };           /* setSelfSend */
        const uint8_t *appName;                                 /* ATalkClosePrep, out: who refuses */
        struct { const struct AppleTalkStatistics *counters; uint16_t countersLength; }        /* Status appleTalkCounters */
            __attribute__((packed, aligned(2)));
        struct {                                                /* GetATalkInfo, IM VI-32 */
            int16_t version; void *varsPtr, *DCEPtr; int16_t portID; int32_t configuration; int16_t selfSend;
            uint16_t netLo, netHi; uint32_t ourAddr, routerAddr; int16_t numOfPHs, numOfSkts, numNBPEs; void *nTQueue;
            uint16_t LAlength; void *linkAddr, *zoneName;
        } __attribute__((packed, aligned(2))) info;
    };
} __attribute__((packed, aligned(2))) MPPParamBlock;

typedef struct {
    AT_PB_HEADER(uint32_t userData, uint16_t reqTID)
    uint8_t atpSocket;      /* socket, or (sendRequest, out) the bitmap of responses still wanted */
    uint8_t atpFlags;
    AddrBlock addrBlock;
    uint16_t reqLength;
    void *reqPointer;
    BDSElement *bdsPointer;
    union {
        struct { uint8_t numOfBuffs, timeOutVal, numOfResps, retryCount; uint16_t intBuff; uint8_t TRelTime, fill; };  /* sendRequest */
        struct { uint8_t bitMap, bdsSize; uint16_t transID; };                                 /* getRequest, sendResponse */
        struct { uint8_t rspNum, rspFiller; uint16_t rspTransID; };                            /* addResponse */
        void *aKillQEl;
    };
} __attribute__((packed, aligned(2))) ATPParamBlock;

/* .XPP's zone calls.  zipBuffPtr: 578 bytes, 33 for zipGetMyZone.  zipInfoField belongs to the driver until zipLastFlag; its
   first word is 0 in the first call and left alone in the calls that go on with the list (IM: Networking, chapter 4). */
typedef struct {
    void *qLink; int16_t qType, ioTrap; void *ioCmdAddr; void *ioCompletion; volatile int16_t ioResult;
    int32_t cmdResult; int16_t ioVRefNum, ioRefNum, csCode;
    int16_t xppSubCode;
    uint8_t xppTimeout, xppRetry;           /* seconds; retries */
    int16_t filler1;
    void *zipBuffPtr;                       /* out: packed Pascal strings */
    uint16_t zipNumZones;
    uint8_t zipLastFlag, filler2;
    uint8_t zipInfoField[70];
} __attribute__((packed, aligned(2))) XPPParamBlock;

/* AppleTalk transition queue.  CallAddr is called as a C function (selector, entry, parameter) with longs on the stack; its
   result counts for ATTransClosePrep: not 0 refuses, and *(uint8_t **)parameter may be set to the refuser's name. */
typedef struct ATQEntry { struct ATQEntry *qLink; int16_t qType; void *CallAddr; } ATQEntry;
enum { ATTransOpen = 0, ATTransClose = 2, ATTransClosePrep = 3, ATTransCancelClose = 4 };
enum { LAddAEQ = 23, LRmvAEQ = 24 };        /* LAP Manager selectors */

#define currBitMap atpSocket
#ifdef __m68k__
_Static_assert(__builtin_offsetof(MPPParamBlock, csCode) == 26, "csCode");
_Static_assert(__builtin_offsetof(MPPParamBlock, retBuffPtr) == 34, "NBP");
_Static_assert(__builtin_offsetof(MPPParamBlock, info.ourAddr) == 50, "GetATalkInfo");
_Static_assert(__builtin_offsetof(ATPParamBlock, addrBlock) == 30, "ATP address");
_Static_assert(__builtin_offsetof(ATPParamBlock, bdsPointer) == 40, "ATP BDS");
_Static_assert(__builtin_offsetof(ATPParamBlock, transID) == 46, "ATP TID");
_Static_assert(__builtin_offsetof(ATPParamBlock, TRelTime) == 50, "ATP TRelTime");
_Static_assert(__builtin_offsetof(XPPParamBlock, zipInfoField) == 42, "ZIP");
_Static_assert(sizeof(ATQEntry) == 10, "transition queue");
_Static_assert(sizeof(BDSElement) == 12 && sizeof(WDSElement) == 6 && sizeof(AddrBlock) == 4, "elements");
#endif

/* Counters of the AppleTalk drivers since boot, longs without gaps.  A program finds them with the Status call
   appleTalkCounters of either driver (AppleTalkStats()), somebody outside under the ROM's symbol `appletalk_stats`.  The call and
   the layout are ours: the real drivers kept a few of these in .MPP's variables. */
typedef struct AppleTalkStatistics {
    uint32_t magic;                 /* 'ATst' */
    uint32_t frames_in, frames_out; /* data frames with good FCS for this node or broadcast; data frames sent */
    uint32_t control_in, control_out;/* ENQ ACK RTS CTS */
    uint32_t overruns, crc_errors, aborts, size_errors, timeouts;    /* reception that failed, by cause */
    uint32_t no_cts, deferrals, collisions, excess_collisions, excess_deferrals, tx_underruns;
    uint32_t no_protocol, no_socket, ddp_errors;                     /* frames nobody wanted; bad length, checksum or network */
    uint32_t atp_requests_in, atp_duplicates, atp_no_get_request;    /* TReq; duplicates filtered; dropped: none pending */
    uint32_t atp_responses_in, atp_responses_out, atp_releases_in, atp_release_timeouts;
    uint32_t atp_requests_out, atp_retries, atp_failed;
    uint32_t nbp_lookups_in, nbp_replies_out;
    uint32_t longest_frame_ticks, addresses_tried;                   /* Ticks spent in one send; ids tried at start-up */
    uint32_t receive_buffers_full;                                   /* frames or RTS turned away while others waited */
    uint32_t atp_no_rspcb;                                           /* exactly-once TReq dropped: no control block free */
    uint32_t duplicate_address;                                      /* ACKs nobody waited for: another node has this address */
} AppleTalkStatistics;

enum { appleTalkStatsMagic = 0x41547374 };

#ifdef __m68k__
static inline int16_t AppleTalkControl(void *pb, int async)
{
    register void *a0 __asm__("a0") = pb;
    register int32_t d0 __asm__("d0");
    if (async)
        __asm__ volatile(".short 0xA404" : "=d"(d0), "+a"(a0) : : "d1", "d2", "a1", "memory", "cc");
    else
        __asm__ volatile(".short 0xA004" : "=d"(d0), "+a"(a0) : : "d1", "d2", "a1", "memory", "cc");
    return (int16_t)d0;
}

static inline int16_t MPPCall(MPPParamBlock *pb, int16_t code, int async)
{
    pb->ioRefNum = mppRefNum;
    pb->csCode = code;
    return AppleTalkControl(pb, async);
}

static inline int16_t ATPCall(ATPParamBlock *pb, int16_t code, int async)
{
    pb->ioRefNum = atpRefNum;
    pb->csCode = code;
    return AppleTalkControl(pb, async);
}

#define PWriteLAP(pb, async)     MPPCall(pb, writeLAP, async)
#define PAttachPH(pb, async)     MPPCall(pb, attachPH, async)
#define PDetachPH(pb, async)     MPPCall(pb, detachPH, async)
#define PWriteDDP(pb, async)     MPPCall(pb, writeDDP, async)
#define POpenSkt(pb, async)      MPPCall(pb, openSkt, async)
#define PCloseSkt(pb, async)     MPPCall(pb, closeSkt, async)
#define PConfirmName(pb, async)  MPPCall(pb, confirmName, async)
#define PLookupName(pb, async)   MPPCall(pb, lookupName, async)
#define PRemoveName(pb, async)   MPPCall(pb, removeName, async)
#define PRegisterName(pb, async) MPPCall(pb, registerName, async)
#define PKillNBP(pb, async)      MPPCall(pb, killNBP, async)
#define PSetSelfSend(pb, async)  MPPCall(pb, setSelfSend, async)
#define PGetAppleTalkInfo(pb, async) MPPCall(pb, GetATalkInfo, async)
#define PATalkClosePrep(pb, async) MPPCall(pb, ATalkClosePrep, async)
#define POpenATPSkt(pb, async)   ATPCall(pb, openATPSkt, async)
#define PCloseATPSkt(pb, async)  ATPCall(pb, closeATPSkt, async)
#define PSendRequest(pb, async)  ATPCall(pb, sendRequest, async)
#define PNSendRequest(pb, async) ATPCall(pb, nSendRequest, async)
#define PGetRequest(pb, async)   ATPCall(pb, getRequest, async)
#define PSendResponse(pb, async) ATPCall(pb, sendResponse, async)
#define PAddResponse(pb, async)  ATPCall(pb, addResponse, async)
#define PRelTCB(pb, async)       ATPCall(pb, relTCB, async)
#define PRelRspCB(pb, async)     ATPCall(pb, relRspCB, async)
#define PKillSendReq(pb, async)  ATPCall(pb, killSendReq, async)
#define PKillGetReq(pb, async)   ATPCall(pb, killGetReq, async)
#define ATPKillAllGetReq(pb, async) ATPCall(pb, killAllGetReq, async)

static inline int16_t XPPZones(XPPParamBlock *pb, int16_t sub_code, int async)
{
    pb->ioRefNum = xppRefNum;
    pb->csCode = xCall;
    pb->xppSubCode = sub_code;
    return AppleTalkControl(pb, async);
}
#define GetMyZone(pb, async)     XPPZones(pb, zipGetMyZone, async)
#define GetLocalZones(pb, async) XPPZones(pb, zipGetLocalZones, async)
#define GetZoneList(pb, async)   XPPZones(pb, zipGetZoneList, async)

/* The entry belongs to the queue until it is removed. */
static inline int16_t LAPManagerCall(int32_t selector, ATQEntry *entry)
{
    register ATQEntry *a0 __asm__("a0") = entry;
    register int32_t d0 __asm__("d0") = selector;
    __asm__ volatile("movea.l 0xB18.w,%%a1\n\tjsr 2(%%a1)" : "+d"(d0), "+a"(a0) : : "d1", "d2", "a1", "memory", "cc");
    return (int16_t)d0;
}
#define LAPAddATQ(entry) LAPManagerCall(LAddAEQ, entry)
#define LAPRmvATQ(entry) LAPManagerCall(LRmvAEQ, entry)

/* Opens a driver; 0 or an error.  Harmless when it is open.  With `misc` = atServerAddress .MPP claims a node address of the
   server range, which takes six times as long. */
enum { atUserAddress = 0 };
#define atServerAddress 0x80000000u
static inline int16_t OpenAppleTalkDriver(const uint8_t *pascal_name, uint32_t misc)
{
    struct {
        void *qLink; int16_t qType, ioTrap; void *ioCmdAddr, *ioCompletion; int16_t ioResult; const uint8_t *ioNamePtr;
        int16_t ioVRefNum, ioRefNum; uint8_t ioVersNum, ioPermssn; void *ioMisc; uint32_t spare[8];
    } __attribute__((packed, aligned(2))) pb = {0};
    register void *a0 __asm__("a0") = &pb;
    register int32_t d0 __asm__("d0");
    pb.ioNamePtr = pascal_name;
    pb.ioMisc = (void *)misc;
    __asm__ volatile(".short 0xA000" : "=d"(d0), "+a"(a0) : : "d1", "d2", "a1", "memory", "cc");
    return (int16_t)d0;
}

static inline int16_t MPPOpenAs(uint32_t misc)
{
    int16_t err = OpenAppleTalkDriver((const uint8_t *)"\004.MPP", misc);
    return err ? err : OpenAppleTalkDriver((const uint8_t *)"\004.ATP", 0);
}

static inline int16_t MPPOpen(void) { return MPPOpenAs(atUserAddress); }

static inline int16_t OpenXPP(void) { return OpenAppleTalkDriver((const uint8_t *)"\004.XPP", 0); }

static inline int16_t CloseAppleTalkDriver(int16_t ref_num)
{
    MPPParamBlock pb = {0};
    register void *a0 __asm__("a0") = &pb;
    register int32_t d0 __asm__("d0");
    pb.ioRefNum = ref_num;
    __asm__ volatile(".short 0xA001" : "=d"(d0), "+a"(a0) : : "d1", "d2", "a1", "memory", "cc");
    return (int16_t)d0;
}

/* Ends AppleTalk for every program: calls under way end with reqAborted, sockets and names are gone. */
static inline int16_t MPPClose(void) { return CloseAppleTalkDriver(mppRefNum); }

static inline int16_t GetNodeAddress(uint16_t *node, uint16_t *net)
{
    MPPParamBlock pb = {0};
    int16_t err = PGetAppleTalkInfo(&pb, 0);
    *net = (uint16_t)(pb.info.ourAddr >> 16);
    *node = (uint16_t)(pb.info.ourAddr >> 8 & 0xFF);
    return err;
}

/* The drivers' counters, or 0 when the driver is not this one. */
static inline const AppleTalkStatistics *AppleTalkStats(void)
{
    MPPParamBlock pb = {0};
    register void *a0 __asm__("a0") = &pb;
    register int32_t d0 __asm__("d0");
    pb.ioRefNum = mppRefNum;
    pb.csCode = appleTalkCounters;
    __asm__ volatile(".short 0xA005" : "=d"(d0), "+a"(a0) : : "d1", "d2", "a1", "memory", "cc");
    return (int16_t)d0 == 0 && pb.counters->magic == appleTalkStatsMagic ? pb.counters : 0;
}

static inline uint8_t *NBPAppendString(uint8_t *to, const uint8_t *pascal_string)
{
    uint8_t n = *pascal_string, i;
    if (n > 32) n = 32;
    *to++ = n;
    for (i = 1; i <= n; i++) *to++ = pascal_string[i];
    return to;
}

static inline void NBPSetEntity(uint8_t *entity, const uint8_t *object, const uint8_t *type, const uint8_t *zone)
{
    NBPAppendString(NBPAppendString(NBPAppendString(entity, object), type), zone);
}

/* NBPSetNTE without its Ptr casts: builds a names table element for `socket`. */
static inline void NBPSetNTE(NamesTableEntry *nte, const uint8_t *object, const uint8_t *type, const uint8_t *zone,
                             uint8_t socket)
{
    nte->qNext = 0;
    nte->nteAddress.aNet = 0;
    nte->nteAddress.aNode = 0;
    nte->nteAddress.aSocket = socket;
    nte->filler = 0;
    NBPSetEntity(nte->entityData, object, type, zone);
}

/* NBPExtract: the `which`th (from 1) of `count` tuples in a lookup buffer; 0 or nbpNotFound. */
static inline int16_t NBPExtract(const uint8_t *buffer, uint16_t count, uint16_t which, uint8_t *entity, AddrBlock *address)
{
    uint16_t n;
    for (n = 1; n <= count; n++) {
        const uint8_t *string = buffer + 5;
        int field, i;
        for (field = 0; field < 3; field++) {
            int length = *string + 1;
            if (n == which) for (i = 0; i < length; i++) *entity++ = string[i];
            string += length;
        }
        if (n == which) {
            address->aNet = (uint16_t)(buffer[0] << 8 | buffer[1]);
            address->aNode = buffer[2];
            address->aSocket = buffer[3];
            return 0;
        }
        buffer = string;
    }
    return nbpNotFound;
}
#endif
#endif
