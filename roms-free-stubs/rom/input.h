/* From keyboards and mice of all kinds to events. */
#ifndef INPUT_H
#define INPUT_H
#include "types.h"

/* input.c, at interrupt time.  `code` is a key code of Inside Macintosh V; `address` the keyboard's on the ADB, or 0. */
void key_changed(uint8_t code, int down, uint8_t address);
void mouse_moved(int16_t right, int16_t down);
void mouse_button_changed(int down);
/* An auto-key event's message when one is due, else 0. */
int32_t auto_key(void);
/* Bits of an event's modifiers. */
int16_t modifiers_now(void);

/* adb_devices.c: service routines. */
void adb_keyboard(void);
void adb_mouse(void);
#endif
