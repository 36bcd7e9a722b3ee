/* The network of a test: one request at a time into the server's socket, its answer back. */
#ifndef NETWORK_H
#define NETWORK_H
#include "host.h"
#include "../../include/appletalk.h"

typedef struct { int result, sequence, length, packets; uint8_t data[5000]; } Answer;
extern MPPParamBlock *registering, *looking_up;
/* Answers the lookup under way: with `entity` at this node, or with nobody when it is 0. */
void answer_lookup(const uint8_t *entity, uint8_t node);
/* The program's own request to another node that waits for its answer; 0: none. */
extern ATPParamBlock *asking;
void answer_request(int result, int sequence, const void *data, int length);
int pending_requests(void);
void network_forget(void);     /* before a program starts */
void transmit(uint32_t user_data, const void *data, int length, uint8_t bit_map, uint8_t node);
int receive(Answer *a);
void network_periodic(void);   /* calls the driver the program has installed, if any */
#endif
