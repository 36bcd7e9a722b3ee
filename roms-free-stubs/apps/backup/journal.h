/* What the program tells: lines in its window and in the file `Backup Log` on the volume. */
#ifndef BACKUP_JOURNAL_H
#define BACKUP_JOURNAL_H
#include "../../lib/app_line.h"

void JournalOpen(void);
/* Adds a line (a Pascal string, which is emptied) to the window and to the log in memory. */
void Say(uint8_t *line);
void SayText(const char *text);
/* `text` and a number. */
void SayNumber(const char *text, int32_t n);
/* The row that shows how far it is; not in the log. */
void ShowProgress(const char *what, int32_t files, int32_t kilobytes);
/* Writes the log to the disk: not while the tape streams. */
void JournalFlush(void);
/* Whether this file is the log, which is not backed up. */
int IsJournal(int32_t parent, ConstStringPtr name);

#endif
