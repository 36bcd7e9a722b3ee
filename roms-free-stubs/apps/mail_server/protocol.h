/* The mail protocol and the message store: docs/mail-protocol.md. A reconstruction of our own. */
#ifndef MAIL_PROTOCOL_H
#define MAIL_PROTOCOL_H
#include "types.h"

enum { opSignOn = 1, opSend, opList, opFetch, opDelete, opSignOff };
enum {
    mailDuplicate = 1, mailOk = 0, mailBadRequest = -1, mailNoSession = -2, mailBadSequence = -3, mailNoSuchMessage = -4,
    mailTooLarge = -5, mailWrongOffset = -6, mailStoreError = -7, mailFull = -8, mailBusy = -9
};
enum { protocolVersion = 1, maxBody = 32768, partBytes = 500, sendHeaderBytes = 78, maxFetch = 4608 };

typedef struct { uint32_t nonce; uint16_t version, zero; Str31 user; } SignOnRequest;
typedef struct { uint8_t session, zero; uint16_t version; uint32_t server, waiting; } SignOnReply;
typedef struct {
    uint32_t origin, number;
    uint16_t total, offset, part;
    Str31 recipient, subject;
    uint8_t body[partBytes];
} SendRequest;
typedef struct { uint32_t after; uint16_t limit, zero; } ListRequest;
typedef struct { uint16_t count, more; } ListReply;
typedef struct { uint32_t store_number, origin, number, date; uint16_t length, zero; } ListEntry;
typedef struct { uint32_t store_number; uint16_t offset, length; } FetchRequest;
typedef struct { uint32_t store_number; } DeleteRequest;

enum { recordMagic = 0x4D524543, storeMagic = 0x4D53544F, sectorBytes = 512 };
enum { stateUnfinished = 0, stateComplete = 1, stateDeleted = 2 };
/* State and checksum lie together, so that one write completes a record that was written in pieces. */
enum { recordStateOffset = 22, recordStateBytes = 6 };

typedef struct {
    uint32_t magic, store_number, origin, number, date;
    uint16_t length, state;
    uint32_t sum;
    Str31 sender, recipient, subject;
    uint16_t sectors, zero;
} MessageRecord;
typedef struct { uint32_t magic, version, serial; } StoreHeader;

_Static_assert(offsetof(SendRequest, body) == sendHeaderBytes, "Send");
_Static_assert(sizeof(MessageRecord) == 128 && offsetof(MessageRecord, state) == recordStateOffset, "record");
_Static_assert(sizeof(SignOnReply) == 12 && sizeof(ListEntry) == 20, "replies");

#endif
