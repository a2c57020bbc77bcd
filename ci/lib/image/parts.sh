# The parts that an image and an update are made of. To be sourced after common.sh, by root.
# shellcheck shell=bash

COMPATIBLE=${COMPATIBLE:-joulepoint-qemux86-64}
export COMPATIBLE

# pack_root FOLDER OUT: the folder as OUT/rootfs.img, squashfs and its hash tree; OUT/verity gets the command line's word for it.
# What changes with each version stands last: what is before it then stays where it was, and an adaptive update skips it.
pack_root() {
	printf '%s -100\n' usr/lib/os-release usr/libexec/joulepoint usr/share/joulepoint usr/bin/jpctl >"$2/sort"
	mksquashfs "$1" "$2/rootfs.img" -noappend -quiet -no-progress -comp zstd -Xcompression-level 3 -b 128K \
		-all-time 0 -mkfs-time 0 -sort "$2/sort" >/dev/null
	rm "$2/sort"
	echo "jp.verity=$("$TOP/ota/hash-tree" "$2/rootfs.img")" >"$2/verity"
}

# pack_initrd BASE OUT [INIT]: OUT/initrd.img, with our init script in it or with another.
pack_initrd() {
	rm -rf "$2/initrd"
	cp -a "$1/initrd" "$2/initrd"
	install -m 0755 "${3:-$TOP/ota/initrd/init}" "$2/initrd/init"
	find "$2/initrd" -exec touch -h -d @0 {} +
	(cd "$2/initrd" && find . -print0 | LC_ALL=C sort -z | cpio --null --quiet -o -H newc --reproducible --owner=0:0) |
		zstd -q -10 -f -o "$2/initrd.img"
	rm -rf "$2/initrd"
}

# pack_boot BASE OUT VERSION: OUT/joulepoint.efi, kernel, initrd and command line under one signature, and OUT/boot.img with it.
pack_boot() {
	local keys=${KEYS:-$BUILD/keys}
	# One command line for both sides; it is signed together with the kernel (D17).
	echo "console=ttyS0,115200 8250.nr_uarts=8 panic=5 quiet loglevel=4 systemd.show_status=0 $(cat "$2/verity")" >"$2/cmdline"
	cp "$1/vmlinuz" "$2/vmlinuz"
	UKIFY="/usr/bin/python3 $1/ukify/usr/bin/ukify" "$TOP/ota/uki" "$keys" "$2/joulepoint.efi" \
		--linux="$2/vmlinuz" --initrd="$2/initrd.img" --cmdline="@$2/cmdline" --uname="$(cat "$1/kernel-version")" \
		--os-release="$(printf 'ID=joulepoint\nVERSION_ID=%s\nPRETTY_NAME=Joulepoint %s' "$3" "$3")" \
		--stub="$1/ukify/usr/lib/systemd/boot/efi/linuxx64.efi.stub" >"$2/ukify.log" 2>&1 ||
		die "the unified kernel image cannot be made, see $2/ukify.log"
	rm -f "$2/boot.img"
	truncate -s 128M "$2/boot.img"
	mkfs.vfat -F 32 -n JPBOOT --invariant "$2/boot.img" >/dev/null 2>&1
	mmd -i "$2/boot.img" ::EFI ::EFI/BOOT
	# The default name: the firmware finds it even with its variables lost.
	mcopy -i "$2/boot.img" "$2/joulepoint.efi" ::EFI/BOOT/BOOTX64.EFI
}

# pack_bundle OUT VERSION FILE [whole]: OUT's two images as an update for RAUC, signed by the keys in KEYS.
# `whole`: every block is read from the bundle, also those that the unit has already.
pack_bundle() {
	local keys=${KEYS:-$BUILD/keys} folder=$1/bundle key
	key=$("$TOP/ota/signing-key" "$keys" rauc-sign)
	rm -rf "$folder" "$3"
	mkdir "$folder"
	ln "$1/rootfs.img" "$1/boot.img" "$folder/"
	sed -e "s/@COMPATIBLE@/$COMPATIBLE/" -e "s/@VERSION@/$2/" "$TOP/ota/manifest.raucm" >"$folder/manifest.raucm"
	[ "${4:-}" != whole ] || sed -i '/^adaptive=/d' "$folder/manifest.raucm"
	rauc bundle --cert="$keys/rauc-sign.pem" --key="$key" --keyring="$keys/rauc-ca.pem" \
		--mksquashfs-args="-comp zstd -Xcompression-level 3 -b 64K" "$folder" "$3" >"$1/bundle.log" 2>&1 ||
		die "rauc bundle failed, see $1/bundle.log"
	rm -rf "$folder"
}

# pack_disk OUT: OUT/disk.img, sparse. Both sides hold the same at first, as they do from the factory.
pack_disk() {
	local disk=$1/disk.img side part start
	rm -f "$disk"
	truncate -s 3G "$disk"
	sfdisk -q "$disk" <"$TOP/ota/partitions.sfdisk"
	for side in a b; do
		for part in boot rootfs; do
			start=$(sfdisk -d "$disk" | sed -n "s/.*start= *\([0-9]*\),.*name=\"$part-$side\".*/\1/p")
			dd if="$1/$part.img" of="$disk" bs=1M seek=$((start / 2048)) conv=notrunc,sparse status=none
		done
	done
}
