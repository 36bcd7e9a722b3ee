/* What the files of the AppleTalk drivers share. */
#ifndef APPLETALK_INTERNAL_H
#define APPLETALK_INTERNAL_H
#include "appletalk.h"
#include "devices.h"
#include "interrupt_mask.h"
#include "low_memory.h"

enum { lapENQ = 0x81, lapACK = 0x82, lapRTS = 0x84, lapCTS = 0x85, lapShortDDP = 1, lapLongDDP = 2, lapBroadcast = 0xFF };
enum { ddpRTMP = 1, ddpNBP = 2, ddpATP = 3, ddpAEP = 4, ddpRTMPRequest = 5 };
enum { rtmpSocket = 1, nisSocket = 2, echoerSocket = 4 };
enum { maxFrameSize = 605, minFrameSize = 3 };              /* with and without the FCS: Inside AppleTalk, appendix B */

extern AppleTalkStatistics appletalk_stats;

/* scc.S: the chip.  Delays are counted in loops whose speed boot measured (TimeDBRA, TimeSCCDB). */
typedef struct {
    uint16_t pulse, flags, crc, closing, ones, turnaround;  /* DBRA loops */
    uint16_t byte_poll;                                     /* polls of RR0: one and a half byte times */
    uint16_t stuck_poll, ifg_poll, idg_poll, slot_poll, watchdog_poll;
} SCCDelays;
extern SCCDelays scc_delays;
void scc_program(const uint8_t *register_value_pairs);
int scc_wait_carrier(uint32_t polls);                       /* 1: a frame is on the line */
int scc_wait_idle(uint32_t polls);                          /* 1: the line is idle */
int scc_wait_idle_or_character(uint32_t polls);             /* 0: busy, 1: idle, 2: a character has come */
int scc_missing_clock(void);
void scc_reset_missing_clock(void);
void scc_reset_receiver(void);
void scc_turnaround(void);
void scc_rearm_receive_interrupt(void);
enum { sccTimeout = -1, sccOverrun = -2, sccBadCRC = -3, sccBadSize = -4, sccNothing = -5, sccAborted = -6 };
int scc_receive_frame(uint8_t *buffer, uint32_t first_byte_polls);     /* length without FCS, or one of the above */
int scc_send_frame(const WDSElement *wds, int opening);     /* 0, or -1 when the transmitter stopped asking for data */
int scc_send_control(uint32_t to, uint32_t type, int opening);
void scc_set_up(void);                                      /* scc_set_up.c */
void scc_set_address(uint8_t node);
void scc_shut_down(void);

/* llap.c */
typedef struct { const volatile uint16_t *tag; uint16_t value; } StillWanted;   /* a frame is given up when *tag changes */
extern uint8_t llap_address, llap_self_send;
OSErr llap_acquire_address(int server, uint8_t hint);
void llap_shut_down(void);                                  /* with the SCC masked: nothing is received until an address is acquired */
OSErr llap_transmit(const WDSElement *wds, const StillWanted *wanted);
extern uint8_t *llap_next_buffer;
extern uint8_t llap_answers_rts;                            /* an RTS for this node is to be answered */
void llap_frame_received(int length, int answered);
void scc_receive_interrupt(void);                           /* scc.S: in Lvl2DT */
uint16_t appletalk_random(void);
void llap_deliver(uint8_t *frame, int length);              /* mpp.c: to the protocol handler of the frame's type */

/* ddp.c */
typedef struct {
    uint16_t dstNet, srcNet;
    uint8_t dstNode, srcNode, dstSocket, srcSocket, type, hops, lapSrc;
    const uint8_t *data;
    uint16_t length;
} DDPPacket;
typedef void (*DDPListener)(const DDPPacket *);
extern uint16_t ddp_this_net;
extern uint8_t ddp_router;                                  /* node of a router on this network; 0: none is known */
OSErr ddp_open_socket(uint8_t *socket, void *listener, int internal);
OSErr ddp_close_socket(uint8_t socket);
void ddp_close_all_sockets(void);
enum { maxStaticSockets = 64 };
OSErr ddp_send(uint8_t source, AddrBlock to, uint8_t type, const WDSElement *data, int checksum, const StillWanted *wanted);
OSErr ddp_write(uint8_t source, WDSElement *wds, int checksum);        /* writeDDP: caller's header in the first element */
void ddp_receive(const uint8_t *frame, int length);
void rtmp_request(void);
void rtmp_timer(int ticks);
void rtmp_listener(const DDPPacket *packet);
void aep_listener(const DDPPacket *packet);

/* nbp.c, nbp_names.c */
void nbp_listener(const DDPPacket *packet);
void nbp_timer(int ticks);
OSErr nbp_start(MPPParamBlock *pb);                         /* lookup, confirm, verified register: 1 = goes on by itself */
OSErr nbp_kill(MPPParamBlock *victim);
OSErr nbp_remove_name(const uint8_t *entity);
OSErr nbp_add_name(NamesTableEntry *entry);
NamesTableEntry *nbp_find_local(const uint8_t *entity);
enum { maxNBPCalls = 16 };
extern NamesTableEntry *nbp_names;
void nbp_shut_down(void);
int nbp_has_wildcards(const uint8_t *entity);
int nbp_entity_length(const uint8_t *entity);
int nbp_matches(const uint8_t *pattern, const uint8_t *name);
void nbp_answer_lookup(const DDPPacket *packet, const uint8_t *tuple);

/* mpp.c */
void appletalk_complete(void *pb, OSErr result);            /* ioResult, then the completion routine of an async call */
OSErr appletalk_control(ParmBlkPtr pb, DCtlPtr dce, OSErr (*perform)(void *));
OSErr appletalk_status(ParmBlkPtr pb, DCtlPtr dce);
int appletalk_is_open(void);
void mpp_call_handler(void *handler, uint32_t d0, uint32_t d1, void *a3);
extern const uint8_t *mpp_read_pointer;                     /* what ReadPacket and ReadRest read next */
void appletalk_call_completion(void *routine, void *pb, int32_t result);

/* lap_manager.c: tells the routines in the transition queue; the first result that is not 0. */
void lap_manager_init(void);
int32_t lap_transition(int32_t selector, void *parameter);
OSErr lap_close_prep(const uint8_t **refuser);

/* adsp.c.  The real driver's unit is not fixed (Inside Macintosh: Networking, chapter 5: programs use the reference number
   that opening it returns); this one is ours. */
enum { dspUnitNum = 48, dspRefNum = ~dspUnitNum };

/* atp.c, atp_requests.c, atp_responses.c */
enum { atpTReq = 0x40, atpTResp = 0x80, atpTRel = 0xC0, atpFunction = 0xC0, atpXO = 0x20, atpEOM = 0x10, atpSTS = 0x08 };
void atp_timer(int ticks);
void atp_listener(const DDPPacket *packet);
OSErr atp_send_packet(uint8_t source, AddrBlock to, uint8_t control, uint8_t bitmap, uint16_t tid, uint32_t user,
                      const void *data, uint16_t length, int checksum, const StillWanted *wanted);
int atp_socket_is_open(uint8_t socket);
OSErr atp_requester_init(void);
void atp_requester_close(void);
OSErr atp_start_request(ATPParamBlock *pb, int own_socket);
OSErr atp_release_tcb(uint16_t tid, AddrBlock to);
OSErr atp_kill_request(ATPParamBlock *victim);
void atp_abort_requests(uint8_t socket);
void atp_response_in(const DDPPacket *packet);
void atp_request_timer(int ticks);
OSErr atp_get_request(ATPParamBlock *pb);
OSErr atp_send_response(ATPParamBlock *pb);
OSErr atp_add_response(ATPParamBlock *pb);
OSErr atp_release_rspcb(uint8_t socket, AddrBlock from, uint16_t tid);
OSErr atp_kill_get_request(ATPParamBlock *victim);
OSErr atp_kill_all_get_requests(uint8_t socket);
void atp_abort_responses(uint8_t socket);
void atp_request_in(const DDPPacket *packet);
void atp_release_in(const DDPPacket *packet);
void atp_response_timer(int ticks);

/* Network 0 stands for this one, whose number may become known in the middle of a transaction. */
static inline int same_socket(AddrBlock a, AddrBlock b) {
    return a.aNode == b.aNode && a.aSocket == b.aSocket &&
           (a.aNet == b.aNet || (a.aNet ? a.aNet : ddp_this_net) == (b.aNet ? b.aNet : ddp_this_net));
}
static inline AddrBlock source_of(const DDPPacket *packet) {
    AddrBlock from;
    from.aNet = packet->srcNet;
    from.aNode = packet->srcNode;
    from.aSocket = packet->srcSocket;
    return from;
}

static inline uint16_t get16(const uint8_t *p) { return (uint16_t)(p[0] << 8 | p[1]); }
static inline uint32_t get32(const uint8_t *p) { return (uint32_t)get16(p) << 16 | get16(p + 2); }
static inline void put16(uint8_t *p, uint16_t v) { p[0] = (uint8_t)(v >> 8); p[1] = (uint8_t)v; }
static inline void put32(uint8_t *p, uint32_t v) { put16(p, (uint16_t)(v >> 16)); put16(p + 2, (uint16_t)v); }
#endif
