/* What files of the ROM call in one another directly, without a trap; kept to hot paths and start-up. */
#ifndef INTERNAL_H
#define INTERNAL_H
#include "types.h"

/* screen_text.c: the boot console.  boot_print understands nothing but text; the others append without a line end. */
void boot_print(const char *line);
void boot_text(const char *text);
void boot_pstr(ConstStringPtr text);
void boot_number(int32_t value);
void boot_newline(void);

/* rtc.c */
uint32_t rtc_read_seconds(void);
void rtc_write_seconds(uint32_t seconds);

/* startup.c */
void run_startup(void) __attribute__((noreturn));

/* notification.c: called when the system process has a turn. */
void show_notifications(void);

/* start_up_code.c: where start-up documents stay, for people who look in from outside. */
void note_start_up_code(ConstStringPtr name, void *code, int32_t length);

/* interrupts.S: how many interrupt handlers are running, one inside the other (0: none). */
extern volatile int16_t interrupt_depth;

#endif
