SUMMARY = "The initial RAM disk: finds the side, opens its root under dm-verity"
LICENSE = "Apache-2.0"

inherit image joulepoint-only

# The kernel has what the first steps need built in, so no module is here.
PACKAGE_INSTALL = "base-passwd busybox joulepoint-initrd libdevmapper"
PACKAGE_EXCLUDE = "kernel-image-*"
IMAGE_FEATURES = ""
IMAGE_LINGUAS = ""
IMAGE_NAME_SUFFIX ?= ""
IMAGE_FSTYPES = "${INITRAMFS_FSTYPES}"
IMAGE_ROOTFS_SIZE = "8192"
IMAGE_ROOTFS_EXTRA_SPACE = "0"
