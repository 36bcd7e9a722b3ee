/* Records on tape: docs/tape-format.md. */
#ifndef BACKUP_FORMAT_H
#define BACKUP_FORMAT_H
#include "types.h"

enum { recordMagic = 0x5242414B, recordVersion = 1, blockBytes = 512, headerLongs = 127, pathMax = 376 };
enum { kindSession = 1, kindFolder, kindFile, kindData, kindFileEnd, kindSessionEnd };

typedef struct {
    uint32_t magic;
    uint16_t version, kind;
    uint32_t session, sequence, length, sum, object, zero;
    union {
        struct {
            Str31 volume;
            uint32_t date, write_size, root;
            Str31 program;
        } session_start;
        struct {
            uint32_t id, parent, created, modified, backed_up;
            uint8_t finder[16], finder_more[16];
            uint32_t data_length, resource_length;
            uint8_t attributes, attributes_low;
            Str31 name;
            uint16_t path_length;
            uint8_t path[pathMax];
        } entry;
        struct {
            uint16_t fork, zero;
            uint32_t offset;
        } piece;
        struct {
            uint32_t bytes[2], sums[2];
            int16_t error;
            uint16_t zero;
            uint32_t pieces;
        } file_end;
        struct {
            uint32_t files, folders, bytes, records, incomplete, date;
        } session_end;
        uint8_t all[476];
    };
    uint32_t header_sum;
} RecordHeader;

_Static_assert(sizeof(RecordHeader) == blockBytes, "one block");
_Static_assert(offsetof(RecordHeader, entry.path) == 128, "path");
_Static_assert(offsetof(RecordHeader, header_sum) == 508, "sum");

/* Bytes that n data bytes take on the tape. */
static inline uint32_t WholeBlocks(uint32_t n) { return (n + 511) & ~511u; }

#endif
