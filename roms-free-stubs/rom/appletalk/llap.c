/* LocalTalk Link Access Protocol: node address, dialogs, collision avoidance.
 *
 * Follows the procedural model of Inside AppleTalk, appendix B, under its names.  Where the model is a single process, a
 * driver has interrupts:
 * - While waiting for the inter-dialog gap or its slot, a transmitter leaves the interrupt level of its caller alone, so
 *   that a dialog addressed to this node is answered meanwhile; `activity` tells it that the line was used.
 * - From the last look at the line to the end of the dialog it masks the SCC (and with it the VIA): a late byte
 *   is an underrun.  An incoming dialog is handled from RTS to the end of the data frame inside one SCC interrupt.
 *   That the real driver does both is inference from its polling ("ReceiveLinkMgmt ... would typically be called from an
 *   interrupt routine"); how long it masked is not published.
 * - An ACK or a CTS that nobody waits for is counted or ignored.  The model takes it for a duplicate address and never sends
 *   again; it would end all transmission after one late interrupt. */
#include "appletalk_internal.h"
#include "model.h"
#include "via.h"

enum { maxDefers = 32, maxCollsns = 32, wksTries = 20, maxFrames = 4 };

uint8_t llap_address;
static uint8_t fAdrValid;
static volatile uint8_t fAdrInUse;
static volatile uint16_t activity;
static uint8_t backoff, defer_history, collision_history;
static uint16_t random_seed;
static uint8_t dialog_buffer[maxFrameSize + 3];

/* Data frames received and not yet delivered.  There is more than one only while a protocol handler, inside the interrupt,
   transmits and has to wait for the line.  The bytes are even, so that DDP data at offset 8 and ATP data at 16 are copied by
   longs to a buffer that is even too. */
static struct { uint16_t length; uint8_t bytes[maxFrameSize + 3]; } frames[maxFrames];
static uint8_t first_frame, frame_count, delivering;

/* Where the next frame goes.  Kept ready: from the interrupt to the first byte read there are 100 us, of which the way into
   the handler takes more than half. */
uint8_t *llap_next_buffer = frames[0].bytes;
uint8_t llap_answers_rts;

static void choose_next_buffer(void) {
    uint8_t slot = (uint8_t)(first_frame + frame_count) % maxFrames;
    llap_next_buffer = frame_count == maxFrames ? dialog_buffer : frames[slot].bytes;
    llap_answers_rts = fAdrValid && frame_count < maxFrames;
}

static int bit_count(uint8_t bits) {
    int sum = 0;
    for (; bits; bits >>= 1) sum += bits & 1;
    return sum;
}

/* 0 to 65535; the multiplier keeps 16 bits, the better ones being on top. */
uint16_t appletalk_random(void) {
    random_seed = (uint16_t)(random_seed * 25173u + 13849u);
    return random_seed;
}

static uint16_t random_below(uint16_t limit) {
    return limit ? (uint16_t)((uint32_t)appletalk_random() * limit >> 16) : 0;
}

/* Two Macintoshes switched on together must not draw the same numbers: the clock's seconds, the ticks and the VIA's counters, of
   which reading the low bytes would clear interrupts. */
static void seed_random(void) {
    random_seed = (uint16_t)(RndSeed ^ Time ^ Time >> 16 ^ Ticks << 3 ^ (uint32_t)VIA[vT1CH] << 8 ^ VIA[vT2CH]);
}

/* The cause goes into the counters. */
static void count_bad_frame(int status) {
    switch (status) {
    case sccTimeout: appletalk_stats.timeouts++; break;
    case sccAborted: appletalk_stats.aborts++; break;
    case sccOverrun: appletalk_stats.overruns++; break;
    case sccBadCRC: appletalk_stats.crc_errors++; break;
    case sccBadSize: appletalk_stats.size_errors++; break;
    }
}

/* ReceiveLinkMgmt: one dialog, of which the first frame (or why there is none) has been read.  The SCC is masked.  A data
   frame is left in `frames`; when that is full an RTS gets no answer, so that the sender tries again.  `answered`: the frame
   is an RTS whose CTS was sent already. */
static void receive_link_management(int length, int answered) {
    int full = frame_count == maxFrames;
    uint8_t *frame = llap_next_buffer;
    for (;;) {
        activity++;
        if (length < 0) {
            count_bad_frame(length);
            return;
        }
        if (!fAdrValid) {
            if (frame[0] != lapBroadcast) fAdrInUse = 1;
            return;
        }
        if (frame[2] < 0x80) {
            appletalk_stats.frames_in++;
            if (full) {
                appletalk_stats.receive_buffers_full++;
                return;
            }
            put16(frame - 2, (uint16_t)length);
            frame_count++;
            choose_next_buffer();
            return;
        }
        appletalk_stats.control_in++;
        if (frame[0] == lapBroadcast) return;       /* the RTS of a broadcast: its data come as a frame of their own */
        switch (frame[2]) {
        case lapENQ:
            scc_turnaround();
            scc_send_control(frame[1], lapACK, 0);
            appletalk_stats.control_out++;
            return;
        case lapRTS:
            if (full) {
                appletalk_stats.receive_buffers_full++;
                return;
            }
            if (!answered) {
                scc_turnaround();
                scc_send_control(frame[1], lapCTS, 0);
            }
            answered = 0;
            appletalk_stats.control_out++;
            if (!scc_wait_carrier(scc_delays.ifg_poll)) {
                appletalk_stats.timeouts++;
                return;
            }
            length = scc_receive_frame(frame, scc_delays.ifg_poll);
            break;
        case lapACK:
            appletalk_stats.duplicate_address++;
            return;
        default:
            return;
        }
    }
}

/* Hands the frames to the protocol handlers, one at a time: a handler is never entered again before it has returned. */
static void deliver_frames(void) {
    if (delivering) return;
    delivering = 1;
    while (frame_count) {
        llap_deliver(frames[first_frame].bytes, frames[first_frame].length);
        first_frame = (uint8_t)((first_frame + 1) % maxFrames);
        frame_count--;
        choose_next_buffer();
    }
    delivering = 0;
}

/* From scc_receive_interrupt, with what scc_receive_frame returned. */
void llap_frame_received(int length, int answered) {
    receive_link_management(length, answered);
    scc_rearm_receive_interrupt();
    deliver_frames();
}

/* Adjusts the global backoff from the history of the last eight attempts (appendix B). */
static uint8_t adjust_backoff(void) {
    if (bit_count(collision_history) > 2) {
        backoff = backoff < 1 ? 2 : (uint8_t)(backoff * 2);
        if (backoff > 16) backoff = 16;
        collision_history = 0;
    } else if (bit_count(defer_history) < 2) {
        backoff /= 2;
        defer_history = 0xFF;
    }
    collision_history = (uint8_t)(collision_history << 1);
    defer_history = (uint8_t)(defer_history << 1);
    return backoff;
}

/* Waits for the end of what is on the line.  In the model reception goes on by interrupt while a transmitter waits; when its
   caller has masked the SCC (a completion routine), it receives by polling instead. */
static void wait_for_idle_line(int masked) {
    uint16_t sr;
    int idle;
    if (masked) {
        while ((idle = scc_wait_idle_or_character(scc_delays.watchdog_poll)) == 2)
            receive_link_management(scc_receive_frame(llap_next_buffer, scc_delays.byte_poll), 0);
    } else {
        idle = scc_wait_idle(scc_delays.watchdog_poll);
    }
    if (!idle) {
        sr = mask_scc();
        scc_reset_receiver();                       /* "something's wrong, clear it" */
        unmask_scc(sr);
    }
}

/* Waits until the line has been idle for the minimum inter-dialog gap; returns the activity count at that time. */
static uint16_t wait_inter_dialog_gap(uint8_t *local, int masked) {
    uint16_t sr, seen;
    int busy;
    do {
        if (scc_wait_carrier(0)) {
            if (*local < 2) *local = 2;
            defer_history |= 1;
            wait_for_idle_line(masked);
        }
        sr = mask_scc();
        scc_reset_missing_clock();
        seen = activity;
        unmask_scc(sr);
        busy = scc_wait_carrier(scc_delays.idg_poll);
    } while (busy || seen != activity);
    return seen;
}

enum { dialogDone, dialogCollision, dialogDuplicate };

/* RTS, CTS and data, or the ENQ; the SCC is masked. */
static int run_dialog(const WDSElement *wds) {
    const uint8_t *header = wds->entryPtr;
    uint8_t destination = header[0], type = header[2];
    int broadcast = destination == lapBroadcast, enq = type == lapENQ, got_cts = 0;
    int length;

    scc_send_control(destination, enq ? lapENQ : lapRTS, 1);
    appletalk_stats.control_out++;
    if (scc_wait_carrier(scc_delays.ifg_poll)) {
        length = scc_receive_frame(dialog_buffer, scc_delays.ifg_poll);
        if (length < 0) {
            count_bad_frame(length);
        } else {
            if (!fAdrValid) {
                if (dialog_buffer[0] != lapBroadcast) fAdrInUse = 1;
            } else if (dialog_buffer[2] == lapACK) {
                appletalk_stats.duplicate_address++;
            }
            if (dialog_buffer[2] >= 0x80) appletalk_stats.control_in++;
            got_cts = dialog_buffer[2] == lapCTS && dialog_buffer[1] == destination;
        }
    } else if (broadcast) {
        got_cts = 1;                                /* idle for a whole inter-frame gap */
    } else if (!enq) {
        appletalk_stats.no_cts++;
    }
    if (fAdrInUse) return dialogDuplicate;
    if (!got_cts || enq) return dialogCollision;
    if (!broadcast) scc_turnaround();
    if (scc_send_frame(wds, 0) != 0) {
        appletalk_stats.tx_underruns++;
        return dialogCollision;
    }
    appletalk_stats.frames_out++;
    return dialogDone;
}

/* TransmitLinkMgmt, without its statistics. */
static OSErr transmit_link_management(const WDSElement *wds, const StillWanted *wanted, int masked) {
    uint8_t local = adjust_backoff();
    int defers = 0, collisions = 0;

    for (;;) {
        uint16_t seen = wait_inter_dialog_gap(&local, masked), slots = random_below(local), sr;
        int outcome, busy = slots && scc_wait_carrier((uint32_t)slots * scc_delays.slot_poll);

        sr = mask_scc();
        if (wanted && *wanted->tag != wanted->value) {
            unmask_scc(sr);
            return noErr;
        }
        if (busy || seen != activity || scc_wait_carrier(0) || scc_missing_clock()) {
            unmask_scc(sr);
            appletalk_stats.deferrals++;
            if (local < 2) local = 2;
            defer_history |= 1;
            if (defers++ >= maxDefers) {
                appletalk_stats.excess_deferrals++;
                return excessCollsns;
            }
            continue;
        }
        outcome = run_dialog(wds);
        activity++;
        scc_rearm_receive_interrupt();
        unmask_scc(sr);
        if (outcome == dialogDone) return noErr;
        if (outcome == dialogDuplicate) return excessCollsns;
        appletalk_stats.collisions++;
        collision_history |= 1;
        if (collisions++ >= maxCollsns) {
            appletalk_stats.excess_collisions++;
            return excessCollsns;
        }
        local = local < 1 ? 2 : (uint8_t)(local * 2);
        if (local > 16) local = 16;
    }
}

/* Sends a frame; `wds` starts with destination, source and type. */
OSErr llap_transmit(const WDSElement *wds, const StillWanted *wanted) {
    uint32_t start = Ticks;
    uint16_t sr = mask_scc();
    int masked = (sr & 0x0700) >= SCC_LEVEL << 8;
    OSErr err;

    unmask_scc(sr);
    ((uint8_t *)wds->entryPtr)[1] = llap_address;
    err = transmit_link_management(wds, wanted, masked);
    if (masked) deliver_frames();
    if (Ticks - start > appletalk_stats.longest_frame_ticks) appletalk_stats.longest_frame_ticks = Ticks - start;
    return err;
}

void llap_shut_down(void) {
    llap_address = 0;
    fAdrValid = fAdrInUse = first_frame = frame_count = delivering = 0;
    choose_next_buffer();
}

/* AcquireAddress: 20 rounds for a workstation, six times as many for a server.  Each round sends the ENQ until 32 of
   them stayed without answer, as the model does: one to two seconds for a workstation. */
OSErr llap_acquire_address(int server, uint8_t hint) {
    uint8_t frame[4];
    WDSElement wds[2];
    int tries = 0, limit = server ? wksTries * 6 : wksTries;

    seed_random();
    fAdrValid = fAdrInUse = 0;
    backoff = defer_history = collision_history = 0;
    if (hint >= 1 && hint <= 254 && (hint >= 128) == (server != 0)) llap_address = hint;
    else llap_address = (uint8_t)(random_below(127) + (server ? 128 : 1));
    appletalk_stats.addresses_tried = 1;
    scc_set_address(llap_address);
    wds[0].entryLength = 3;
    wds[0].entryPtr = frame;
    wds[1].entryLength = 0;
    while (tries < limit) {
        frame[0] = llap_address;
        frame[2] = lapENQ;
        if (llap_transmit(wds, 0) == noErr || fAdrInUse) {
            llap_address = (uint8_t)(random_below(127) + (server ? 128 : 1));
            appletalk_stats.addresses_tried++;
            scc_set_address(llap_address);
            fAdrInUse = 0;
            tries = 0;
        } else {
            tries++;
        }
    }
    fAdrValid = 1;
    choose_next_buffer();
    return noErr;
}
