SUMMARY = "The boot partition's content: a signed UKI or FIT that holds the root's hash"
DESCRIPTION = "One file for both sides (D17): a UKI under the name that firmware finds by itself, or a FIT for U-Boot."

require joulepoint-boot.inc

JOULEPOINT_BOOT_RAMDISK = "${DEPLOY_DIR_IMAGE}/joulepoint-initramfs-${MACHINE}.cpio"
JOULEPOINT_BOOT_ROOT = "${DEPLOY_DIR_IMAGE}/${JOULEPOINT_IMAGE}-${MACHINE}.rootfs.verity"
JOULEPOINT_BOOT_SIZE = "128M"

do_compile[depends] += "${JOULEPOINT_IMAGE}:do_image_complete joulepoint-initramfs:do_image_complete"
