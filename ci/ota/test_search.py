"""The initrd's search for this unit's disk, run here without one: a fixed disk is waited for, a stick has its turn after it."""

import subprocess
from pathlib import Path

import pytest

INIT = Path(__file__).resolve().parents[2] / "ota/initrd/init"


def found(fixed_from):
    """The root that is taken if a stick is there from the first round on and a fixed disk from this one; both fit."""
    text = INIT.read_text()
    search = text[text.index("find_root() {") : text.index("# A damaged block restarts")]
    script = f"""
disks() {{ case $1 in usb) echo sda ;; *) [ $n -lt {fixed_from} ] || echo mmcblk0 ;; esac; }}
labelled() {{ echo "$1-$2"; }}
for command in open_root dd dmsetup sleep; do eval "$command() {{ :; }}"; done
fail() {{ echo "$*" && exit 1; }}
side=a uuid=''
{search}
echo "$root" """
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False).stdout.strip()


@pytest.mark.parametrize("fixed_from", [0, 1, 99])
def test_a_fixed_disk_that_shows_up_late_comes_before_a_stick(fixed_from):
    assert found(fixed_from) == "mmcblk0-rootfs-a"


def test_a_stick_alone_is_taken():
    assert found(10_000) == "sda-rootfs-a"
