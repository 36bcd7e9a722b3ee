/* Stand-ins for what lies below and beside ADSP, and the network the tests script. */
#ifndef NETWORK_H
#define NETWORK_H
#include "../../rom/appletalk/adsp_internal.h"

void adsp_timer(int ticks);
OSErr dsp_control(ParmBlkPtr pb, DCtlPtr dce);
void adsp_shut_down(void);

enum { maxSent = 64 };
extern uint8_t sent[maxSent][620];                          /* frames, from the LAP header on */
extern int sent_length[maxSent], sent_count, completed;
OSErr dsp(DSPParamBlock *pb, int16_t end, int code);        /* an asynchronous call: its result, 1 while it is under way */
void arrive(uint8_t node, uint8_t dst, uint8_t src, const void *data, int length);     /* a datagram of type 7 */
void deliver_sent(int n);                                   /* a frame this node sent to itself arrives */

extern int failures;
void host_print(const char *s);
void host_exit(int code);
void failed(int line, const char *what);
#define CHECK(x) do { if (!(x)) failed(__LINE__, #x); } while (0)
#endif
