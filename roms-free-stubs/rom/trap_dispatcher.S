/* The A-line dispatcher.  Exception frame: status word, the address of the trap word, and on later processors than the 68000 a
   format word.  Eight bytes make room for a handler's address beside the return address. */
#include "low_memory.h"
#include "model.h"
#include "rom_traps.h"

        .text
        .globl  trap_dispatcher
trap_dispatcher:
        .if     FRAME_BYTES < 8
        subq.l  #8-FRAME_BYTES,%sp
        .endif
        movem.l %d1-%d2/%a0-%a2,-(%sp)  /* 0: d1 d2 a0 a1 a2; then the eight bytes */
        movea.l 20+8-FRAME_BYTES+2(%sp),%a2
        move.w  (%a2)+,%d1
        cmpi.w  #0xA800,%d1
        bcc.s   toolbox

        move.l  %a2,24(%sp)
        moveq   #0,%d2
        move.b  %d1,%d2
        lsl.w   #2,%d2
        lea     OSTable.w,%a2
        movea.l 0(%a2,%d2.w),%a2
        jsr     (%a2)
        movea.l 24(%sp),%a2
        btst    #0,-2(%a2)              /* bit 8 of the trap word: A0 is a result */
        beq.s   1f
        move.l  %a0,8(%sp)
1:      movem.l (%sp)+,%d1-%d2/%a0-%a2
        addq.l  #4,%sp
        tst.w   %d0
        rts

toolbox:
        move.w  %d1,%d2
        andi.w  #0x03FF,%d2
        lsl.w   #2,%d2
        lea     ToolTable.w,%a0
        move.l  0(%a0,%d2.w),%d2
        btst    #10,%d1
        bne.s   2f
        move.l  %d2,20(%sp)
        move.l  %a2,24(%sp)
        movem.l (%sp)+,%d1-%d2/%a0-%a2
        rts
2:      move.l  %d2,24(%sp)             /* auto-pop: back to where the glue routine was called from */
        movem.l (%sp)+,%d1-%d2/%a0-%a2
        addq.l  #4,%sp
        rts

/* Fills both tables with Unimplemented, then from the records of the managers. */
        .globl  trap_tables_init
ROM_INIT(20, trap_tables_init)
trap_tables_init:
        move.l  %d2,-(%sp)
        lea     trap_Unimplemented,%a0
        lea     OSTable.w,%a1
        move.w  #256-1,%d0
1:      move.l  %a0,(%a1)+
        dbra    %d0,1b
        lea     ToolTable.w,%a1
        move.w  #1024-1,%d0
2:      move.l  %a0,(%a1)+
        dbra    %d0,2b
        lea     __traptab_start,%a0
3:      cmpa.l  #__traptab_end,%a0
        bcc.s   5f
        move.w  (%a0),%d0
        addq.l  #4,%a0
        bsr.s   trap_slot
        move.l  (%a0)+,(%a1)
        bra.s   3b
5:      move.l  (%sp)+,%d2
        rts

/* D0.w trap word -> A1 its slot, by bit 11; changes D0. */
trap_slot:
        lea     OSTable.w,%a1
        btst    #11,%d0
        beq.s   1f
tool_slot:
        lea     ToolTable.w,%a1
        andi.w  #0x03FF,%d0
        bra.s   2f
1:      andi.w  #0x00FF,%d0
2:      lsl.w   #2,%d0
        adda.w  %d0,%a1
        rts

/* GetTrapAddress and SetTrapAddress: bit 9 of the trap word asks for the new numbering, bit 10 then for the Toolbox.
   In the old numbering one number space served both tables: 0x00-0x4F, 0x54 and 0x57 are OS traps, the others Toolbox. */
which_slot:
        btst    #9,%d1
        beq.s   1f
        btst    #10,%d1
        bne.s   tool_slot
        lea     OSTable.w,%a1
        andi.w  #0x00FF,%d0
        bra.s   4f
1:      andi.w  #0x01FF,%d0
        cmpi.w  #0x50,%d0
        bcs.s   2f
        cmpi.w  #0x54,%d0
        beq.s   2f
        cmpi.w  #0x57,%d0
        bne.s   tool_slot
2:      lea     OSTable.w,%a1
4:      lsl.w   #2,%d0
        adda.w  %d0,%a1
        rts

OS_TRAP(0xA146, GetTrapAddress)
trap_GetTrapAddress:
        bsr.s   which_slot
        movea.l (%a1),%a0
        moveq   #0,%d0
        rts

OS_TRAP(0xA047, SetTrapAddress)
trap_SetTrapAddress:
        bsr.s   which_slot
        move.l  %a0,(%a1)
        moveq   #0,%d0
        rts

        .globl  trap_Unimplemented
TB_TRAP(0xA89F, Unimplemented)
trap_Unimplemented:
        moveq   #12,%d0                 /* dsCoreErr */
        jmp     trap_SysError
