#define _GNU_SOURCE
#include "host.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <ucontext.h>
#include <unistd.h>

void (*on_idle)(void);
int echo;

/* Whether a word, taken for an instruction, is followed by a displacement: d16(PC), or a branch of 16 bits. */
static int has_displacement(uint16_t word) { return (word & 0x3F) == 0x3A || (word & 0xF0FF) == 0x6000; }

/* A user program of Linux may not touch the interrupt mask, and qemu stops at the attempt: no interrupts here anyway. */
static void without_interrupt_mask(uint16_t *p, int words) {
    int i;
    for (i = 0; i + 2 < words; i++) {
        if ((p[i] & 0xFFF8) == 0x40C0 && p[i + 1] == 0x007C && p[i + 2] == 0x0700) {
            p[i] = 0x7000 | (p[i] & 7) << 9;    /* moveq #0 */
            p[i + 1] = p[i + 2] = 0x4E71;
        } else if ((p[i] & 0xFFF8) == 0x46C0 && i > 0 && !has_displacement(p[i - 1])) {
            p[i] = 0x4E71;                      /* move dn,sr */
        }
    }
}

void *host_load(const char *file) {
    struct stat st;
    int fd = open(file, O_RDONLY);
    uint8_t *p;
    if (fd < 0 || fstat(fd, &st) != 0)
        exit(2);
    p = mmap(0, st.st_size + 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (read(fd, p, st.st_size) != st.st_size)
        exit(2);
    close(fd);
    without_interrupt_mask((uint16_t *)p, st.st_size / 2);
    return p;
}

int32_t call_entry(void *entry) {
    register int32_t d0 __asm__("d0");
    __asm__ volatile("movem.l %%d2-%%d7/%%a2-%%a6,-(%%sp)\n\tjsr (%1)\n\tmovem.l (%%sp)+,%%d2-%%d7/%%a2-%%a6"
                     : "=d"(d0) : "a"(entry) : "d1", "a0", "a1", "memory", "cc");
    return d0;
}

void call_completion(void *routine, void *pb, int result) {
    register void *a0 __asm__("a0") = pb;
    register void *a1 __asm__("a1") = routine;
    register int32_t d0 __asm__("d0") = result;
    __asm__ volatile("jsr (%%a1)" : "+a"(a0), "+a"(a1), "+d"(d0) : : "d1", "d2", "memory", "cc");
}

static uint16_t word_at(uint32_t a) { return *(uint16_t *)a; }
static uint32_t long_at(uint32_t a) { return *(uint32_t *)a; }

static void status(const char *text) {
    if (echo)
        printf("  | %s\n", text);
}

/* Toolbox traps take their arguments from the stack and leave the result there. */
static int toolbox(uint16_t word, Registers *r) {
    uint32_t *sp = &r->a[7];
    switch (word) {
    case 0xA860:
        on_idle();
        *sp += 14;
        *(uint16_t *)*sp = 0;
        break;
    case 0xA815: {
        int selector = word_at(*sp), bytes = 0;
        int result = scsi_call(selector, (uint8_t *)(*sp + 2), &bytes);
        *sp += 2 + bytes;
        *(uint16_t *)*sp = (uint16_t)result;
        break;
    }
    case 0xABF0:
        status((char *)long_at(*sp));
        *sp += 4;
        break;
    case 0xABF1:
        *sp += 6;
        break;
    default:
        return 0;
    }
    r->d[0] = 0xDEADBEEF;   /* Toolbox traps may destroy these */
    r->d[1] = r->d[2] = r->a[0] = r->a[1] = 0xDEADBEEF;
    return 1;
}

static int memory_trap(uint16_t word, Registers *r) {
    switch (word & 0xF0FF) {
    case 0xA01E: {
        uint32_t n = r->d[0];
        r->a[0] = (uint32_t)calloc(1, n);
        r->d[0] = 0;
        break;
    }
    case 0xA01F: free((void *)r->a[0]); r->d[0] = 0; break;
    default: return 0;
    }
    return 1;
}

static void on_trap(int sig, siginfo_t *info, void *context) {
    ucontext_t *uc = context;
    greg_t *g = uc->uc_mcontext.gregs;
    uint32_t pc = (uint32_t)g[R_PC];
    uint16_t word = word_at(pc);
    Registers r;
    int i;
    (void)sig, (void)info;
    for (i = 0; i < 8; i++) {
        r.d[i] = (uint32_t)g[R_D0 + i];
        r.a[i] = (uint32_t)g[R_A0 + i];
    }
    /* Ticks go on a little with every trap, so that waiting ends. */
    ++*(uint32_t *)0x16A;
    if (!((word & 0x800) ? toolbox(word, &r)
          : memory_trap(word, &r) || files_trap(word, &r) || network_trap(word, &r))) {
        printf("unknown trap %04x at %08x\n", word, pc);
        exit(2);
    }
    for (i = 0; i < 8; i++) {
        g[R_D0 + i] = (greg_t)r.d[i];
        g[R_A0 + i] = (greg_t)r.a[i];
    }
    g[R_PC] = (greg_t)(pc + 2);
}

void host_start(void) {
    struct sigaction action;
    if (mmap(0, 0x2000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != 0) {
        printf("no low memory\n");
        exit(2);
    }
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_trap;
    action.sa_flags = SA_SIGINFO | SA_NODEFER;
    sigaction(SIGILL, &action, 0);
    *(uint32_t *)0x20C = 0xA6C5D0F0;            /* Time */
    *(uint16_t *)0x1D2 = 48;                    /* UnitNtryCnt */
    *(uint32_t *)0x11C = (uint32_t)calloc(48, 4);
    setvbuf(stdout, 0, _IONBF, 0);
}
