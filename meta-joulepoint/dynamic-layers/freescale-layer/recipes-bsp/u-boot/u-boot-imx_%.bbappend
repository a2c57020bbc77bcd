# U-Boot verifies and measures the FIT, counts starts, and takes nothing from its environment but the
# counters. It stands in the eMMC's first boot partition, its environment twice in the second.
FILESEXTRAPATHS:prepend := "${THISDIR}/files:"
SRC_URI:append:joulepoint = " file://joulepoint.cfg file://joulepoint.env file://key2dtsi.py"

# The FIT's public key goes into every device tree that is compiled, whichever of them imx-boot takes.
do_configure:append:joulepoint() {
    install -m 0644 ${UNPACKDIR}/joulepoint.env ${S}/joulepoint.env
    python3 ${UNPACKDIR}/key2dtsi.py ${JOULEPOINT_KEYS}/fit.crt fit >${S}/arch/arm/dts/joulepoint-key.dtsi
}
do_configure[file-checksums] += "${@'%s/fit.crt:False' % d.getVar('JOULEPOINT_KEYS') if d.getVar('JOULEPOINT_KEYS') else ''}"
DEPENDS:append:joulepoint = " openssl-native"
