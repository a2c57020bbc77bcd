SUMMARY = "The whole disk of a unit: both sides, reserve, empty data"
DESCRIPTION = "What jp-factory writes, with a block map; and what QEMU starts. The partition table is that of ota/partitions.sfdisk."
LICENSE = "Apache-2.0"

inherit image joulepoint-only

PACKAGE_INSTALL = ""
IMAGE_INSTALL = ""
IMAGE_FEATURES = ""
IMAGE_LINGUAS = ""
IMAGE_FSTYPES = "wic.zst wic.bmap"
WKS_FILE = "joulepoint.wks.in"
WKS_FILE_DEPENDS = "bmaptool-native wic-native"
do_image_wic[depends] += "joulepoint-boot:do_deploy ${JOULEPOINT_IMAGE}:do_image_complete"
# Its content is others' and is in their bills of materials.
EXCLUDE_FROM_WORLD = "1"
