# U-Boot verifies and measures the FIT, counts starts, and takes nothing from its environment but the counters. It
# stands in the eMMC's first boot partition, its environment twice in the second.
FILESEXTRAPATHS:prepend := "${THISDIR}/files:"

DEPENDS:append:joulepoint = " openssl-native"
SRC_URI:append:joulepoint = " file://60-boot-counters.rules file://fw_env.config file://joulepoint.cfg file://joulepoint.env file://key2dtsi.py"

# The FIT's public key goes into every device tree that is compiled, whichever of them imx-boot takes.
do_configure:prepend:joulepoint() {
    sed -i 's,@ENVIRONMENT@,${UNPACKDIR}/joulepoint.env,' ${UNPACKDIR}/joulepoint.cfg
    python3 ${UNPACKDIR}/key2dtsi.py ${JOULEPOINT_KEYS}/fit.pem fit >${S}/arch/arm/dts/joulepoint-key.dtsi
}
JOULEPOINT_FIT_CERTIFICATE = ""
JOULEPOINT_FIT_CERTIFICATE:joulepoint = "${JOULEPOINT_KEYS}/fit.pem:False"
do_configure[file-checksums] += "${JOULEPOINT_FIT_CERTIFICATE}"

do_install:append:joulepoint() {
    install -D -m 0644 ${UNPACKDIR}/60-boot-counters.rules ${D}${nonarch_libdir}/udev/rules.d/60-boot-counters.rules
}
FILES:${PN}-env:append:joulepoint = " ${nonarch_libdir}/udev/rules.d"
