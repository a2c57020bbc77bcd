# The recipe has no unit; the rules are ours (joulepoint-base, /etc/nftables.conf).
FILESEXTRAPATHS:prepend := "${THISDIR}/files:"
SRC_URI:append:joulepoint = " file://nftables.service"

inherit_defer ${@'systemd' if d.getVar('JOULEPOINT_BOOT') else ''}
SYSTEMD_SERVICE:${PN}:joulepoint = "nftables.service"

do_install:append:joulepoint() {
    install -D -m 0644 ${UNPACKDIR}/nftables.service ${D}${systemd_system_unitdir}/nftables.service
}
