/* Time for other programs while the tape moves. */
#ifndef BACKUP_YIELD_H
#define BACKUP_YIELD_H

/* After each WRITE or READ command: calls WaitNextEvent every settings.yield times. */
void YieldAfterCommand(void);

#endif
