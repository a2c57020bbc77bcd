"""A unit beside whose disk there are others with the same labels and numbers: another unit's, and an image written to a stick."""

import subprocess

import pytest

from cabinet.base import free_port
from cabinet.machine import IMAGE, Machine

PATIENCE = 420


class Crowded(Machine):
    """A machine that finds another disk before its own, and its own image at the USB port."""

    def argv(self):
        argv = super().argv()
        at = next(i for i, word in enumerate(argv) if word.startswith("if=none,id=spare"))
        other = argv[at - 1 : at + 3]
        del argv[at - 1 : at + 3]
        at = next(i for i, word in enumerate(argv) if word.startswith("if=none,id=disk")) - 1
        return [*argv[:at], *other, *argv[at:], "-device", "usb-storage,drive=stick"]


@pytest.fixture
def crowded(tmp_path):
    """It, started, with the path of the other disk: the same partitions, another root, and a `data` that is blank."""
    other = tmp_path / "other.img"
    size = (IMAGE / "disk.img").stat().st_size
    with other.open("wb") as disk:
        disk.truncate(size)
    table = subprocess.check_output(["sfdisk", "-d", IMAGE / "disk.img"])
    subprocess.run(["sfdisk", "-q", other], input=table, check=True)
    machine = Crowded(tmp_path, "crowd", connectors=(), hmi_port=free_port(), stick=IMAGE / "disk.img", spare=other)
    try:
        machine.start()
        machine.wait_ready(PATIENCE)
        yield machine
    finally:
        machine.stop()


def test_only_the_disk_whose_root_was_signed_is_this_units(crowded):
    guest = crowded.shell

    def of(device):
        """The disk that a partition is on."""
        return guest.check(f"lsblk -dno PKNAME $(readlink -f {device})").strip()

    labels = guest.check("lsblk -rno PARTLABEL,PKNAME | grep ^data").split()
    assert len(labels) == 6, "three disks have a partition `data`"
    other = guest.check("basename $(readlink -f /dev/disk/by-id/virtio-spare)").strip()
    mine = of("/dev/joulepoint/data")
    assert mine.startswith("vd") and mine != other
    assert guest.check("ls /dev/joulepoint").split() == ["boot-a", "boot-b", "data", "reserved", "rootfs-a", "rootfs-b"]
    for label in ("boot-a", "rootfs-a", "boot-b", "rootfs-b"):
        assert of(f"/dev/joulepoint/{label}") == mine
    root = guest.check("ls /sys/class/block/dm-0/slaves").split()
    assert all(part.startswith(mine) for part in root), root
    assert guest.check("cryptsetup status data | sed -n 's/^ *device: *//p'").strip().startswith(f"/dev/{mine}")
    # Nothing was made on the other one.
    kind = guest.check(f"lsblk -rno FSTYPE,PARTLABEL /dev/{other} | grep ' data$' || true").split()
    assert kind == ["data"], kind
    # Where nothing measures the boot, as here, it is said what the sealing is worth.
    assert "no boot is measured here" in guest.check("journalctl -b -u seal-data -o cat")
    assert guest.check("rauc status --output-format=shell 2>/dev/null | grep -o /dev/joulepoint/boot-b").strip() == "/dev/joulepoint/boot-b"
