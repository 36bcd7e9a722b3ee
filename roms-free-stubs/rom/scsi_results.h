/* Results of SCSI Manager calls, Inside Macintosh: Devices, chapter 3; for C they are in scsi.h. */
#ifndef SCSI_RESULTS_H
#define SCSI_RESULTS_H

    .equ    noErr, 0
    .equ    scCommErr, 2
    .equ    scArbNBErr, 3
    .equ    scBadParmsErr, 4
    .equ    scPhaseErr, 5
    .equ    scCompareErr, 6
    .equ    scMgrBusyErr, 7
    .equ    scSequenceErr, 8
    .equ    scBusTOErr, 9
    .equ    scComplPhaseErr, 10

#endif
