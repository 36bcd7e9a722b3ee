/* File Manager: bytes in and out of a fork.  Whole blocks go between the disk and the caller's buffer, as many at once as
 * lie in one piece; only the ragged ends pass through the cache.  The short rest of a fork is read as one. */
#include "hfs.h"

/* One piece: *done bytes at `mark`, at least one. */
static OSErr piece(FCB *fcb, uint32_t mark, uint8_t *buffer, uint32_t left, int writing, uint32_t *done)
{
    uint32_t number, run, within = mark % block_size, want = 0;
    Block *block;
    OSErr err = fork_map(fcb, mark, &number, &run);
    if (err)
        return err;
    if (!writing && mark + left >= fcb->fcbEOF) {
        want = (within + left + block_size - 1) / block_size;
        if (want > run)
            want = run;
        if (want > window_blocks)
            want = 0;
    }
    if (within == 0 && left >= block_size) {
        uint32_t count = left / block_size;
        if (count > run)
            count = run;
        *done = count * block_size;
        if (writing)
            return cache_bypass_write(fcb->fcbVPtr, number, count, buffer);
        return want ? cache_read(fcb->fcbVPtr, number, count, want, buffer)
                    : cache_bypass_read(fcb->fcbVPtr, number, count, buffer);
    }
    *done = block_size - within;
    if (*done > left)
        *done = left;
    if (writing && within == 0 && mark + *done >= fcb->fcbEOF)
        err = cache_get_fresh(fcb->fcbVPtr, number, &block); /* nothing behind the end is worth reading */
    else
        err = cache_get_of(fcb->fcbVPtr, number, want, &block);
    if (err)
        return err;
    if (writing) {
        memcpy(block->data + within, buffer, *done);
        cache_dirty(block);
    } else
        memcpy(buffer, block->data + within, *done);
    cache_release(block);
    return noErr;
}

/* Newline mode: the transfer ends behind the first character given in the high byte of ioPosMode. */
static int32_t up_to_newline(const uint8_t *buffer, int32_t count, uint8_t newline)
{
    int32_t i;
    for (i = 0; i < count; i++)
        if (buffer[i] == newline)
            return i + 1;
    return 0;
}

static OSErr transfer_bytes(FCB *fcb, IOParam *pb, uint32_t mark, int writing)
{
    int newline = !writing && pb->ioPosMode & fsNewLineMask;
    uint32_t left = pb->ioReqCount;
    OSErr err = noErr, end = noErr;
    if (!writing && (mark >= fcb->fcbEOF || left > fcb->fcbEOF - mark)) {
        end = eofErr;
        left = mark >= fcb->fcbEOF ? 0 : fcb->fcbEOF - mark;
    }
    while (left && !err) {
        uint32_t want = left, done = 0;
        uint8_t *buffer = (uint8_t *)pb->ioBuffer + pb->ioActCount;
        if (newline && want > block_size - mark % block_size)
            want = block_size - mark % block_size;
        err = piece(fcb, mark, buffer, want, writing, &done);
        if (err)
            break;
        if (newline) {
            int32_t length = up_to_newline(buffer, done, (uint16_t)pb->ioPosMode >> 8);
            if (length) {
                mark += length;
                pb->ioActCount += length;
                end = noErr;
                break;
            }
        }
        mark += done;
        left -= done;
        pb->ioActCount += done;
        if (writing && mark > fcb->fcbEOF)
            fcb->fcbEOF = mark;
    }
    fcb->fcbCrPs = mark;
    return err ? err : end;
}

OSErr fork_io(FCB *fcb, IOParam *pb, int writing)
{
    int32_t mark;
    OSErr err;
    pb->ioActCount = 0;
    switch (pb->ioPosMode & 3) {
    case fsFromStart: mark = pb->ioPosOffset; break;
    case fsFromLEOF: mark = (int32_t)fcb->fcbEOF + pb->ioPosOffset; break;
    case fsFromMark: mark = (int32_t)fcb->fcbCrPs + pb->ioPosOffset; break;
    default: mark = fcb->fcbCrPs;
    }
    if (pb->ioReqCount < 0)
        return paramErr;
    if (mark < 0)
        return posErr;
    if ((uint32_t)mark > fcb->fcbEOF) {
        fcb->fcbCrPs = fcb->fcbEOF;
        pb->ioPosOffset = fcb->fcbCrPs;
        return eofErr;
    }
    if (writing) {
        uint32_t end = (uint32_t)mark + pb->ioReqCount;
        if (!(fcb->fcbMdRByt & fcb_writable))
            return wrPermErr;
        if (end > fcb->fcbPLen) {
            /* by clumps while there is room, else by what is needed */
            uint32_t clump = fcb->fcbClmpSize ? fcb->fcbClmpSize : fcb->fcbVPtr->vcbClpSiz;
            err = fork_extend(fcb, (end + clump - 1) / clump * clump, 0);
            if (err == dskFulErr && fcb->fcbPLen < end)
                err = fork_extend(fcb, end, 0);
            if (err && !(err == dskFulErr && fcb->fcbPLen >= end))
                return err;
        }
        fcb->fcbMdRByt |= fcb_dirty;
    }
    err = transfer_bytes(fcb, pb, mark, writing);
    if (writing)
        path_changed(fcb);
    pb->ioPosOffset = fcb->fcbCrPs;
    return err;
}
