SUMMARY = "The root file system of a Joulepoint unit"
DESCRIPTION = "Daemons, HMI and what they stand on, as a squashfs under dm-verity; joulepoint-boot signs for it."
LICENSE = "Apache-2.0"

inherit core-image joulepoint-only joulepoint-root

IMAGE_INSTALL = "packagegroup-joulepoint"
IMAGE_FEATURES = "read-only-rootfs"
IMAGE_FSTYPES = "slot"
# The kernel is in the boot partition.
PACKAGE_EXCLUDE = "kernel-image-*"
# Packages are gone from a unit: it is replaced as a whole.
IMAGE_FEATURES:remove = "package-management"

# A screen wants the graphical target.
SYSTEMD_DEFAULT_TARGET = "${@'graphical.target' if d.getVar('JOULEPOINT_KIOSK') == '1' else 'multi-user.target'}"

ROOTFS_POSTPROCESS_COMMAND += "joulepoint_lock_root; joulepoint_empty_var; "

# No password opens anything.
joulepoint_lock_root() {
    sed -i 's/^root:[^:]*:/root:*:/' ${IMAGE_ROOTFS}${sysconfdir}/shadow
    : >${IMAGE_ROOTFS}${sysconfdir}/machine-id
    echo joulepoint >${IMAGE_ROOTFS}${sysconfdir}/hostname
}

# /var is a tmpfs (ota/fstab): what a package left there would not be seen.
joulepoint_empty_var() {
    rm -rf ${IMAGE_ROOTFS}${localstatedir}/*
}
