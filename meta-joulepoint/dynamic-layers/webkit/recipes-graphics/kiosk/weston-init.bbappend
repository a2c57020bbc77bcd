FILESEXTRAPATHS:prepend := "${THISDIR}/weston-init:"

PACKAGECONFIG:append:joulepoint = " no-idle-timeout"
