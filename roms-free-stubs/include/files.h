/* File Manager: parameter blocks, volume and file control blocks, calls.
   Names and offsets: Inside Macintosh: Files, chapter 2, and Inside Macintosh IV, chapter 19. */
#ifndef FILES_H
#define FILES_H

#include "devices.h"

enum { fsDSIntErr = -127 };

/* ioPermssn */
enum { fsCurPerm = 0, fsRdPerm = 1, fsWrPerm = 2, fsRdWrPerm = 3, fsRdWrShPerm = 4 };
enum { fsRtParID = 1, fsRtDirID = 2 };
/* ioFlAttrib: 0x10 marks a directory, 0x01 a locked file, 0x04 / 0x08 an open resource / data fork, 0x80 any open. */
enum { ioDirMask = 0x10, ioDirFlg = 4 };

typedef struct {
    PARAM_BLOCK_HEADER
    int16_t ioFRefNum;
    int8_t ioFVersNum;
    int8_t filler1;
    int16_t ioFDirIndex;
    uint8_t ioFlAttrib;
    uint8_t ioFlVersNum;
    FInfo ioFlFndrInfo;
    int32_t ioDirID;
    uint16_t ioFlStBlk;
    int32_t ioFlLgLen;
    int32_t ioFlPyLen;
    uint16_t ioFlRStBlk;
    int32_t ioFlRLgLen;
    int32_t ioFlRPyLen;
    uint32_t ioFlCrDat;
    uint32_t ioFlMdDat;
} HFileParam;

/* HOpen, HCreate and the like use ioDirID at 48 together with the I/O fields before it. */
typedef struct {
    PARAM_BLOCK_HEADER
    int16_t ioRefNum;
    int8_t ioVersNum;
    int8_t ioPermssn;
    void *ioMisc;
    void *ioBuffer;
    int32_t ioReqCount;
    int32_t ioActCount;
    int16_t ioPosMode;
    int32_t ioPosOffset;
} HIOParam;

typedef struct {
    PARAM_BLOCK_HEADER
    int32_t filler2;
    int16_t ioVolIndex;
    uint32_t ioVCrDate;
    uint32_t ioVLsMod;
    uint16_t ioVAtrb;
    uint16_t ioVNmFls;
    uint16_t ioVBitMap;
    uint16_t ioVAllocPtr;
    uint16_t ioVNmAlBlks;
    uint32_t ioVAlBlkSiz;
    uint32_t ioVClpSiz;
    uint16_t ioAlBlSt;
    uint32_t ioVNxtCNID;
    uint16_t ioVFrBlk;
    uint16_t ioVSigWord;
    int16_t ioVDrvInfo;
    int16_t ioVDRefNum;
    int16_t ioVFSID;
    uint32_t ioVBkUp;
    uint16_t ioVSeqNum;
    uint32_t ioVWrCnt;
    uint32_t ioVFilCnt;
    uint32_t ioVDirCnt;
    int32_t ioVFndrInfo[8];
} HVolumeParam;

typedef union {
    HIOParam ioParam;
    HFileParam fileParam;
    HVolumeParam volumeParam;
} HParamBlockRec, *HParmBlkPtr;

/* GetCatInfo and SetCatInfo: a file ... */
typedef struct {
    PARAM_BLOCK_HEADER
    int16_t ioFRefNum;
    int8_t ioFVersNum;
    int8_t filler1;
    int16_t ioFDirIndex;
    uint8_t ioFlAttrib;
    int8_t ioACUser;
    FInfo ioFlFndrInfo;
    int32_t ioDirID; /* in: the parent directory; out: the file's number */
    uint16_t ioFlStBlk;
    int32_t ioFlLgLen;
    int32_t ioFlPyLen;
    uint16_t ioFlRStBlk;
    int32_t ioFlRLgLen;
    int32_t ioFlRPyLen;
    uint32_t ioFlCrDat;
    uint32_t ioFlMdDat;
    uint32_t ioFlBkDat;
    uint8_t ioFlXFndrInfo[16];
    int32_t ioFlParID;
    int32_t ioFlClpSiz;
} HFileInfo;

/* ... or a directory. */
typedef struct {
    PARAM_BLOCK_HEADER
    int16_t ioFRefNum;
    int8_t ioFVersNum;
    int8_t filler1;
    int16_t ioFDirIndex;
    uint8_t ioFlAttrib;
    int8_t ioACUser;
    uint8_t ioDrUsrWds[16];
    int32_t ioDrDirID;
    uint16_t ioDrNmFls;
    int16_t filler3[9];
    uint32_t ioDrCrDat;
    uint32_t ioDrMdDat;
    uint32_t ioDrBkDat;
    uint8_t ioDrFndrInfo[16];
    int32_t ioDrParID;
    int32_t ioDrPad; /* so that the union has one size */
} DirInfo;

typedef union {
    HFileInfo hFileInfo;
    DirInfo dirInfo;
} CInfoPBRec, *CInfoPBPtr;

typedef struct {
    PARAM_BLOCK_HEADER
    int32_t filler1;
    uint8_t *ioNewName;
    int32_t filler2;
    int32_t ioNewDirID;
    int32_t filler3[2];
    int32_t ioDirID;
} CMovePBRec, *CMovePBPtr;

typedef struct {
    PARAM_BLOCK_HEADER
    int16_t filler1;
    int16_t ioWDIndex;
    int32_t ioWDProcID;
    int16_t ioWDVRefNum;
    int16_t filler2[7];
    int32_t ioWDDirID;
} WDPBRec, *WDPBPtr;

typedef struct {
    PARAM_BLOCK_HEADER
    int16_t ioRefNum;
    int16_t filler;
    int16_t ioFCBIndx;
    int16_t filler1;
    int32_t ioFCBFlNm;
    int16_t ioFCBFlags;
    uint16_t ioFCBStBlk;
    int32_t ioFCBEOF;
    int32_t ioFCBPLen;
    int32_t ioFCBCrPs;
    int16_t ioFCBVRefNum;
    int32_t ioFCBClpSiz;
    int32_t ioFCBParID;
} FCBPBRec, *FCBPBPtr;

typedef struct {
    int16_t vRefNum;
    int32_t parID;
    uint8_t name[64];
} FSSpec, *FSSpecPtr;

typedef struct {
    uint16_t xdrStABN, xdrNumABlks;
} ExtDescriptor;
typedef ExtDescriptor ExtDataRec[3];

typedef struct VCB {
    struct QElem *qLink;
    int16_t qType;
    int16_t vcbFlags; /* bit 15: changed since it was last written */
    uint16_t vcbSigWord;
    uint32_t vcbCrDate;
    uint32_t vcbLsMod;
    uint16_t vcbAtrb;
    uint16_t vcbNmFls;
    uint16_t vcbVBMSt;
    uint16_t vcbAllocPtr;
    uint16_t vcbNmAlBlks;
    uint32_t vcbAlBlkSiz;
    uint32_t vcbClpSiz;
    uint16_t vcbAlBlSt;
    uint32_t vcbNxtCNID;
    uint16_t vcbFreeBks;
    uint8_t vcbVN[28];
    int16_t vcbDrvNum;
    int16_t vcbDRefNum;
    int16_t vcbFSID;
    int16_t vcbVRefNum;
    void *vcbMAdr;
    void *vcbBufAdr;
    int16_t vcbMLen;
    int16_t vcbDirIndex;
    int16_t vcbDirBlk;
    uint32_t vcbVolBkUp;
    uint16_t vcbVSeqNum;
    uint32_t vcbWrCnt;
    uint32_t vcbXTClpSiz;
    uint32_t vcbCTClpSiz;
    uint16_t vcbNmRtDirs;
    uint32_t vcbFilCnt;
    uint32_t vcbDirCnt;
    int32_t vcbFndrInfo[8];
    uint16_t vcbVCSize;
    uint16_t vcbVBMCSiz;
    uint16_t vcbCtlCSiz;
    uint16_t vcbXTAlBlks;
    uint16_t vcbCTAlBlks;
    int16_t vcbXTRef;
    int16_t vcbCTRef;
    void *vcbCtlBuf;
    uint32_t vcbDirIDM;
    uint16_t vcbOffsM;
} VCB;

typedef struct FCB {
    uint32_t fcbFlNum;  /* 0: unused */
    uint8_t fcbMdRByt;  /* bit 7: changed, bit 1: resource fork, bit 0: may be written */
    uint8_t fcbTypByt;
    uint16_t fcbSBlk;
    uint32_t fcbEOF;
    uint32_t fcbPLen;
    uint32_t fcbCrPs;
    VCB *fcbVPtr;
    void *fcbBfAdr;
    uint16_t fcbFlPos;
    uint32_t fcbClmpSize;
    void *fcbBTCBPtr;
    ExtDataRec fcbExtRec;
    uint32_t fcbFType;
    uint32_t fcbCatPos;
    uint32_t fcbDirID;
    uint8_t fcbCName[32];
} FCB;

typedef struct {
    VCB *wdVCBPtr; /* 0: unused */
    int32_t wdDirID;
    int32_t wdCatHint;
    int32_t wdProcID;
} WDCB;

/* Low memory, besides FCBSPtr, DefVCBPtr, VCBQHdr, FSQHdr and CurDirStore. FCBSPtr points at a word, the length of the
   block, and the FCBs after it; a path reference number is the offset of its FCB in the block. */
#define FSBusy LM(int16_t, 0x360) /* the flags word of FSQHdr */
#define HFSStkTop LM(Ptr, 0x36A)
#define HFSStkPtr LM(Ptr, 0x36E)
#define WDCBsPtr LM(Ptr, 0x372)
#define DefVRefNum LM(int16_t, 0x384)
#define FSFCBLen LM(int16_t, 0x3F6)

PB_TRAPS(PBGetVInfo, 0xA007, 0xA407)
PB_TRAPS(PBCreate, 0xA008, 0xA408)
PB_TRAPS(PBDelete, 0xA009, 0xA409)
PB_TRAPS(PBOpenRF, 0xA00A, 0xA40A)
PB_TRAPS(PBRename, 0xA00B, 0xA40B)
PB_TRAPS(PBGetFInfo, 0xA00C, 0xA40C)
PB_TRAPS(PBSetFInfo, 0xA00D, 0xA40D)
PB_TRAP(PBUnmountVol, 0xA00E)
PB_TRAP(PBMountVol, 0xA00F)
PB_TRAPS(PBAllocate, 0xA010, 0xA410)
PB_TRAPS(PBGetEOF, 0xA011, 0xA411)
PB_TRAPS(PBSetEOF, 0xA012, 0xA412)
PB_TRAPS(PBFlushVol, 0xA013, 0xA413)
PB_TRAPS(PBGetVol, 0xA014, 0xA414)
PB_TRAPS(PBSetVol, 0xA015, 0xA415)
PB_TRAP(PBEject, 0xA017)
PB_TRAPS(PBGetFPos, 0xA018, 0xA418)
PB_TRAPS(PBSetFLock, 0xA041, 0xA441)
PB_TRAPS(PBRstFLock, 0xA042, 0xA442)
PB_TRAPS(PBSetFPos, 0xA044, 0xA444)
PB_TRAPS(PBFlushFile, 0xA045, 0xA445)
/* Hierarchical forms: bit 9 set, ioDirID counts. */
PB_TRAPS(PBHOpen, 0xA200, 0xA600)
PB_TRAPS(PBHGetVInfo, 0xA207, 0xA607)
PB_TRAPS(PBHCreate, 0xA208, 0xA608)
PB_TRAPS(PBHDelete, 0xA209, 0xA609)
PB_TRAPS(PBHOpenRF, 0xA20A, 0xA60A)
PB_TRAPS(PBHRename, 0xA20B, 0xA60B)
PB_TRAPS(PBHGetFInfo, 0xA20C, 0xA60C)
PB_TRAPS(PBHSetFInfo, 0xA20D, 0xA60D)
PB_TRAPS(PBAllocContig, 0xA210, 0xA610)
PB_TRAPS(PBHGetVol, 0xA214, 0xA614)
PB_TRAPS(PBHSetVol, 0xA215, 0xA615)

/* HFSDispatch: selector in D0. */
#define HFS_TRAP(name, sel, word)                                                                                      \
    static inline OSErr name(void *pb) {                                                                               \
        register void *a0 __asm__("a0") = pb;                                                                          \
        register int32_t d0 __asm__("d0") = sel;                                                                       \
        __asm__ volatile(".short " #word : "+a"(a0), "+d"(d0) : : "d1", "a1", "cc", "memory");                         \
        return (OSErr)d0;                                                                                              \
    }
#define HFS_TRAPS(name, sel) HFS_TRAP(name##Sync, sel, 0xA260) HFS_TRAP(name##Async, sel, 0xA660)

HFS_TRAPS(PBOpenWD, 1)
HFS_TRAPS(PBCloseWD, 2)
HFS_TRAPS(PBCatMove, 5)
HFS_TRAPS(PBDirCreate, 6)
HFS_TRAPS(PBGetWDInfo, 7)
HFS_TRAPS(PBGetFCBInfo, 8)
HFS_TRAPS(PBGetCatInfo, 9)
HFS_TRAPS(PBSetCatInfo, 10)
HFS_TRAPS(PBSetVInfo, 11)
HFS_TRAPS(PBOpenDF, 0x1A)
HFS_TRAPS(PBMakeFSSpec, 0x1B)

/* The high-level calls of Inside Macintosh, all synchronous. */
static inline OSErr FSOpen(const uint8_t *name, int16_t vRefNum, int16_t *refNum) {
    IOParam pb = {0};
    OSErr err;
    pb.ioNamePtr = (uint8_t *)name;
    pb.ioVRefNum = vRefNum;
    err = PBOpenSync(&pb);
    *refNum = pb.ioRefNum;
    return err;
}

static inline OSErr HOpen(int16_t vRefNum, int32_t dirID, const uint8_t *name, int8_t permission, int16_t *refNum) {
    HParamBlockRec pb = {0};
    OSErr err;
    pb.fileParam.ioNamePtr = (uint8_t *)name;
    pb.fileParam.ioVRefNum = vRefNum;
    pb.ioParam.ioPermssn = permission;
    pb.fileParam.ioDirID = dirID;
    err = PBHOpenSync(&pb);
    *refNum = pb.ioParam.ioRefNum;
    return err;
}

static inline OSErr FSClose(int16_t refNum) {
    IOParam pb = {0};
    pb.ioRefNum = refNum;
    return PBCloseSync(&pb);
}

static inline OSErr FSRead(int16_t refNum, int32_t *count, void *buffer) {
    IOParam pb = {0};
    OSErr err;
    pb.ioRefNum = refNum;
    pb.ioBuffer = buffer;
    pb.ioReqCount = *count;
    err = PBReadSync(&pb);
    *count = pb.ioActCount;
    return err;
}

static inline OSErr FSWrite(int16_t refNum, int32_t *count, const void *buffer) {
    IOParam pb = {0};
    OSErr err;
    pb.ioRefNum = refNum;
    pb.ioBuffer = (void *)buffer;
    pb.ioReqCount = *count;
    err = PBWriteSync(&pb);
    *count = pb.ioActCount;
    return err;
}

static inline OSErr GetEOF(int16_t refNum, int32_t *logEOF) {
    IOParam pb = {0};
    OSErr err;
    pb.ioRefNum = refNum;
    err = PBGetEOFSync(&pb);
    *logEOF = (int32_t)pb.ioMisc;
    return err;
}

static inline OSErr SetEOF(int16_t refNum, int32_t logEOF) {
    IOParam pb = {0};
    pb.ioRefNum = refNum;
    pb.ioMisc = (void *)logEOF;
    return PBSetEOFSync(&pb);
}

static inline OSErr GetFPos(int16_t refNum, int32_t *filePos) {
    IOParam pb = {0};
    OSErr err;
    pb.ioRefNum = refNum;
    err = PBGetFPosSync(&pb);
    *filePos = pb.ioPosOffset;
    return err;
}

static inline OSErr SetFPos(int16_t refNum, int16_t posMode, int32_t posOff) {
    IOParam pb = {0};
    pb.ioRefNum = refNum;
    pb.ioPosMode = posMode;
    pb.ioPosOffset = posOff;
    return PBSetFPosSync(&pb);
}

static inline OSErr HCreate(int16_t vRefNum, int32_t dirID, const uint8_t *name, uint32_t creator, uint32_t type) {
    HParamBlockRec pb = {0};
    OSErr err;
    pb.fileParam.ioNamePtr = (uint8_t *)name;
    pb.fileParam.ioVRefNum = vRefNum;
    pb.fileParam.ioDirID = dirID;
    err = PBHCreateSync(&pb);
    if (err)
        return err;
    err = PBHGetFInfoSync(&pb);
    if (err)
        return err;
    pb.fileParam.ioDirID = dirID;
    pb.fileParam.ioFlFndrInfo.fdType = type;
    pb.fileParam.ioFlFndrInfo.fdCreator = creator;
    return PBHSetFInfoSync(&pb);
}

static inline OSErr HDelete(int16_t vRefNum, int32_t dirID, const uint8_t *name) {
    HParamBlockRec pb = {0};
    pb.fileParam.ioNamePtr = (uint8_t *)name;
    pb.fileParam.ioVRefNum = vRefNum;
    pb.fileParam.ioDirID = dirID;
    return PBHDeleteSync(&pb);
}

static inline OSErr FlushVol(const uint8_t *name, int16_t vRefNum) {
    VolumeParam pb = {0};
    pb.ioNamePtr = (uint8_t *)name;
    pb.ioVRefNum = vRefNum;
    return PBFlushVolSync(&pb);
}

#endif
