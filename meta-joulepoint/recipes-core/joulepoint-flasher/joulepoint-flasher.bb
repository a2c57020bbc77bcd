SUMMARY = "What the factory's stick starts: makes the unit that it runs on"
SECTION = "joulepoint"
LICENSE = "Apache-2.0"
LIC_FILES_CHKSUM = "file://${JOULEPOINT_TOP}/LICENSE;md5=3b83ef96387f14655fc854ddc3c6bd57"

inherit joulepoint-only joulepoint-install allarch

RDEPENDS:${PN} += "jp-factory joulepoint-tpm util-linux-sfdisk util-linux-blockdev"
