SUMMARY = "Joulepoint's units, users, folders and settings"
DESCRIPTION = "What the daemons are started with and kept in: systemd units and sandboxes, users, packet filter, kernel settings."
SECTION = "joulepoint"
LICENSE = "Apache-2.0"
LIC_FILES_CHKSUM = "file://${JOULEPOINT_TOP}/LICENSE;md5=3b83ef96387f14655fc854ddc3c6bd57"

inherit joulepoint-only joulepoint-install allarch useradd

# The same file makes the users where /etc can be written: the bench image.
SYSUSERS = "${JOULEPOINT_TOP}/meta-joulepoint/files/config/sysusers.conf"
USERADD_PACKAGES = "${PN}"
GROUPADD_PARAM:${PN} = "${@joulepoint.users.groupadd(d.getVar('SYSUSERS'))}"
USERADD_PARAM:${PN} = "${@joulepoint.users.useradd(d.getVar('SYSUSERS'))}"
python () {
    bb.parse.mark_dependency(d, d.getVar("SYSUSERS"))
}
