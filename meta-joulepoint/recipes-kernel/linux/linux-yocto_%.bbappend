require joulepoint-kernel.inc

SRC_URI:append:joulepoint:qemuall = " file://joulepoint-qemu.cfg"
