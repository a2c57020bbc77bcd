# The image type `slot`: a squashfs and its hash tree in one file, written to a root partition as it is
# (D17). Beside it stands NAME.verity, what the signed side must know: BLOCKS:HASHSTART:SALT:HASH.
# The bench image's root has the same form (ci/lib/image/make).
IMAGE_TYPES += "slot"
IMAGE_TYPEDEP:slot = "squashfs-zst"
do_image_slot[depends] += "cryptsetup-native:do_populate_sysroot"

IMAGE_CMD:slot () {
    root=${IMGDEPLOYDIR}/${IMAGE_NAME}.slot
    cp ${IMGDEPLOYDIR}/${IMAGE_NAME}.squashfs-zst $root
    truncate --size=%4096 $root
    size=$(stat -c %s $root)
    # The salt comes from the content: the same root has the same hash wherever it is built.
    salt=$(sha256sum $root | cut -c1-64)
    uuid=$(echo $salt | sed 's/^\(.\{8\}\)\(.\{4\}\).\(.\{3\}\).\(.\{3\}\)\(.\{12\}\).*/\1-\2-4\3-8\4-\5/')
    veritysetup format --data-block-size=4096 --hash-block-size=4096 --hash=sha256 --salt=$salt --uuid=$uuid \
        --hash-offset=$size $root $root >${WORKDIR}/verity.txt
    hash=$(sed -n 's/^Root hash:[ \t]*//p' ${WORKDIR}/verity.txt)
    [ -n "$hash" ] || bbfatal "veritysetup gave no root hash, see ${WORKDIR}/verity.txt"
    limit=1073741824
    [ $(stat -c %s $root) -le $limit ] || bbfatal "the root is $(stat -c %s $root) bytes, its partition $limit"
    blocks=$(expr $size / 4096)
    echo $blocks:$(expr $blocks + 1):$salt:$hash >${IMGDEPLOYDIR}/${IMAGE_NAME}.verity
    ln -sf ${IMAGE_NAME}.verity ${IMGDEPLOYDIR}/${IMAGE_LINK_NAME}.verity
}
