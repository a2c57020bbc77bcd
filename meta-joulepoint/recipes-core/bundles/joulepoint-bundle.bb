SUMMARY = "The signed update: boot partition and root of one version"
DESCRIPTION = "A RAUC bundle, verity format. Only the root's blocks that differ are fetched and written (adaptive)."
LICENSE = "Apache-2.0"

inherit bundle joulepoint-only

RAUC_BUNDLE_COMPATIBLE = "${JOULEPOINT_COMPATIBLE}"
RAUC_BUNDLE_VERSION = "${JOULEPOINT_VERSION}"
RAUC_BUNDLE_DESCRIPTION = "Joulepoint ${JOULEPOINT_VERSION}"
RAUC_BUNDLE_BUILD = "${JOULEPOINT_COMMIT_TIME}"
RAUC_BUNDLE_FORMAT = "verity"
RAUC_BUNDLE_SLOTS = "rootfs boot"

RAUC_SLOT_rootfs = "${JOULEPOINT_IMAGE}"
RAUC_SLOT_rootfs[fstype] = "slot"
RAUC_SLOT_rootfs[rename] = "rootfs.img"
RAUC_SLOT_rootfs[adaptive] = "block-hash-index"

RAUC_SLOT_boot = "joulepoint-boot"
RAUC_SLOT_boot[type] = "file"
RAUC_SLOT_boot[file] = "joulepoint-boot-${MACHINE}.img"
RAUC_SLOT_boot[rename] = "boot.img"
RAUC_SLOT_boot[adaptive] = "block-hash-index"

RAUC_KEY_FILE ?= "${@joulepoint_private_key(d, 'rauc-sign')}"
RAUC_CERT_FILE ?= "${JOULEPOINT_KEYS}/rauc-sign.pem"
RAUC_KEYRING_FILE ?= "${JOULEPOINT_KEYS}/rauc-ca.pem"

# A key in a token is no file to look at; whose signature it is, the certificate says.
do_bundle[file-checksums] = "${RAUC_CERT_FILE}:False"

# The name tells the version, not the hour.
BUNDLE_NAME = "${BUNDLE_BASENAME}-${MACHINE}-${JOULEPOINT_VERSION}"
BB_DONT_CACHE = "1"
