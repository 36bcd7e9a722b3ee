/* A scripted network for the AppleTalk protocols: what they send is recorded by a stand-in for llap_transmit, what they receive is
   handed to llap_deliver as the SCC interrupt would.  Parameter blocks go in as immediate Control calls with the async bit set,
   so that no trap is needed.  This node is 7. */
#ifndef NETWORK_H
#define NETWORK_H
#include "../../rom/appletalk/appletalk_internal.h"

OSErr mpp_control(ParmBlkPtr pb, DCtlPtr dce);
OSErr atp_control(ParmBlkPtr pb, DCtlPtr dce);
OSErr xpp_control(ParmBlkPtr pb, DCtlPtr dce);

/* Frames sent since start_test, from the destination node on. */
extern uint8_t sent[16][620];
extern int sent_length[16], sent_count;
extern int completed;                   /* completion routines run since then */
void start_test(void);
void completion(void);
OSErr mpp(MPPParamBlock *pb, int code);
OSErr atp(ATPParamBlock *pb, int code);
void arrive(uint8_t to_node, uint8_t dst, uint8_t src, uint8_t type, const void *data, int length);  /* short header, from node 9 */

void check_failed(int line, const char *what);
#define CHECK(x) do { if (!(x)) check_failed(__LINE__, #x); } while (0)

void test_protocols(void);              /* protocols.c */
void test_networks(void);               /* networks.c */
void test_transactions(void);           /* transactions.c */
#endif
