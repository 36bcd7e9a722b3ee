/* Zone Information Protocol, as a node asks a router: Inside AppleTalk, chapter 8. */
#include "atalk.h"

enum { zipSocket = 6, getZoneList = 8, seconds = 2, retries = 3 };

void ListZones(void) {
    static uint32_t answer[(atpMaxData + 3) / 4];
    MPPParamBlock info;
    uint16_t index = 1, count, i;
    Line line;
    int last = 0;
    memset(&info, 0, sizeof info);
    if (PGetAppleTalkInfo(&info, 0) || (info.info.routerAddr >> 8 & 0xFF) == 0) {
        LineClear(line);
        LineText(line, "no router");
        Say(line);
        return;
    }
    while (!last) {
        const uint8_t *zone = (const uint8_t *)answer, *end;
        Transaction t;
        memset(&t, 0, sizeof t);
        t.to.aNet = (uint16_t)(info.info.routerAddr >> 16);
        t.to.aNode = (uint8_t)(info.info.routerAddr >> 8);
        t.to.aSocket = zipSocket;
        t.user = (uint32_t)getZoneList << 24 | index;
        t.packets = 1;
        t.seconds = seconds;
        t.retries = retries;
        t.answer = answer;
        if (Transact(&t)) {
            SayNumber("the router does not answer, error ", reqFailed);
            return;
        }
        last = (t.user >> 24) != 0;
        count = (uint16_t)t.user;
        end = zone + (t.answer_length < atpMaxData ? t.answer_length : atpMaxData);
        LineClear(line);
        for (i = 0; i < count && zone < end && zone + zone[0] < end; i++) {
            LineText(line, "zone ");
            LineString(line, zone);
            Say(line);
            zone += zone[0] + 1;
        }
        index += i;
        if (i == 0)
            break;
    }
    SayNumber("zones ", index - 1);
}
