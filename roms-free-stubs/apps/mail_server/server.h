/* The server's state, and what its files offer one another.

   Everything the server does is a step of a job, run to its end before the next one begins: a completion routine that
   interrupts a step only queues its own. Steps run in the completion routines themselves, or later from the event loop or a
   driver's periodic action: the setting `service`. A step that needs the disk ends by asking for it and names the step
   that comes after; whether the disk is waited for right there or answers by its own completion is the setting `store`. */
#ifndef MAIL_SERVER_H
#define MAIL_SERVER_H
#include "appletalk.h"
#include "files.h"
#include "protocol.h"

typedef struct {
    int16_t requests, sessions, messages;
    int16_t retry_minutes;      /* between two tries of another server that could not be reached */
    int8_t application;         /* form: this program, or the start-up document */
    int8_t at_interrupt;        /* service */
    int8_t synchronous;         /* store */
    int8_t flush;
    uint8_t register_interval, register_count;
    Str31 name;
    Str63 store_path;
} ServerSettings;

enum { assemblyBytes = maxFetch };  /* nine sectors */

typedef struct {
    uint8_t id;                 /* 0: free */
    uint8_t busy;               /* a request of this session is being served */
    uint8_t answered;           /* `last` is a request's, not SignOn's */
    uint8_t user;
    uint16_t net;
    uint8_t node, sending;      /* sending: a message is arriving in parts */
    uint32_t nonce;
    uint16_t last;              /* sequence number, result and value of the last request */
    int16_t last_result;
    uint32_t last_value;
    uint32_t last_ticks;
    uint16_t total, got;        /* bytes of the body: all, and those that arrived */
    uint8_t recipient;
    int32_t base, fill;         /* where in the record the assembly buffer begins; bytes in it */
    uint32_t store_number, sector, sum;
    uint8_t *assembly;          /* holds a MessageRecord and the body, or a later piece of the body */
    MessageRecord record;
} Session;

/* Storage for whatever a request or a response contains. */
typedef uint32_t __attribute__((may_alias)) Bytes4;

struct Slot;
typedef void (*Step)(struct Slot *);

/* One job: usually a request from its arrival to the end of its response. */
typedef struct Slot {
    ATPParamBlock atp;          /* first: the ATP driver's completion routine gets its address */
    struct Slot *next;
    Step step, after;
    HIOParam disk;
    Session *session;
    uint8_t opcode, packets;
    uint16_t sequence;
    uint16_t taken;             /* of a Send: bytes of the part that are in the assembly buffer */
    uint32_t value;
    int32_t position;
    BDSElement bds[atpMaxNum];
    Bytes4 request[(atpMaxData + 3) / 4];
    Bytes4 reply[atpMaxNum * atpMaxData / 4];
} Slot;

typedef struct {
    uint32_t store_number, origin, number, date, sector;
    uint16_t length;
    uint8_t user, deleted;
} IndexEntry;

enum { maxUsers = 64 };

typedef struct {
    uint8_t ready;              /* the index has been read */
    uint8_t socket;
    int16_t store;              /* reference number of the store */
    int16_t registration;       /* result of the registration; 1 while it is under way */
    OSErr store_error;
    uint32_t serial, next_number;
    uint32_t end;               /* sectors of the store */
    uint8_t gap;                /* a write failed with others behind it: the file may end before `end` */
    int16_t messages, users;
    IndexEntry *index;          /* ascending by store number */
    Session *sessions;
    Slot *slots;
    Slot set_up;                /* the job of reading the index, then of forwarding */
    Str31 user_names[maxUsers];
    uint8_t user_elsewhere[maxUsers];   /* a user of another server: the messages are to be forwarded */
    int16_t elsewhere;          /* how many of them */
    uint32_t served, sent, fetched, deleted, duplicates, refused, forwarded, unreachable;
} Server;

extern Server server;
extern ServerSettings server_settings;

/* Memory for good, in the heap that belongs to the form; cleared. */
void *GetMemory(int32_t bytes);

void SettingsLoad(void);
/* Everything up to the start of the registration; 0 or what failed. */
OSErr ServerStart(void);
void RunSteps(void);            /* runs what is queued; returns at once if that is being done already */
void Finish(Slot *slot, int16_t result, int32_t length);

OSErr StoreOpen(void);
void StoreLoad(Slot *slot);
typedef enum { diskRead, diskWrite, diskSetEOF, diskFlush } DiskAction;
/* `after` runs when it is done; slot->disk.ioResult tells how it went. */
void Disk(Slot *slot, DiskAction action, void *buffer, int32_t count, int32_t position, Step after);
/* After a write: brings the file's length and the File Manager's cache to the disk, if the setting `flush` says so, and goes on with `after`. */
void Flush(Slot *slot, Step after);
void AddToQueue(Slot *slot, Step step);

IndexEntry *FindNumber(uint32_t store_number);
IndexEntry *FindDuplicate(uint32_t origin, uint32_t number);
void AddToIndex(const MessageRecord *record, uint32_t sector, uint8_t user);
/* Whether a message more fits into the index; makes room by forgetting deleted ones. */
int RoomInIndex(void);
/* The user's number; adds the name when `add`; -1. */
int16_t FindUser(const uint8_t *name, int add);

void ServeRequest(Slot *slot);
void ServeSend(Slot *slot);

/* A recipient's name without the name of this very server, if that stands behind it. */
void StripOwnName(uint8_t *recipient);
int IsElsewhere(const uint8_t *name);
/* There is something in the queue for other servers. */
void ForwardSoon(void);

#endif
