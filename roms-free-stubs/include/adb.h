/* ADB Manager, Inside Macintosh V, chapter 20. */
#ifndef ADB_H
#define ADB_H
#include "errors.h"
#include "traps.h"

typedef struct {
    uint8_t devType;            /* handler ID */
    uint8_t origADBAddr;
    ProcPtr dbServiceRtPtr;
    Ptr dbDataAreaAddr;
} ADBDataBlock;

typedef struct {
    ProcPtr siServiceRtPtr;
    Ptr siDataAreaAddr;
} ADBSetInfoBlock;

/* Service and completion routines find A0 = the data, a length byte before them, A1 = themselves, A2 = the data area, D0 = the
   command; they may change A0-A3/D0-D3. */
typedef struct {
    uint8_t *dataBuffPtr;       /* a length byte and up to eight bytes: what a Listen sends, where a Talk's answer goes */
    ProcPtr opServiceRtPtr;     /* completion */
    Ptr opDataBuffPtr;
} ADBOpBlock;

enum { ADB_RESET = 0x00, ADB_FLUSH = 0x01, ADB_LISTEN = 0x08, ADB_TALK = 0x0C };

#define CountADBs()                 ((int16_t)OS_A0_D0(0xA077, 0, 0))
#define GetIndADB(block, index)     ((int8_t)OS_A0_D0(0xA078, block, index))     /* -> address, or negative */
#define GetADBInfo(block, address)  OS_ERR(OS_A0_D0(0xA079, block, address))
#define SetADBInfo(block, address)  OS_ERR(OS_A0_D0(0xA07A, block, address))
#define ADBReInit()                 ((void)OS_A0_D0(0xA07B, 0, 0))
#define ADBOp(block, command)       OS_ERR(OS_A0_D0(0xA07C, block, command))
#endif
