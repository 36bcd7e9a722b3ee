/* The network as programs with an event loop see it. */
#include "../mail_client/network.c"
