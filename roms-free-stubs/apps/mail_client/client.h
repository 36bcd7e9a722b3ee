/* A mail client: what its files offer one another. Protocol: docs/mail-protocol.md. */
#ifndef MAIL_CLIENT_H
#define MAIL_CLIENT_H
#include "appletalk.h"
#include "../mail_server/protocol.h"

typedef struct {
    Str31 user, server;
    Str63 zone;
    Str255 to;                  /* names, separated by commas; empty: the user itself */
    uint32_t start_delay, interval, check, seed;    /* ticks, but for the seed */
    int32_t count;              /* messages to send; 0: no limit */
    int32_t body;               /* mean bytes */
    uint8_t retry, retries;     /* seconds, repetitions */
    int8_t keep;                /* messages stay on the server when they have been read */
} ClientSettings;
extern ClientSettings client_settings;
void SettingsLoad(void);

/* 0 to `below` - 1. */
uint16_t Random(uint16_t below);
void RandomStart(uint32_t seed);

/* Storage for whatever a request or a response contains. */
typedef uint32_t __attribute__((may_alias)) Bytes4;
extern Bytes4 reply[atpMaxNum * atpMaxData / 4];
extern int32_t reply_length;

/* Draws serial number and nonce, which need the node address: the drivers are open. */
void SessionStart(void);
extern uint32_t serial;         /* origin of this client's messages, until it ends */
int SignedOn(void);
int16_t SignOn(void);
/* One request of the session and its answer in `reply`, however often it takes to ask. The server's result; mailNoSession when the client
   must sign on again. */
int16_t Ask(uint8_t opcode, const void *data, uint16_t length, uint8_t packets);

/* Memory for messages; false without it. */
int MessagesStart(void);
/* One message more, or the one under way once more. True when it is in the store, or will never be. */
int SendMessage(void);
extern int32_t messages_sent, messages_read;
/* Lists what is new, reads it and deletes it. */
void CheckMail(void);

#endif
