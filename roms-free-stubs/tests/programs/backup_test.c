/* The backup program against the documented format: usage  backup_test BLOB SCENARIO TAPE-OUT,
   or backup_test BLOB start-up */
#include "host.h"
#include <setjmp.h>

static jmp_buf done;
static int idles;
static void idle(void) { if (++idles > 1000) longjmp(done, 1); }

static void fill_volume(void) {
    uint8_t *data = malloc(200000);
    File *folder, *f;
    int i;
    uint32_t x = 1;
    for (i = 0; i < 200000; i++) x = x * 1103515245 + 12345, data[i] = x >> 16;
    folder = file_add(2, "Letters", 1, 0, 0);
    file_add(folder->id, "empty", 0, 0, 0);
    file_add(folder->id, "one byte", 0, data, 1);
    f = file_add(folder->id, "both forks", 0, data + 5, 1023);
    f->fork[1] = malloc(70000);
    memcpy(f->fork[1], data + 77, 70000);
    f->length[1] = 70000;
    file_add(folder->id, ".hidden", 0, data + 9, 700); /* not a driver */
    f = file_add(folder->id, "resources", 0, 0, 0);
    f->fork[1] = malloc(600);
    memcpy(f->fork[1], data + 3, 600);
    f->length[1] = 600;
    file_add(2, "large", 0, data, 200000);
    folder = file_add(folder->id, "inner", 1, 0, 0);
    for (i = 0; i < 10; i++) {
        char name[32];
        sprintf(name, "file %d", i);
        file_add(folder->id, name, 0, data + i * 3000, 512 * i + (i & 1));
    }
}

/* The start-up document: waits for the drive, then leaves its ID. */
static void start_up(const char *blob) {
    File *f;
    tape_not_ready_polls = 12;
    prefs("Backup Preferences", "reset yes\r");
    CHECK(call_entry(host_load(blob)) == 0 && tape_not_ready_polls == 0);
    f = file_find(17, "Backup Drive");
    CHECK(f && f->length[0] == 10 && memcmp(f->fork[0], "tape-id 4\r", 10) == 0);
    tape_not_ready_polls = 100000;
    file_find(17, "Backup Preferences")->parent = 0;
    prefs("Backup Preferences", "startup-wait-limit 300\r");
    CHECK(call_entry(host_load(blob)) == 0 && tape_not_ready_polls > 99900);
    printf("backup start-up document: good\n");
}

int main(int argc, char **argv) {
    static char text[1000];
    char *log;
    void *entry;
    const char *what = argv[2];
    FILE *out;
    File *f;
    host_start();
    echo = getenv("ECHO") != 0;
    on_idle = idle;
    if (argc == 3) {
        start_up(argv[1]);
        return 0;
    }
    entry = host_load(argv[1]);
    strcpy(text, "# settings\rtape-id scan\rtransfer  blind \rretry 2\r");
    if (!strcmp(what, "small")) strcat(text, "block 512\rbuffer 2048\ryield 3\n");
    if (!strcmp(what, "lost")) tape_lose_in_write = 3;
    if (!strcmp(what, "lost-checked")) tape_lose_in_write = 3, strcat(text, "check-phase-error yes\r");
    if (!strcmp(what, "deferred")) tape_defer_in_write = 4;
    if (!strcmp(what, "failed")) tape_fail_in_write = 2, strcat(text, "block 4096\r");
    if (!strcmp(what, "waiting")) tape_not_ready_polls = 30, strcat(text, "immediate yes\r");
    if (!strcmp(what, "folder")) strcat(text, "root Letters:inner\rblock 65536\rbuffer 65536\r");
    prefs("Backup Preferences", text);
    fill_volume();
    if (!strcmp(what, "open")) file_find(2, "large")->open = 1;
    if (!setjmp(done)) call_entry(entry);
    f = file_find(2, "Backup Log");
    CHECK(f);
    log = calloc(1, f->length[0] + 1);
    memcpy(log, f->fork[0], f->length[0]);
    int good = strstr(log, "backup reported success") != 0;
    int expect_good = strcmp(what, "lost") != 0;
    if (good != expect_good || tape_marks != 2) {
        for (char *p = log; *p; p++) putchar(*p == '\r' ? '\n' : *p);
        exit(1);
    }
    out = fopen(argv[3], "wb");
    fwrite(tape_blocks, 512, tape_count, out);
    fclose(out);
    printf("backup %s: %d blocks on tape\n", what, tape_count);
    return 0;
}
