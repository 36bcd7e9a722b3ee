/* Routing Table Maintenance Protocol stub and AppleTalk Echo Protocol (Inside AppleTalk, chapters 5 and 6).
 *
 * A node that is no router learns two things from the RTMP data packets routers broadcast every ten seconds: the number of
 * this network and the node of a router.  A router that stays silent for 50 seconds is forgotten. */
#include "appletalk_internal.h"

enum { routerAge = 50 * 60 };
static int16_t router_ticks;

void rtmp_listener(const DDPPacket *packet) {
    if (packet->type != ddpRTMP || packet->length < 4 || packet->data[2] != 8) return;
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
    AddrBlock to;
    int n = 0;

    if (packet->type != ddpAEP || packet->length < 1 || packet->data[0] != 1) return;
    wds[n].entryLength = 1;
    wds[n++].entryPtr = &reply;
    if (packet->length > 1) {
        wds[n].entryLength = (uint16_t)(packet->length - 1);
        wds[n++].entryPtr = (void *)(packet->data + 1);
    }
    wds[n].entryLength = 0;
    to.aNet = packet->srcNet;
    to.aNode = packet->srcNode;
    to.aSocket = packet->srcSocket;
    ddp_send(echoerSocket, to, ddpAEP, wds, 0, 0);
}
