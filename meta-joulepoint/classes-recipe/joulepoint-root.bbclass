# The image type `slot`: a squashfs and its hash tree in one file, written to a root partition as it is (D17).
# Beside it stands NAME.verity: what the signed side must know of it. The bench image's root has the same form.
IMAGE_TYPES += "slot"
IMAGE_TYPEDEP:slot = "squashfs-zst"
do_image_slot[depends] += "cryptsetup-native:do_populate_sysroot"
do_image_slot[file-checksums] += "${JOULEPOINT_TOP}/ota/hash-tree:True"

# What changes with each version stands last: what is before it stays where it was, and an adaptive update skips it.
EXTRA_IMAGECMD:squashfs-zst = "-b 128K -Xcompression-level 19 -sort ${WORKDIR}/sort"
do_image_squashfs_zst[prefuncs] += "joulepoint_sort_file"
joulepoint_sort_file() {
    printf '%s -100\n' usr/lib/os-release usr/libexec/joulepoint usr/share/joulepoint usr/bin/jpctl >${WORKDIR}/sort
}

# The partition's size (ota/partitions.sfdisk).
JOULEPOINT_ROOT_LIMIT = "1073741824"

IMAGE_CMD:slot () {
    root=${IMGDEPLOYDIR}/${IMAGE_NAME}.slot
    cp ${IMGDEPLOYDIR}/${IMAGE_NAME}.squashfs-zst $root
    ${JOULEPOINT_TOP}/ota/hash-tree $root >${IMGDEPLOYDIR}/${IMAGE_NAME}.verity
    [ $(stat -c %s $root) -le ${JOULEPOINT_ROOT_LIMIT} ] ||
        bbfatal "the root is $(stat -c %s $root) bytes, its partition holds ${JOULEPOINT_ROOT_LIMIT}: remove packages from packagegroup-joulepoint"
    ln -sf ${IMAGE_NAME}.verity ${IMGDEPLOYDIR}/${IMAGE_LINK_NAME}.verity
}
