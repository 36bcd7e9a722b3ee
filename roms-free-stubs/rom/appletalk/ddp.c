/* Datagram Delivery Protocol: headers, checksum, sockets (Inside AppleTalk, chapter 4). */
#include "appletalk_internal.h"

enum { maxSockets = maxStaticSockets, firstDynamicSocket = 128, lastDynamicSocket = 254, shortHeader = 5, longHeader = 13, maxElements = 24 };

typedef struct { uint8_t socket, internal; void *listener; } SocketEntry;

uint16_t ddp_this_net;
uint8_t ddp_router;
static SocketEntry sockets[maxSockets];
static uint8_t next_dynamic;

static SocketEntry *find_socket(uint8_t socket) {
    SocketEntry *s;
    for (s = sockets; s < sockets + maxSockets; s++) if (s->socket == socket) return s;
    return 0;
}

/* A socket of 0 asks for one in the dynamic range.  `internal` listeners are C functions of these drivers. */
OSErr ddp_open_socket(uint8_t *socket, void *listener, int internal) {
    uint16_t sr = mask_scc();
    SocketEntry *free = find_socket(0);
    OSErr err = ddpSktErr;
    int n;

    if (*socket == 0) {
        for (n = firstDynamicSocket; n <= lastDynamicSocket; n++) {
            if (next_dynamic < firstDynamicSocket || next_dynamic >= lastDynamicSocket) next_dynamic = firstDynamicSocket;
            else next_dynamic++;
            if (!find_socket(next_dynamic)) {
                *socket = next_dynamic;
                break;
            }
        }
    }
    if (free && *socket != 0 && *socket != 255 && !find_socket(*socket)) {
        free->listener = listener;
        free->internal = (uint8_t)internal;
        free->socket = *socket;
        err = noErr;
    }
    unmask_scc(sr);
    return err;
}

OSErr ddp_close_socket(uint8_t socket) {
    uint16_t sr = mask_scc();
    SocketEntry *s = socket ? find_socket(socket) : 0;
    if (s) s->socket = 0;
    unmask_scc(sr);
    return s ? noErr : ddpSktErr;
}

void ddp_close_all_sockets(void) { memset(sockets, 0, sizeof sockets); }

static uint16_t checksum_add(uint16_t sum, const uint8_t *p, int length) {
    while (length-- > 0) {
        sum += *p++;
        sum = (uint16_t)(sum << 1 | sum >> 15);
    }
    return sum;
}

/* Hands a packet to the listener of its socket.  A listener of a program finds the header in the read header area. */
static void deliver(const DDPPacket *packet, const uint8_t *frame, int header) {
    SocketEntry *s = packet->dstSocket ? find_socket(packet->dstSocket) : 0;
    if (!s) {
        appletalk_stats.no_socket++;
    } else if (s->internal) {
        ((DDPListener)s->listener)(packet);
    } else {
        extern uint8_t *mpp_read_header_area(const uint8_t *frame, int length);
        uint8_t *rha_end = mpp_read_header_area(frame, header);
        mpp_read_pointer = packet->data;
        mpp_call_handler(s->listener, packet->dstSocket, packet->length, rha_end);
    }
}

/* A frame of LAP type 1 or 2, with its three bytes of LAP header; the SCC is masked. */
void ddp_receive(const uint8_t *frame, int length) {
    const uint8_t *p = frame + 3;
    int header = frame[2] == lapLongDDP ? longHeader : shortHeader, size;
    DDPPacket packet;

    length -= 3;
    size = length >= 2 ? get16(p) & 0x3FF : 0;
    if (size < header || size > length || size > header + ddpMaxData) {
        appletalk_stats.ddp_errors++;
        return;
    }
    packet.hops = p[0] >> 2 & 15;
    packet.lapSrc = frame[1];
    packet.data = p + header;
    packet.length = (uint16_t)(size - header);
    if (header == shortHeader) {
        packet.dstNet = packet.srcNet = ddp_this_net;
        packet.dstNode = frame[0];
        packet.srcNode = frame[1];
        packet.dstSocket = p[2];
        packet.srcSocket = p[3];
        packet.type = p[4];
    } else {
        uint16_t sum = get16(p + 2);
        packet.dstNet = get16(p + 4);
        packet.srcNet = get16(p + 6);
        packet.dstNode = p[8];
        packet.srcNode = p[9];
        packet.dstSocket = p[10];
        packet.srcSocket = p[11];
        packet.type = p[12];
        /* This node forwards nothing. */
        if (packet.dstNode != lapBroadcast && packet.dstNode != llap_address) return;
        if (packet.dstNet && ddp_this_net && packet.dstNet != ddp_this_net) {
            appletalk_stats.ddp_errors++;
            return;
        }
        if (sum) {
            uint16_t found = checksum_add(0, p + 4, size - 4);
            if ((found ? found : 0xFFFF) != sum) {
                appletalk_stats.ddp_errors++;
                return;
            }
        }
    }
    deliver(&packet, frame, 3 + header);
}

/* Sends `elements` (header first, LAP and DDP fields set up except lengths) and loops it back where self-send says so. */
static OSErr transmit(uint8_t source, AddrBlock to, uint8_t type, uint8_t *header, WDSElement *elements, int count, int size,
                      int checksum, const StillWanted *wanted) {
    int far = to.aNet != 0 && to.aNet != ddp_this_net, i;
    int to_self = !far && (to.aNode == llap_address || to.aNode == lapBroadcast) && llap_self_send;
    OSErr err = noErr;
    uint8_t *p = header + 3;

    if (far && !ddp_router) return noBridgeErr;
    header[0] = far ? ddp_router : to.aNode;
    if (far) {
        int total = size + longHeader;
        header[2] = lapLongDDP;
        put16(p, (uint16_t)total);
        put16(p + 2, 0);
        put16(p + 4, to.aNet);
        put16(p + 6, ddp_this_net);
        p[8] = to.aNode;
        p[9] = llap_address;
        p[10] = to.aSocket;
        p[11] = source;
        p[12] = type;
        elements[0].entryLength = 3 + longHeader;
        if (checksum) {
            uint16_t sum = checksum_add(0, p + 4, longHeader - 4);
            for (i = 1; i < count; i++) sum = checksum_add(sum, elements[i].entryPtr, elements[i].entryLength);
            put16(p + 2, sum ? sum : 0xFFFF);
        }
    } else {
        header[2] = lapShortDDP;
        put16(p, (uint16_t)(size + shortHeader));
        p[2] = to.aSocket;
        p[3] = source;
        p[4] = type;
        elements[0].entryLength = 3 + shortHeader;
    }
    elements[0].entryPtr = header;
    elements[count].entryLength = 0;
    if (!to_self || to.aNode == lapBroadcast) err = llap_transmit(elements, wanted);
    if (to_self) {
        static uint8_t loop_buffer[maxFrameSize];
        uint16_t sr = mask_scc();
        uint8_t *q = loop_buffer;
        int e;
        for (e = 0; e < count; e++) {
            memcpy(q, elements[e].entryPtr, elements[e].entryLength);
            q += elements[e].entryLength;
        }
        loop_buffer[1] = llap_address;
        ddp_receive(loop_buffer, (int)(q - loop_buffer));
        unmask_scc(sr);
        err = noErr;
    }
    return err;
}

/* For the protocols above: a datagram of up to ddpMaxData bytes from the elements of `data`. */
OSErr ddp_send(uint8_t source, AddrBlock to, uint8_t type, const WDSElement *data, int checksum, const StillWanted *wanted) {
    WDSElement elements[maxElements + 2];
    uint8_t header[3 + longHeader];
    int size = 0, count = 1;
    for (; data->entryLength; data++) {
        if (count > maxElements) return ddpLenErr;
        elements[count++] = *data;
        size += data->entryLength;
    }
    if (size > ddpMaxData) return ddpLenErr;
    return transmit(source, to, type, header, elements, count, size, checksum, wanted);
}

/* writeDDP: the first element begins with the 16 bytes of LAP and long DDP header, partly filled in by the caller. */
OSErr ddp_write(uint8_t source, WDSElement *wds, int checksum) {
    WDSElement elements[maxElements + 2];
    uint8_t header[3 + longHeader], *theirs = wds->entryPtr;
    AddrBlock to;
    int size = 0, count = 1;

    if (!source || !find_socket(source)) return ddpSktErr;
    if (wds->entryLength < 3 + longHeader) return ddpLenErr;
    to.aNet = get16(theirs + 7);
    to.aNode = theirs[11];
    to.aSocket = theirs[13];
    if (wds->entryLength > 3 + longHeader) {
        elements[count].entryLength = (uint16_t)(wds->entryLength - (3 + longHeader));
        elements[count].entryPtr = theirs + 3 + longHeader;
        size += elements[count++].entryLength;
    }
    for (wds++; wds->entryLength; wds++) {
        if (count > maxElements) return ddpLenErr;
        elements[count++] = *wds;
        size += wds->entryLength;
    }
    if (size > ddpMaxData) return ddpLenErr;
    return transmit(source, to, theirs[15], header, elements, count, size, checksum, 0);
}
