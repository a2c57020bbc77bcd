SUMMARY = "The one initrd script (D17)"
DESCRIPTION = "ota/initrd/init, which the bench image starts with too."
LICENSE = "Apache-2.0"
LIC_FILES_CHKSUM = "file://${COMMON_LICENSE_DIR}/Apache-2.0;md5=89aea4e17d99a7cacdbeed46a0096b10"

FILESEXTRAPATHS:prepend := "${JOULEPOINT_TOP}/ota/initrd:"
SRC_URI = "file://init"
S = "${UNPACKDIR}"

inherit allarch joulepoint-only

INHIBIT_DEFAULT_DEPS = "1"
do_configure[noexec] = "1"
do_compile[noexec] = "1"

do_install() {
    install -d ${D}/dev ${D}/proc ${D}/sys ${D}/run ${D}/sysroot
    install -m 0755 ${UNPACKDIR}/init ${D}/init
    # Modules to load, in order: none, the kernel has them built in.
    : >${D}/modules.load
}

FILES:${PN} = "/init /modules.load /dev /proc /sys /run /sysroot"
RDEPENDS:${PN} = "busybox libdevmapper"
