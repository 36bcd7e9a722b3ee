/* What of the MC68030 shows in the ROM: 32 address bits, exception frames with a format word, caches. */
#define PROCESSOR_NAME      "68030"
#define CPU_FLAG            3
#define GESTALT_PROCESSOR   4
#define GESTALT_CPU         4
#define GESTALT_FPU         2               /* MC68882 */
#define GESTALT_MMU         3
#define GESTALT_ADDRESSING  7               /* 32-bit addressing, system zone and machine */

#define ADDRESS_MASK        0xFFFFFFFF
#define FRAME_BYTES         8               /* status, PC, format and vector */
#define FRAME_FORMATS       1

/* Formats A and B: status first, the faulted data cycle's address at 0x10. */
#define FAULT_STATUS        0
#define FAULT_ADDRESS       0x10

#define HAS_CACHES          1
