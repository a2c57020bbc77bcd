SUMMARY = "What is on a unit"
DESCRIPTION = "The product's programs and what they stand on; -dev-tools is what a developer's unit has besides."
LICENSE = "Apache-2.0"

PACKAGE_ARCH = "${MACHINE_ARCH}"
inherit packagegroup joulepoint-only

PACKAGES = "${PN} ${PN}-dev-tools ${PN}-kiosk"

# Ours.
RDEPENDS:${PN} = "\
    joulepoint-base \
    joulepoint-daemons \
    joulepoint-pages \
    joulepoint-tpm \
    joulepoint-update \
"
# The system under it. Scripts of ours know GNU's coreutils, as on the bench, not a small shell's (ci/layer/test_commands.py).
RDEPENDS:${PN} += "\
    base-files \
    base-passwd \
    busybox \
    ca-certificates \
    chrony \
    coreutils \
    cryptsetup \
    e2fsprogs-e2fsck \
    e2fsprogs-mke2fs \
    iproute2 \
    kmod \
    libtss2-tcti-device \
    netbase \
    os-release \
    rauc \
    rauc-service \
    systemd \
    systemd-crypt \
    tpm2-tools \
    tpm2-tss \
    tzdata-core \
    util-linux-blockdev \
    util-linux-mount \
    util-linux-mountpoint \
    util-linux-sfdisk \
"
# The ways to the world. Tailscale is installed and off.
RDEPENDS:${PN} += "\
    modemmanager \
    networkmanager \
    networkmanager-nmcli \
    nftables \
    tailscaled \
"
# What reads and writes the boot loader's memory: EFI variables, or U-Boot's environment.
RDEPENDS:${PN} += "${@{'uki': 'efibootmgr', 'fit': 'libubootenv-bin u-boot-default-env'}.get(d.getVar('JOULEPOINT_BOOT') or '', '')}"
RDEPENDS:${PN} += "${@'${PN}-kiosk' if d.getVar('JOULEPOINT_KIOSK') == '1' else ''}"

# Modules, where the kernel has them as such. What starts a unit is built in.
RRECOMMENDS:${PN} = "\
    kernel-module-cdc-mbim \
    kernel-module-option \
    kernel-module-qcaspi \
    kernel-module-qmi-wwan \
    kernel-module-tun \
    kernel-module-wireguard \
"

RDEPENDS:${PN}-kiosk = "${@'joulepoint-kiosk' if d.getVar('JOULEPOINT_KIOSK') == '1' else ''}"

RDEPENDS:${PN}-dev-tools = "\
    can-utils \
    curl \
    gdbserver \
    less \
    openssh-sshd \
    strace \
    tcpdump \
"
