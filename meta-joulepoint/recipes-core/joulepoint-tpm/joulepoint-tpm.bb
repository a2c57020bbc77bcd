SUMMARY = "Joulepoint's use of the TPM: the sealed data partition and the daemons' keys"
SECTION = "joulepoint"
LICENSE = "Apache-2.0"
LIC_FILES_CHKSUM = "file://${JOULEPOINT_TOP}/LICENSE;md5=3b83ef96387f14655fc854ddc3c6bd57"

inherit joulepoint-only joulepoint-install allarch

RDEPENDS:${PN} += "cryptsetup e2fsprogs-mke2fs systemd-crypt"
