SUMMARY = "Joulepoint's slots, mounts and update keys"
DESCRIPTION = "RAUC's configuration with the certificate that updates are checked against, and what is mounted where."
SECTION = "joulepoint"
LICENSE = "Apache-2.0"
LIC_FILES_CHKSUM = "file://${JOULEPOINT_TOP}/LICENSE;md5=3b83ef96387f14655fc854ddc3c6bd57"

inherit joulepoint-only joulepoint-install

PACKAGE_ARCH = "${MACHINE_ARCH}"
RPROVIDES:${PN} += "virtual-rauc-conf"
RDEPENDS:${PN} += "rauc rauc-service"
