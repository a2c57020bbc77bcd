SUMMARY = "What is on the factory stick"
LICENSE = "Apache-2.0"

PACKAGE_ARCH = "${MACHINE_ARCH}"
inherit packagegroup joulepoint-only

RDEPENDS:${PN} = "\
    base-files \
    base-passwd \
    busybox \
    coreutils \
    cryptsetup \
    dosfstools \
    e2fsprogs-mke2fs \
    joulepoint-flasher \
    joulepoint-tpm \
    jp-factory \
    kmod \
    libtss2-tcti-device \
    openssl-bin \
    os-release \
    systemd \
    systemd-crypt \
    tpm2-tools \
    tpm2-tss \
    util-linux-blockdev \
    util-linux-mount \
    util-linux-sfdisk \
    zstd \
"
# A board's firmware goes into the eMMC's boot partition.
RDEPENDS:${PN} += "${@'mmc-utils' if d.getVar('JOULEPOINT_BOOT') == 'fit' else ''}"
