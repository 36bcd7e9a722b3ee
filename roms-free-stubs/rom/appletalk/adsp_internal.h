/* What the files of the .DSP driver share.  Names in capitals and small letters are those of Inside AppleTalk, chapter 12. */
#ifndef ADSP_INTERNAL_H
#define ADSP_INTERNAL_H
#include "adsp.h"
#include "appletalk_internal.h"

enum { ddpADSP = 7, adspHeader = 13, adspOpenParameters = 8, adspVersion = 0x0100 };
enum { adspControl = 0x80, adspAckRequest = 0x40, adspEOM = 0x20, adspAttention = 0x10, adspCode = 0x0F };
enum {                      /* control codes */
    ctlProbe = 0, ctlOpenRequest = 1, ctlOpenAck = 2, ctlOpenRequestAck = 3, ctlOpenDenial = 4, ctlClose = 5, ctlReset = 6,
    ctlResetAck = 7, ctlRetransmit = 8
};

/* A queue in the caller's memory.  An end of message takes the place of a byte; behind the bytes lies one bit for each of
   them that says so.  One side adds, the other takes away, perhaps interrupting each other: the adder changes the bytes
   behind `count` before it raises it, the taker uses those within it before it lowers it, and both change it with the SCC
   masked. */
typedef struct { uint8_t *bytes; uint16_t size, first; volatile uint16_t count; } Queue;
void queue_init(Queue *q, uint8_t *memory, uint16_t size);
uint16_t queue_place(const Queue *q, uint16_t after);                           /* where the place `after` the first one lies */
void queue_put(Queue *q, uint16_t at, const uint8_t *data, uint16_t n);         /* from the place at `at` on */
void queue_mark(Queue *q, uint16_t at);
uint16_t queue_run(const Queue *q, uint16_t from, uint16_t n);                  /* bytes before a mark, at most n */
int queue_is_mark(const Queue *q, uint16_t at);
int queue_parts(const Queue *q, uint16_t from, uint16_t n, WDSElement *parts);  /* bytes in one or two pieces; how many */
void queue_drop(Queue *q, uint16_t n);

/* A list of parameter blocks that wait, linked by qLink. */
typedef struct { DSPParamBlock *first; } Waiting;

/* A connection end or connection listener: the caller's CCB, whose reserved part is laid out here. */
typedef struct End {
    struct End *link;
    int16_t refNum;
    volatile int16_t state;
    volatile uint8_t userFlags;
    uint8_t localSocket;
    AddrBlock remoteAddress;
    uint16_t attnCode, attnSize;
    uint8_t *attnPtr;
    /* reserved */
    void *userRoutine;
    Queue send, receive;
    uint16_t localCID, remoteCID;
    uint32_t FirstRtmtSeq, SendSeq, sendLimit;              /* sendLimit = SendWdwSeq + 1 */
    uint32_t flushSeq;                                      /* up to here data goes out without waiting for more */
    uint32_t RecvSeq, AttnSendSeq, AttnRecvSeq;
    uint16_t toldWindow, sendBlocking;
    AddrBlock filter;
    int16_t openTicks, sendTicks, rtmtTicks, attnTicks, resetTicks, probeTicks;     /* 0: the timer does not run */
    uint8_t openInterval, openRetries, badSeqMax, badSeqs, useCheckSum, probes;
    uint8_t initiated, established, acknowledged;
    uint8_t sending, sendAgain, reading, writing;           /* somebody is at it, perhaps below this interrupt */
    uint8_t receiveGeneration, sendGeneration, sweep;
    Waiting opens, reads, writes, attentions, resets, closes;
} __attribute__((packed, aligned(2))) End;
#ifdef __m68k__
_Static_assert(sizeof(End) <= sizeof(TRCCB), "an end's state does not fit the CCB");
#endif

/* A packet received; `data` is what follows the header. */
typedef struct {
    AddrBlock from;
    uint8_t socket, descriptor;
    uint16_t connection, window, length;
    uint32_t first, next;
    const uint8_t *data;
} ADSPPacket;

extern End *adsp_ends;

/* adsp.c */
int adsp_same_address(AddrBlock a, AddrBlock b);
int adsp_passes(AddrBlock filter, AddrBlock address);       /* a field of 0 in the filter lets any value pass */
uint16_t adsp_new_cid(void);
uint16_t adsp_window(const End *e);
void adsp_send(End *e, uint8_t descriptor, uint32_t first, const WDSElement *data);
void adsp_send_control(End *e, uint8_t descriptor);
void adsp_send_open(End *e, uint8_t code);
void adsp_deny(uint8_t socket, AddrBlock to, uint16_t cid);
void adsp_event(End *e, uint8_t flag);                      /* userFlags and the user routine */
void adsp_wait(Waiting *list, DSPParamBlock *pb);
DSPParamBlock *adsp_next(Waiting *list);
void adsp_complete_all(Waiting *list, OSErr result);
void adsp_heard(End *e);
void adsp_closed(End *e, uint8_t flag, OSErr opening);      /* the end is closed, what waits gets its result */
void adsp_send_to(uint8_t socket, AddrBlock to, int checksum, const uint8_t *header, uint16_t length, const WDSElement *data);

/* adsp_open.c */
OSErr adsp_open(End *e, DSPParamBlock *pb);
void adsp_open_in(const ADSPPacket *p);
void adsp_open_timer(End *e);

/* adsp_data.c */
void adsp_data_in(End *e, const ADSPPacket *p);
void adsp_pump(End *e);
void adsp_retransmit(End *e);
void adsp_retransmit_timer(End *e);
void adsp_acknowledged(End *e, const ADSPPacket *p);
void adsp_serve_reads(End *e);
void adsp_serve_writes(End *e);

/* adsp_attention.c */
void adsp_attention_in(End *e, const ADSPPacket *p);
void adsp_send_attention(End *e);
OSErr adsp_reset(End *e, DSPParamBlock *pb);
void adsp_send_reset(End *e);
void adsp_reset_in(End *e, const ADSPPacket *p);
void adsp_reset_ack_in(End *e, const ADSPPacket *p);
OSErr adsp_close(End *e, DSPParamBlock *pb);
void adsp_finish_closing(End *e);

static inline int32_t adsp_distance(uint32_t from, uint32_t to) { return (int32_t)(to - from); }
static inline int adsp_within(uint32_t from, uint32_t number, uint32_t to) {
    return adsp_distance(from, number) >= 0 && adsp_distance(number, to) >= 0;
}
#endif
