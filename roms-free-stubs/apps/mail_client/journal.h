/* What a program tells: lines in its window and at the end of a text file at the root of the volume. */
#ifndef APP_JOURNAL_H
#define APP_JOURNAL_H
#include "../../lib/app_line.h"

/* `fresh`: a file that is there is deleted first. */
void JournalOpen(ConstStringPtr file_name, OSType creator, int fresh);
/* Adds a line, which is emptied. What has no room in memory before the next flush is left out of the file. */
void Say(uint8_t *line);
void SayNumber(const char *text, int32_t n);
/* Writes what was said since the last time. */
void JournalFlush(void);

#endif
