/* What a program tells, on the screen and in a file. */
#include "../mail_client/journal.c"
