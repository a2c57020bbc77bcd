SUMMARY = "The stick that makes a unit at the factory"
DESCRIPTION = "One FAT partition: the signed factory system, the units' disk image with its block map, and room for the list \
of units and their labels."

require joulepoint-boot.inc

JOULEPOINT_BOOT_RAMDISK = "${DEPLOY_DIR_IMAGE}/joulepoint-factory-root-${MACHINE}.cpio"
JOULEPOINT_BOOT_ROOT = ""
JOULEPOINT_BOOT_SIZE = "1536M"
# What a board starts before the FIT: written to the stick, and by the stick to the unit.
JOULEPOINT_BOOT_FIRMWARE ?= ""

DEPENDS += "util-linux-native"
do_compile[depends] += "\
    joulepoint-disk:do_image_complete joulepoint-factory-root:do_image_complete \
    ${@'%s:do_deploy' % d.getVar('JOULEPOINT_BOOT_FIRMWARE') if d.getVar('JOULEPOINT_BOOT_FIRMWARE') else ''} \
"

# The partition begins at 16 MiB: before it is room for a board's firmware.
do_compile:append() {
    for name in wic.zst wic.bmap; do
        mcopy -i ${B}/boot.img ${DEPLOY_DIR_IMAGE}/joulepoint-disk-${MACHINE}.rootfs.$name ::disk.$name
    done
    echo "${JOULEPOINT_VERSION}" >${B}/version
    mcopy -i ${B}/boot.img ${B}/version ::version
    truncate --size=$(expr 18 \* 1048576 + $(stat -c %s ${B}/boot.img)) ${B}/stick.img
    printf 'label: gpt\nname=FACTORY, start=16MiB, size=%s, type=uefi\n' "${JOULEPOINT_BOOT_SIZE}iB" | sfdisk -q ${B}/stick.img
    if [ -n "${JOULEPOINT_BOOT_FIRMWARE}" ]; then
        mcopy -i ${B}/boot.img ${DEPLOY_DIR_IMAGE}/${JOULEPOINT_BOOT_FIRMWARE} ::firmware.bin
        dd if=${DEPLOY_DIR_IMAGE}/${JOULEPOINT_BOOT_FIRMWARE} of=${B}/stick.img bs=1K seek=${IMX_BOOT_SEEK} conv=notrunc
    fi
    dd if=${B}/boot.img of=${B}/stick.img bs=1M seek=16 conv=notrunc,sparse
}

do_deploy() {
    install -m 0644 ${B}/stick.img ${DEPLOYDIR}/${PN}-${MACHINE}.img
}
