//! Instructions with their clocks from the *M68000 User's Manual*, section 8, and the order of their bus cycles.
//!
//! The order is what the published microcode (US patent 4,325,121) and the cycle tables made from it say: `p` a word fetched from the program,
//! `r` and `w` a word of data, stack or vector read or written, `.` two clocks without the bus. A cycle is four clocks, so the order
//! also gives the clocks; a test compares both sums.
//!
//! Before each sequence A0 and A1 point to zeros, D0 is 0, D1 is 3, the stack holds what RTS or RTE needs, and the vectors lead to the NOP
//! behind it.

/// Stands for the high word of the address of data, which are at [`DATA_LOW`] of a place in ROM or RAM.
pub const DATA_HIGH: u16 = 0xA0A0;
/// The low word of that address.
pub const DATA_LOW: u16 = 0x9000;
/// Stand for the address of the NOP behind the sequence.
pub const END_HIGH: u16 = 0xE0E0;
pub const END_LOW: u16 = 0xE0E1;

/// A sequence: name, words, clocks, bus cycles.
pub type Case = (&'static str, &'static [u16], u64, &'static str);

/// Tables 8-2 and 8-3: MOVE.
pub const MOVE: &[Case] = &[
    ("MOVE.W D0,D1", &[0x3200], 4, "p"),
    ("MOVE.L D0,A2", &[0x2440], 4, "p"),
    ("MOVE.B (A0),D1", &[0x1210], 8, "rp"),
    ("MOVE.L (A0),D1", &[0x2210], 12, "rrp"),
    ("MOVE.W (A0)+,D1", &[0x3218], 8, "rp"),
    ("MOVE.W -(A0),D1", &[0x3220], 10, ".rp"),
    ("MOVE.L -(A0),D1", &[0x2220], 14, ".rrp"),
    ("MOVE.W 8(A0),D1", &[0x3228, 8], 12, "prp"),
    ("MOVE.W 8(A0,D0.W),D1", &[0x3230, 0x0008], 14, ".prp"),
    ("MOVE.W (xxx).W,D1", &[0x3238, 0x0040], 12, "prp"),
    (
        "MOVE.L (xxx).L,D1",
        &[0x2239, DATA_HIGH, DATA_LOW],
        20,
        "pprrp",
    ),
    ("MOVE.W 8(PC),D1", &[0x323A, 8], 12, "ppp"),
    ("MOVE.W 8(PC,D0.W),D1", &[0x323B, 0x0008], 14, ".ppp"),
    ("MOVE.L #1,D1", &[0x223C, 0, 1], 12, "ppp"),
    ("MOVE.W D0,(A0)", &[0x3080], 8, "wp"),
    ("MOVE.L D0,(A0)", &[0x2080], 12, "wwp"),
    ("MOVE.B D0,(A0)+", &[0x10C0], 8, "wp"),
    ("MOVE.W D0,-(A0)", &[0x3100], 8, "pw"),
    ("MOVE.L D0,-(A0)", &[0x2100], 12, "pww"),
    ("MOVE.W D0,8(A0)", &[0x3140, 8], 12, "pwp"),
    ("MOVE.W D0,8(A0,D1.W)", &[0x3180, 0x1009], 14, ".pwp"),
    (
        "MOVE.W D0,(xxx).L",
        &[0x33C0, DATA_HIGH, DATA_LOW],
        16,
        "ppwp",
    ),
    ("MOVE.L (A0)+,(A1)+", &[0x22D8], 20, "rrwwp"),
    ("MOVE.L (A0),-(A1)", &[0x2310], 20, "rrpww"),
    ("MOVE.L (A0),8(A1)", &[0x2350, 8], 24, "rrpwwp"),
    (
        "MOVE.W (A0),(xxx).L",
        &[0x33D0, DATA_HIGH, DATA_LOW],
        20,
        "rpwpp",
    ),
    (
        "MOVE.L 8(A0,D0.W),8(A1,D0.W)",
        &[0x23B0, 0x0008, 0x0008],
        32,
        ".prr.pwwp",
    ),
    (
        "MOVE.L (xxx).L,(xxx).L",
        &[0x23F9, DATA_HIGH, DATA_LOW, DATA_HIGH, DATA_LOW + 8],
        36,
        "pprrpwwpp",
    ),
    (
        "MOVE.W #1,(xxx).L",
        &[0x33FC, 1, DATA_HIGH, DATA_LOW],
        20,
        "pppwp",
    ),
    ("MOVE.L #1,-(A0)", &[0x213C, 0, 1], 20, "pppww"),
];

/// Tables 8-4 to 8-8: arithmetic and logic, immediate, single operand, shifts, bits.
pub const ALU: &[Case] = &[
    ("ADD.W D0,D1", &[0xD240], 4, "p"),
    ("ADD.L D0,D1", &[0xD280], 8, "p.."),
    ("ADD.W (A0),D1", &[0xD250], 8, "rp"),
    ("ADD.L (A0),D1", &[0xD290], 14, "rrp."),
    ("ADD.W D1,(A0)", &[0xD350], 12, "rpw"),
    ("ADD.L D1,(A0)", &[0xD390], 20, "rrpww"),
    ("ADDA.W D0,A2", &[0xD4C0], 8, "p.."),
    ("ADDA.L (A0),A2", &[0xD5D0], 14, "rrp."),
    ("AND.L D0,D1", &[0xC280], 8, "p.."),
    ("OR.L (A0),D1", &[0x8290], 14, "rrp."),
    ("EOR.L D0,D1", &[0xB181], 8, "p.."),
    ("CMP.L D0,D1", &[0xB280], 6, "p."),
    ("CMP.L (A0),D1", &[0xB290], 14, "rrp."),
    ("CMPA.W D0,A2", &[0xB4C0], 6, "p."),
    (
        "MULU D1,D0 with two ones",
        &[0xC0C1],
        42,
        "p...................",
    ),
    (
        "MULS D1,D0 with two changes",
        &[0xC1C1],
        42,
        "p...................",
    ),
    ("MULU #0,D1", &[0xC2FC, 0], 42, "pp................."),
    (
        "MULU #FFFF,D1",
        &[0xC2FC, 0xFFFF],
        74,
        "pp.................................",
    ),
    ("ADDQ.W #1,D1", &[0x5241], 4, "p"),
    ("ADDQ.L #1,D1", &[0x5281], 8, "p.."),
    ("ADDQ.W #1,A2", &[0x524A], 8, "p.."),
    ("SUBQ.L #1,(A0)", &[0x5390], 20, "rrpww"),
    ("MOVEQ #1,D1", &[0x7201], 4, "p"),
    ("ADDI.W #1,D1", &[0x0641, 1], 8, "pp"),
    ("ADDI.L #1,D1", &[0x0681, 0, 1], 16, "ppp.."),
    ("ORI.W #1,(A0)", &[0x0050, 1], 16, "prpw"),
    ("ANDI.L #1,(A0)", &[0x0290, 0, 1], 28, "pprrpww"),
    ("CMPI.L #1,D1", &[0x0C81, 0, 1], 14, "ppp."),
    ("CMPI.W #1,(A0)", &[0x0C50, 1], 12, "prp"),
    ("CLR.L D1", &[0x4281], 6, "p."),
    ("CLR.W (A0)", &[0x4250], 12, "rpw"),
    ("CLR.L (A0)", &[0x4290], 20, "rrpww"),
    ("NEG.L D1", &[0x4481], 6, "p."),
    ("NOT.L (A0)", &[0x4690], 20, "rrpww"),
    ("NBCD D1", &[0x4801], 6, "p."),
    ("TST.W (A0)", &[0x4A50], 8, "rp"),
    ("TAS (A0)", &[0x4AD0], 14, "r.wp"),
    ("ST D1", &[0x50C1], 6, "p."),
    ("SF D1", &[0x51C1], 4, "p"),
    ("ST (A0)", &[0x50D0], 12, "rpw"),
    ("LSL.W #1,D1", &[0xE349], 8, "p.."),
    ("LSL.L #8,D1", &[0xE189], 24, "p.........."),
    ("LSR.W D1,D0 by 3", &[0xE268], 12, "p...."),
    ("ROXL.L #4,D1", &[0xE991], 16, "p......"),
    ("ASR.W (A0)", &[0xE0D0], 12, "rpw"),
    ("BTST D1,D0", &[0x0300], 6, "p."),
    ("BTST #3,D0", &[0x0800, 3], 10, "pp."),
    ("BTST #0,(A0)", &[0x0810, 0], 12, "prp"),
    ("BSET #3,(A0)", &[0x08D0, 3], 16, "prpw"),
    ("BCHG D1,(A0)", &[0x0350], 12, "rpw"),
];

/// Tables 8-9 to 8-14: branches, jumps, MOVEM, multi-precision, the rest, MOVEP, exceptions.
pub const CONTROL: &[Case] = &[
    ("NOP", &[0x4E71], 4, "p"),
    ("BRA.S", &[0x6002, 0x4E71], 10, ".pp"),
    ("BRA.W", &[0x6000, 4, 0x4E71], 10, ".pp"),
    (
        "BEQ taken after MOVEQ #0",
        &[0x7000, 0x6702, 0x4E71],
        14,
        "p.pp",
    ),
    ("BNE.S not taken", &[0x7000, 0x6602], 12, "p..p"),
    ("BNE.W not taken", &[0x7000, 0x6600, 2], 16, "p..pp"),
    ("BSR.S", &[0x6102, 0x4E71], 18, ".wwpp"),
    ("BSR.W", &[0x6100, 2], 18, ".wwpp"),
    ("DBRA expired", &[0x51C8, 0xFFFE], 14, ".ppp"),
    (
        "DBRA three times and expired",
        &[0x51C9, 0xFFFE],
        3 * 10 + 14,
        ".pp.pp.pp.ppp",
    ),
    (
        "DBEQ condition true",
        &[0x7000, 0x57C8, 0xFFFE],
        16,
        "p..pp",
    ),
    ("JMP (xxx).L", &[0x4EF9, END_HIGH, END_LOW], 12, "ppp"),
    ("JMP 2(PC)", &[0x4EFA, 2], 10, ".pp"),
    ("JSR 2(PC)", &[0x4EBA, 2], 18, ".pwwp"),
    ("JSR (xxx).L", &[0x4EB9, END_HIGH, END_LOW], 20, "ppwwp"),
    ("LEA (A0),A1", &[0x43D0], 4, "p"),
    ("LEA 8(A0),A1", &[0x43E8, 8], 8, "pp"),
    ("LEA 8(A0,D0.W),A1", &[0x43F0, 8], 12, ".p.p"),
    ("PEA (A0)", &[0x4850], 12, "pww"),
    ("PEA 8(A0)", &[0x4868, 8], 16, "ppww"),
    (
        "MOVEM.L D0-D7,-(A1)",
        &[0x48E1, 0xFF00],
        72,
        "pwwwwwwwwwwwwwwwwp",
    ),
    ("MOVEM.W D0-D3,(A1)", &[0x4891, 0x000F], 24, "pwwwwp"),
    (
        "MOVEM.L (A1)+,D0-D7",
        &[0x4CD9, 0x00FF],
        76,
        "prrrrrrrrrrrrrrrrrp",
    ),
    ("MOVEM.W (A1),D0-D3", &[0x4C91, 0x000F], 28, "prrrrrp"),
    ("ADDX.L D0,D1", &[0xD380], 8, "p.."),
    ("ADDX.L -(A0),-(A1)", &[0xD388], 30, ".rrrrwpw"),
    ("SUBX.B -(A0),-(A1)", &[0x9308], 18, ".rrpw"),
    ("CMPM.L (A0)+,(A1)+", &[0xB388], 20, "rrrrp"),
    ("ABCD D0,D1", &[0xC300], 6, "p."),
    ("ABCD -(A0),-(A1)", &[0xC308], 18, ".rrpw"),
    ("SWAP D1", &[0x4841], 4, "p"),
    ("EXG D0,D1", &[0xC141], 6, "p."),
    ("EXT.L D1", &[0x48C1], 4, "p"),
    ("LINK A2,#-8", &[0x4E52, 0xFFF8], 16, "pwwp"),
    ("UNLK A1", &[0x4E59], 12, "rrp"),
    ("MOVE SR,D1", &[0x40C1], 6, "p."),
    ("MOVE D1,CCR", &[0x44C1], 12, "..pp"),
    ("ANDI #FF,CCR", &[0x023C, 0x00FF], 20, "p....pp"),
    ("ORI #0,SR", &[0x007C, 0], 20, "p....pp"),
    ("MOVE USP,A2", &[0x4E6A], 4, "p"),
    ("TRAPV without overflow", &[0x4E76], 4, "p"),
    ("CHK D1,D0 without trap", &[0x4181], 10, "p..."),
    ("MOVEP.L 0(A0),D1", &[0x0348, 0x0000], 24, "prrrrp"),
    ("MOVEP.W D1,0(A0)", &[0x0388, 0x0000], 16, "pwwp"),
    ("RTS", &[0x4E75], 16, "rrpp"),
    ("RTE", &[0x4E73], 20, "rrrpp"),
    ("RTR", &[0x4E77], 20, "rrrpp"),
    ("TRAP #0", &[0x4E40], 34, "..wwwrrp.p"),
    ("line A", &[0xA123], 34, "..wwwrrp.p"),
    ("line F", &[0xF123], 34, "..wwwrrp.p"),
    ("ILLEGAL", &[0x4AFC], 34, "..wwwrrp.p"),
    ("DIVU D0,D1 by zero", &[0x82C0], 38, "....wwwrrp.p"),
];

/// Where the CPU core has another order than the microcode: JSR pushes before it fetches from its target, CHK waits before it fetches.
/// The clocks are the same; the waits of RAM may fall otherwise.
pub const OTHER_ORDER: &[(&str, &str)] = &[
    ("JSR 2(PC)", ".wwpp"),
    ("JSR (xxx).L", "pwwpp"),
    ("CHK D1,D0 without trap", "...p"),
];
