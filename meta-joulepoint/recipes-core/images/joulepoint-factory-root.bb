SUMMARY = "The factory stick's system, whole in its RAM disk"
DESCRIPTION = "It runs from memory: the stick may be pulled once the unit's disk is written, and nothing of a unit stays."
LICENSE = "Apache-2.0"

inherit image joulepoint-only

PACKAGE_INSTALL = "packagegroup-joulepoint-factory"
PACKAGE_EXCLUDE = "kernel-image-*"
IMAGE_FEATURES = ""
IMAGE_LINGUAS = ""
IMAGE_NAME_SUFFIX ?= ""
IMAGE_FSTYPES = "cpio"
EXCLUDE_FROM_WORLD = "1"

ROOTFS_POSTPROCESS_COMMAND += "joulepoint_factory_start; "

# The kernel starts /init of a RAM disk; here that is systemd, and it stays.
joulepoint_factory_start() {
    ln -sf ${nonarch_libdir}/systemd/systemd ${IMAGE_ROOTFS}/init
    echo '/dev/disk/by-partlabel/FACTORY /run/factory vfat noatime,umask=0077 0 0' >${IMAGE_ROOTFS}${sysconfdir}/fstab
    echo joulepoint-factory >${IMAGE_ROOTFS}${sysconfdir}/hostname
    sed -i 's/^root:[^:]*:/root:*:/' ${IMAGE_ROOTFS}${sysconfdir}/shadow
}
