SUMMARY = "What is on a unit"
DESCRIPTION = "The product's programs and what they stand on; -dev is what a developer's unit has besides."
LICENSE = "Apache-2.0"

PACKAGE_ARCH = "${MACHINE_ARCH}"
inherit packagegroup joulepoint-only

PACKAGES = "${PN} ${PN}-dev-tools ${PN}-kiosk"

# Ours.
RDEPENDS:${PN} = " \
    joulepoint-base \
    joulepoint-daemons \
    joulepoint-pages \
    joulepoint-tpm \
    joulepoint-update \
"
# The system under it.
RDEPENDS:${PN} += " \
    ca-certificates \
    chrony \
    cryptsetup \
    dosfstools \
    e2fsprogs-mke2fs \
    iproute2 \
    kernel-modules \
    libtss2-tcti-device \
    os-release \
    rauc \
    rauc-service \
    tpm2-tools \
    tpm2-tss \
    util-linux-agetty \
    util-linux-sfdisk \
"
# The ways to the world. Tailscale is installed and off.
RDEPENDS:${PN} += " \
    modemmanager \
    networkmanager \
    networkmanager-nmcli \
    nftables \
    tailscaled \
"
RDEPENDS:${PN} += "${@'efibootmgr' if d.getVar('JOULEPOINT_BOOT') == 'uki' else 'libubootenv-bin'}"
RDEPENDS:${PN} += "${@'${PN}-kiosk' if d.getVar('JOULEPOINT_KIOSK') == '1' else ''}"
RDEPENDS:${PN}-kiosk = "${@'joulepoint-kiosk' if d.getVar('JOULEPOINT_KIOSK') == '1' else ''}"

RDEPENDS:${PN}-dev-tools = " \
    can-utils \
    curl \
    gdbserver \
    less \
    openssh-sshd \
    strace \
    tcpdump \
"
