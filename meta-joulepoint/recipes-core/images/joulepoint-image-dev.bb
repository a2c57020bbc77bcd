require joulepoint-image.bb

SUMMARY = "The root file system of a developer's unit"
DESCRIPTION = "joulepoint-image with a root shell and tools for looking inside. It is never signed with a product's keys."

IMAGE_INSTALL += "packagegroup-joulepoint-dev-tools"
IMAGE_FEATURES += "allow-empty-password allow-root-login empty-root-password"

joulepoint_lock_root:append() {
    sed -i 's/^root:[^:]*:/root::/' ${IMAGE_ROOTFS}${sysconfdir}/shadow
}
