/* What of the MC68000 shows in the ROM: 24 address bits, exception frames of six bytes, no caches. */
#define PROCESSOR_NAME      "68000"
#define CPU_FLAG            0               /* CPUFlag */
#define GESTALT_PROCESSOR   1
#define GESTALT_CPU         0
#define GESTALT_FPU         0
#define GESTALT_MMU         0
#define GESTALT_ADDRESSING  0

#define ADDRESS_MASK        0x00FFFFFF
#define FRAME_BYTES         6               /* status, PC */
#define FRAME_FORMATS       0               /* no format word tells how long a frame is */

/* Bus and address errors have function code, address and instruction before status and PC. */
#define FAULT_STATUS        8
#define FAULT_ADDRESS       2

#define HAS_CACHES          0
