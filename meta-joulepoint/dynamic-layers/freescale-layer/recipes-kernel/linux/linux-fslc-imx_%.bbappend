require recipes-kernel/linux/joulepoint-kernel.inc

SRC_URI:append:joulepoint = " file://joulepoint-imx8mp.cfg"
