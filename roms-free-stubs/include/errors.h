/* Result codes shared by all managers; a manager's own codes are in its header. */
#ifndef ERRORS_H
#define ERRORS_H
enum {
    noErr = 0,
    qErr = -1, vTypErr = -2, corErr = -3, unimpErr = -4,
    controlErr = -17, statusErr = -18, readErr = -19, writErr = -20, badUnitErr = -21, unitEmptyErr = -22, openErr = -23,
    closErr = -24, dRemovErr = -25, dInstErr = -26, abortErr = -27, notOpenErr = -28,
    dirFulErr = -33, dskFulErr = -34, nsvErr = -35, ioErr = -36, bdNamErr = -37, fnOpnErr = -38, eofErr = -39, posErr = -40,
    mFulErr = -41, tmfoErr = -42, fnfErr = -43, wPrErr = -44, fLckdErr = -45, vLckdErr = -46, fBsyErr = -47, dupFNErr = -48,
    opWrErr = -49, paramErr = -50, rfNumErr = -51, gfpErr = -52, volOffLinErr = -53, permErr = -54, volOnLinErr = -55,
    nsDrvErr = -56, noMacDskErr = -57, extFSErr = -58, fsRnErr = -59, badMDBErr = -60, wrPermErr = -61,
    clkRdErr = -85, clkWrErr = -86,
    memROZErr = -99, memFullErr = -108, nilHandleErr = -109, memAdrErr = -110, memWZErr = -111, memPurErr = -112,
    memAZErr = -113, memPCErr = -114, memBCErr = -115, memLockedErr = -117,
    dirNFErr = -120, tmwdoErr = -121, badMovErr = -122, wrgVolTypErr = -123,
    resNotFound = -192, resFNotFound = -193, addResFailed = -194, rmvResFailed = -196, mapReadErr = -199,
    evtNotEnb = 1, nmTypErr = -299, procNotFound = -600, memFragErr = -601, appModeErr = -602,
    gestaltUndefSelectorErr = -5551
};

/* System errors, the numbers in the bomb box. */
enum {
    dsBusErr = 1, dsAddressErr = 2, dsIllInstErr = 3, dsZeroDivErr = 4, dsChkErr = 5, dsOvflowErr = 6, dsPrivErr = 7, dsTraceErr = 8,
    dsLineAErr = 9, dsLineFErr = 10, dsMiscErr = 11, dsCoreErr = 12, dsIrqErr = 13, dsIOCoreErr = 14, dsLoadErr = 15,
    dsMemFullErr = 25, dsBadLaunch = 26, dsFSErr = 27, dsStknHeap = 28
};
#endif
