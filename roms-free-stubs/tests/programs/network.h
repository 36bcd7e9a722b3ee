/* The network of a test: one request at a time into the server's socket, its answer back. */
#ifndef NETWORK_H
#define NETWORK_H
#include "host.h"
#include "../../include/appletalk.h"

typedef struct { int result, sequence, length, packets; uint8_t data[5000]; } Answer;
extern MPPParamBlock *registering;
int pending_requests(void);
void network_forget(void);     /* before a program starts */
void transmit(uint32_t user_data, const void *data, int length, uint8_t bit_map, uint8_t node);
int receive(Answer *a);
void network_periodic(void);   /* calls the driver the program has installed, if any */
#endif
