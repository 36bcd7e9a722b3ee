/* File Manager calls on volumes and working directories. */
#include "hfs.h"

static void tell_volume_name(uint8_t *to, const VCB *vcb)
{
    if (to)
        memcpy(to, vcb->vcbVN, vcb->vcbVN[0] + 1);
}

/* By index, by name, or by reference number. */
static VCB *volume_in(const HVolumeParam *pb)
{
    uint32_t implied;
    Target target;
    VCB *vcb;
    int left = pb->ioVolIndex;
    if (left == 0)
        return find_volume(pb->ioVRefNum, &implied);
    if (left < 0)
        return find_target(pb->ioNamePtr, pb->ioVRefNum, 0, &target) ? 0 : target.vcb;
    for (vcb = (VCB *)VCBQHdr.qHead; vcb && --left; vcb = (VCB *)vcb->qLink) {
    }
    return vcb;
}

OSErr fs_get_vol_info(void *p)
{
    HVolumeParam *pb = p;
    VCB *vcb = volume_in(pb);
    if (!vcb)
        return nsvErr;
    tell_volume_name(pb->ioNamePtr, vcb);
    if (pb->ioVolIndex != 0 || pb->ioVRefNum > 0 || pb->ioVRefNum == 0)
        pb->ioVRefNum = vcb->vcbVRefNum;
    pb->ioVCrDate = vcb->vcbCrDate;
    pb->ioVLsMod = vcb->vcbLsMod;
    pb->ioVAtrb = vcb->vcbAtrb;
    pb->ioVNmFls = vcb->vcbNmFls;
    pb->ioVBitMap = vcb->vcbVBMSt;
    pb->ioVAllocPtr = vcb->vcbAllocPtr;
    pb->ioVNmAlBlks = vcb->vcbNmAlBlks;
    pb->ioVAlBlkSiz = vcb->vcbAlBlkSiz;
    pb->ioVClpSiz = vcb->vcbClpSiz;
    pb->ioAlBlSt = vcb->vcbAlBlSt;
    pb->ioVNxtCNID = vcb->vcbNxtCNID;
    pb->ioVFrBlk = vcb->vcbFreeBks;
    if (!hierarchical((IOParam *)pb))
        return noErr;
    pb->ioVSigWord = vcb->vcbSigWord;
    pb->ioVDrvInfo = vcb->vcbDrvNum;
    pb->ioVDRefNum = vcb->vcbDRefNum;
    pb->ioVFSID = vcb->vcbFSID;
    pb->ioVBkUp = vcb->vcbVolBkUp;
    pb->ioVSeqNum = vcb->vcbVSeqNum;
    pb->ioVWrCnt = vcb->vcbWrCnt;
    pb->ioVFilCnt = vcb->vcbFilCnt;
    pb->ioVDirCnt = vcb->vcbDirCnt;
    memcpy(pb->ioVFndrInfo, vcb->vcbFndrInfo, sizeof pb->ioVFndrInfo);
    return noErr;
}

OSErr fs_set_vol_info(void *p)
{
    HVolumeParam *pb = p;
    uint32_t implied;
    VCB *vcb = find_volume(pb->ioVRefNum, &implied);
    if (!vcb)
        return nsvErr;
    vcb->vcbCrDate = pb->ioVCrDate;
    vcb->vcbLsMod = pb->ioVLsMod;
    vcb->vcbClpSiz = pb->ioVClpSiz;
    vcb->vcbVolBkUp = pb->ioVBkUp;
    vcb->vcbVSeqNum = pb->ioVSeqNum;
    memcpy(vcb->vcbFndrInfo, pb->ioVFndrInfo, sizeof pb->ioVFndrInfo);
    volume_changed(vcb);
    return noErr;
}

OSErr fs_flush_vol(void *p)
{
    VolumeParam *pb = p;
    Target target;
    OSErr err = find_target(pb->ioNamePtr, pb->ioVRefNum, 0, &target);
    return err ? err : volume_flush(target.vcb);
}

OSErr fs_get_vol(void *p)
{
    WDPBRec *pb = p;
    VCB *vcb = (VCB *)DefVCBPtr;
    if (!vcb)
        return nsvErr;
    tell_volume_name(pb->ioNamePtr, vcb);
    pb->ioVRefNum = DefVRefNum;
    if (hierarchical((IOParam *)pb)) {
        pb->ioWDProcID = 0;
        pb->ioWDVRefNum = vcb->vcbVRefNum;
        pb->ioWDDirID = CurDirStore;
    }
    return noErr;
}

OSErr fs_set_vol(void *p)
{
    WDPBRec *pb = p;
    Target target;
    CatEntry entry;
    OSErr err = find_target(pb->ioNamePtr, pb->ioVRefNum, hierarchical((IOParam *)pb) ? pb->ioWDDirID : 0, &target);
    if (err)
        return err;
    if (target.name[0]) {
        err = catalog_find(target.vcb, target.dir, target.name, &entry);
        if (err || entry.record.type != cdrDirRec)
            return err ? err : fnfErr;
        target.dir = entry.record.dir.dirDirID;
    }
    DefVCBPtr = (Ptr)target.vcb;
    DefVRefNum = directory_of(pb->ioVRefNum) ? pb->ioVRefNum : target.vcb->vcbVRefNum;
    CurDirStore = target.dir;
    return noErr;
}

static DrvQEl *drive_of(int16_t number)
{
    QElem *e;
    for (e = DrvQHdr.qHead; e; e = e->qLink)
        if (((DrvQEl *)e)->dQDrive == number)
            return (DrvQEl *)e;
    return 0;
}

/* MountVol: ioVRefNum is the drive, and then the volume.  The first volume becomes the default. */
OSErr fs_mount_vol(void *p)
{
    VolumeParam *pb = p;
    DrvQEl *drive = drive_of(pb->ioVRefNum);
    VCB *vcb;
    OSErr err;
    if (!drive)
        return nsDrvErr;
    for (vcb = (VCB *)VCBQHdr.qHead; vcb; vcb = (VCB *)vcb->qLink)
        if (vcb->vcbDrvNum == drive->dQDrive)
            return volOnLinErr;
    err = volume_mount(drive->dQDrive, drive->dQRefNum, (uint32_t)drive->dQDrvSz2 << 16 | drive->dQDrvSz, &vcb);
    if (err)
        return err;
    vcb->qType = fsQType;
    vcb->qLink = 0;
    if (VCBQHdr.qTail)
        VCBQHdr.qTail->qLink = (QElem *)vcb;
    else
        VCBQHdr.qHead = (QElem *)vcb;
    VCBQHdr.qTail = (QElem *)vcb;
    if (!DefVCBPtr) {
        DefVCBPtr = (Ptr)vcb;
        DefVRefNum = vcb->vcbVRefNum;
        CurDirStore = fsRtDirID;
    }
    pb->ioVRefNum = vcb->vcbVRefNum;
    return noErr;
}

/* Volumes of a SCSI disk stay on line: unmounting and ejecting write everything out and mark the volume as sound. */
OSErr fs_unmount_vol(void *p)
{
    VolumeParam *pb = p;
    Target target;
    FCB *fcb;
    OSErr err = find_target(pb->ioNamePtr, pb->ioVRefNum, 0, &target);
    if (err)
        return err;
    for (fcb = path_next(0); fcb; fcb = path_next(fcb))
        if (fcb->fcbVPtr == target.vcb && fcb->fcbFlNum >= first_file)
            return fBsyErr;
    target.vcb->vcbAtrb |= 0x0100;
    volume_changed(target.vcb);
    err = volume_flush(target.vcb);
    target.vcb->vcbAtrb &= ~0x0100;
    return err;
}

OSErr fs_eject(void *pb) { return fs_flush_vol(pb); }

OSErr fs_open_wd(void *p)
{
    WDPBRec *pb = p;
    CatEntry entry;
    WDCB *wd, *unused = 0;
    OSErr err = find_entry(pb->ioNamePtr, pb->ioVRefNum, pb->ioWDDirID, &entry);
    if (err)
        return err;
    if (entry.record.type != cdrDirRec)
        return dirNFErr;
    for (wd = (WDCB *)(WDCBsPtr + 2); wd < (WDCB *)(WDCBsPtr + 2) + max_directories; wd++) {
        if (wd->wdVCBPtr == entry.vcb && wd->wdDirID == (int32_t)entry.record.dir.dirDirID && wd->wdProcID == pb->ioWDProcID)
            break;
        if (!wd->wdVCBPtr && !unused)
            unused = wd;
    }
    if (wd == (WDCB *)(WDCBsPtr + 2) + max_directories) {
        wd = unused;
        if (!wd)
            return tmwdoErr;
        wd->wdVCBPtr = entry.vcb;
        wd->wdDirID = entry.record.dir.dirDirID;
        wd->wdProcID = pb->ioWDProcID;
    }
    pb->ioVRefNum = first_directory + ((Ptr)wd - WDCBsPtr);
    return noErr;
}

OSErr fs_close_wd(void *pb)
{
    WDCB *wd = directory_of(((WDPBRec *)pb)->ioVRefNum);
    if (!wd)
        return rfNumErr;
    wd->wdVCBPtr = 0;
    return noErr;
}

OSErr fs_get_wd_info(void *p)
{
    WDPBRec *pb = p;
    WDCB *wd = directory_of(pb->ioVRefNum);
    if (!wd)
        return rfNumErr;
    tell_volume_name(pb->ioNamePtr, wd->wdVCBPtr);
    pb->ioWDProcID = wd->wdProcID;
    pb->ioWDVRefNum = wd->wdVCBPtr->vcbVRefNum;
    pb->ioWDDirID = wd->wdDirID;
    return noErr;
}
