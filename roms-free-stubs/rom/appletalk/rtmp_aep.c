/* Routing Table Maintenance Protocol stub and AppleTalk Echo Protocol (Inside AppleTalk, chapters 5 and 6).
 *
 * A node that is no router learns two things from the RTMP data packets routers broadcast every ten seconds, or sooner from the
 * response to its request: the number of this network (THIS-NET) and the node of a router (A-ROUTER), the one heard last.  A
 * router that stays silent for 50 seconds is forgotten; the network keeps its number. */
#include "appletalk_internal.h"

enum { routerAge = 50 * 60 };
static int16_t router_ticks;

/* Broadcast when .MPP opens: no need to wait for the next RTMP data packet. */
void rtmp_request(void) {
    static const uint8_t function = 1;
    static const AddrBlock routers = {0, lapBroadcast, rtmpSocket};
    WDSElement wds[2] = {{1, (void *)&function}, {0, 0}};
    ddp_send(rtmpSocket, routers, ddpRTMPRequest, wds, 0, 0);
}

/* Data and responses begin alike: the sender's network, the length of its id in bits, its id. */
void rtmp_listener(const DDPPacket *packet) {
    if (packet->type != ddpRTMP || packet->length < 4 || packet->data[2] != 8 || !get16(packet->data)) return;
    ddp_this_net = get16(packet->data);
    ddp_router = packet->data[3];
    router_ticks = routerAge;
}

void rtmp_timer(int ticks) {
    if (ddp_router && (router_ticks = (int16_t)(router_ticks - ticks)) <= 0) ddp_router = 0;
}

/* Echo Request in, Echo Reply out, the rest of the packet unchanged. */
void aep_listener(const DDPPacket *packet) {
    static uint8_t reply = 2;
    WDSElement wds[3];
    int n = 0;

    if (packet->type != ddpAEP || packet->length < 1 || packet->data[0] != 1) return;
    wds[n].entryLength = 1;
    wds[n++].entryPtr = &reply;
    if (packet->length > 1) {
        wds[n].entryLength = (uint16_t)(packet->length - 1);
        wds[n++].entryPtr = (void *)(packet->data + 1);
    }
    wds[n].entryLength = 0;
    ddp_send(echoerSocket, source_of(packet), ddpAEP, wds, 0, 0);
}
