/* A utility that asks the network: what its files offer one another. */
#ifndef ATALK_H
#define ATALK_H
#include "../mail_client/journal.h"
#include "../mail_client/network.h"

/* The names that match OBJECT:TYPE@ZONE, with their addresses. */
void LookUpNames(ConstStringPtr pattern);
/* Echo requests (AEP) to NET.NODE, or to the node of the first name that matches: round trip times in ticks, and how many are lost. */
void Echo(ConstStringPtr where, uint16_t count);
/* The zones that the router knows (ZIP GetZoneList over ATP). */
void ListZones(void);

/* `pattern` as an entity; parts that are left out are = (object, type) and * (zone). */
void EntityOf(ConstStringPtr pattern, uint8_t *entity);
/* The first match of `pattern`; 0 when there is none. */
int FindName(ConstStringPtr pattern, AddrBlock *address);
void LineAddress(uint8_t *line, const AddrBlock *address);

#endif
