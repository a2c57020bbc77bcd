FILESEXTRAPATHS:prepend := "${THISDIR}/files:"

# The initrd's script needs od's columns.
SRC_URI:append:joulepoint = " file://joulepoint.cfg"
