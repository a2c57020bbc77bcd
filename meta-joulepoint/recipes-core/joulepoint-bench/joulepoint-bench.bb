SUMMARY = "The virtual board in QEMU: which serial port is which wire"
DESCRIPTION = "Never in an image for a real unit: it opens a root shell on the console."
SECTION = "joulepoint"
LICENSE = "Apache-2.0"
LIC_FILES_CHKSUM = "file://${JOULEPOINT_TOP}/LICENSE;md5=3b83ef96387f14655fc854ddc3c6bd57"

inherit joulepoint-only joulepoint-install

COMPATIBLE_MACHINE = "qemuall"
PACKAGE_ARCH = "${MACHINE_ARCH}"
RDEPENDS:${PN} += "can-utils joulepoint-base"
