/* The low-memory globals, at the addresses Inside Macintosh publishes. */
#ifndef LOW_MEMORY_H
#define LOW_MEMORY_H
#ifndef __ASSEMBLER__
#include "types.h"
#define LM(type, address) (*(type volatile *)(address))
/* One element of a low-memory table; `count` documents its size. */
#define LM_TABLE(type, address) ((type volatile *)(address))

#define MonkeyLives  LM(int16_t, 0x100)
#define MemTop       LM(Ptr, 0x108)
#define BufPtr       LM(Ptr, 0x10C)
#define StkLowPt     LM(Ptr, 0x110)
#define HeapEnd      LM(Ptr, 0x114)
#define TheZone      LM(struct Zone *, 0x118)
#define UTableBase   LM(Handle *, 0x11C)
#define CPUFlag      LM(uint8_t, 0x12F)
#define ApplLimit    LM(Ptr, 0x130)
#define SysEvtMask   LM(uint16_t, 0x144)
#define EventQueue   LM(QHdr, 0x14A)
#define EvtBufCnt    LM(int16_t, 0x154)
#define RndSeed      LM(uint32_t, 0x156)
#define SysVersion   LM(uint16_t, 0x15A)
#define VBLQueue     LM(QHdr, 0x160)
#define Ticks        LM(uint32_t, 0x16A)
#define MBTicks      LM(uint32_t, 0x16E)
#define MBState      LM(uint8_t, 0x172)
#define KeyMap       LM_TABLE(uint32_t, 0x174)
#define Lvl1DT       LM_TABLE(ProcPtr, 0x192)
#define Lvl2DT       LM_TABLE(ProcPtr, 0x1B2)
#define UnitNtryCnt  LM(int16_t, 0x1D2)
#define VIA          LM(volatile uint8_t *, 0x1D4)
#define SCCRd        LM(volatile uint8_t *, 0x1D8)
#define SCCWr        LM(volatile uint8_t *, 0x1DC)
#define SysParam     LM_TABLE(uint8_t, 0x1F8)    /* parameter RAM as it was at start-up, 20 bytes; SPValid is the first */
enum { sysParamBytes = 20 };
#define SPValid      LM(uint8_t, 0x1F8)
#define SPATalkA     LM(uint8_t, 0x1F9)
#define SPATalkB     LM(uint8_t, 0x1FA)
#define SPConfig     LM(uint8_t, 0x1FB)
#define Time         LM(uint32_t, 0x20C)
#define BootDrive    LM(int16_t, 0x210)
#define MemErr       LM(int16_t, 0x220)
#define ROM85        LM(uint16_t, 0x28E)
#define PortBUse     LM(uint8_t, 0x291)
#define SysZone      LM(struct Zone *, 0x2A6)
#define ApplZone     LM(struct Zone *, 0x2AA)
#define ROMBase      LM(Ptr, 0x2AE)
#define ExtStsDT     LM_TABLE(ProcPtr, 0x2BE)
#define ABusVars     LM(Ptr, 0x2D8)
#define DrvQHdr      LM(QHdr, 0x308)
#define Lo3Bytes     LM(uint32_t, 0x31A)
#define MinStack     LM(uint32_t, 0x31E)
#define DefltStack   LM(uint32_t, 0x322)
#define FCBSPtr      LM(Ptr, 0x34E)
#define DefVCBPtr    LM(Ptr, 0x352)
#define VCBQHdr      LM(QHdr, 0x356)
#define FSQHdr       LM(QHdr, 0x360)
#define CurDirStore  LM(int32_t, 0x398)
#define ScrnBase     LM(Ptr, 0x824)
#define MTemp        LM(Point, 0x828)
#define RawMouse     LM(Point, 0x82C)
#define Mouse        LM(Point, 0x830)
#define CurApRefNum  LM(int16_t, 0x900)
#define CurrentA5    LM(Ptr, 0x904)
#define CurStackBase LM(Ptr, 0x908)
#define CurApName    ((uint8_t *)0x910)
#define CurJTOffset  LM(int16_t, 0x934)
#define WindowList   LM(Ptr, 0x9D6)
#define TopMapHndl   LM(Handle, 0xA50)
#define SysMapHndl   LM(Handle, 0xA54)
#define SysMap       LM(int16_t, 0xA58)
#define CurMap       LM(int16_t, 0xA5A)
#define ResReadOnly  LM(int16_t, 0xA5C)
#define ResLoad      LM(uint8_t, 0xA5E)
#define ResErr       LM(int16_t, 0xA60)
#define ResumeProc   LM(ProcPtr, 0xA8C)
#define AppParmHandle LM(Handle, 0xAEC)
#define DSErrCode    LM(int16_t, 0xAF0)
#define LAPMgrPtr    LM(Ptr, 0xB18)
#define SCSIFlags    LM(uint16_t, 0xB22)
#define MMU32Bit     LM(uint8_t, 0xCB2)
#define VIA2         LM(volatile uint8_t *, 0xCEC)
#define TimeDBRA     LM(uint16_t, 0xD00)
#define TimeSCCDB    LM(uint16_t, 0xD02)
#define TimeSCSIDB   LM(uint16_t, 0xDA6)
#define VIA2DT       LM_TABLE(ProcPtr, 0xD70)
#define DTQueue      LM(QHdr, 0xD92)
#define JDTInstall   LM(ProcPtr, 0xD9C)

#else

MemTop       = 0x108
BufPtr       = 0x10C
StkLowPt     = 0x110
HeapEnd      = 0x114
TheZone      = 0x118
UTableBase   = 0x11C
CPUFlag      = 0x12F
ApplLimit    = 0x130
VBLQueue     = 0x160
Ticks        = 0x16A
MBState      = 0x172
Lvl1DT       = 0x192
Lvl2DT       = 0x1B2
UnitNtryCnt  = 0x1D2
VIA          = 0x1D4
SCCRd        = 0x1D8
SCCWr        = 0x1DC
Time         = 0x20C
MemErr       = 0x220
SysZone      = 0x2A6
ApplZone     = 0x2AA
ROMBase      = 0x2AE
Lo3Bytes     = 0x31A
OSTable      = 0x400
ScrnBase     = 0x824
CurrentA5    = 0x904
CurStackBase = 0x908
DSErrCode    = 0xAF0
SCSIFlags    = 0xB22
ToolTable    = 0xE00
MMU32Bit     = 0xCB2
VIA2         = 0xCEC
TimeDBRA     = 0xD00
TimeSCCDB    = 0xD02
TimeSCSIDB   = 0xDA6
VIA2DT       = 0xD70
DTQueue      = 0xD92
JDTInstall   = 0xD9C
#endif
#endif
