"""A board's firmware in its eMMC's boot partition: a loop device and a folder stand for those, since there is no board here."""

import os
import subprocess

import pytest
from cabinet.base import repository

SIZE = 4 << 20


class Board:
    """An eMMC as the script meets it; `mmc` notes what it is asked for."""

    def __init__(self, folder):
        self.folder, self.disk, self.lock = folder, folder / "mmcblk2", folder / "sys/block/mmcblk2boot0/force_ro"
        self.lock.parent.mkdir(parents=True)
        self.lock.write_text("1\n")
        (folder / "bin").mkdir()
        self.mmc(0)

    def mmc(self, code):
        """What the eMMC makes of being told where to start from."""
        script = self.folder / "bin/mmc"
        script.write_text(f'#!/bin/sh\necho "$*" "read-only $(cat {self.lock})" >>{self.folder}/asked\nexit {code}\n')
        script.chmod(0o755)

    def asked(self):
        """What the eMMC was asked for."""
        asked = self.folder / "asked"
        return asked.read_text() if asked.exists() else ""

    def write(self, content):
        """Runs the script with a firmware of this content."""
        (self.folder / "firmware.bin").write_bytes(content)
        environment = {**os.environ, "JP_SYS": str(self.folder / "sys"), "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}"}
        argv = [repository() / "ota/factory/firmware", self.folder / "firmware.bin", self.disk]
        return subprocess.run(argv, capture_output=True, text=True, env=environment, timeout=60, check=False)


@pytest.fixture
def board(tmp_path):
    """A board whose eMMC has a boot partition of 4 MiB."""
    board = Board(tmp_path)
    (tmp_path / "boot0").write_bytes(b"\xff" * SIZE)
    loop = subprocess.check_output(["losetup", "--find", "--show", tmp_path / "boot0"], text=True).strip()
    (tmp_path / "mmcblk2boot0").symlink_to(loop)
    yield board
    subprocess.run(["losetup", "--detach", loop], check=True)


def test_the_firmware_is_written_and_the_partition_is_read_only_again(board):
    content = os.urandom(1_234_567)
    done = board.write(content)
    assert done.returncode == 0, done
    assert (board.folder / "boot0").read_bytes() == content + b"\xff" * (SIZE - len(content))
    assert board.asked() == f"bootpart enable 1 1 {board.disk} read-only 0\n"
    assert board.lock.read_text() == "1\n"


def test_whatever_fails_the_partition_is_read_only_again(board):
    done = board.write(bytes(SIZE + 4096))
    assert done.returncode == 1 and "cannot be written" in done.stderr, done
    assert (board.lock.read_text(), board.asked()) == ("1\n", "")
    board.mmc(1)
    done = board.write(b"firmware")
    assert done.returncode == 1 and "to start from" in done.stderr, done
    assert board.lock.read_text() == "1\n"


def test_a_disk_without_boot_partitions_is_refused(tmp_path):
    board = Board(tmp_path)
    done = board.write(b"firmware")
    assert done.returncode == 1 and "expected an eMMC" in done.stderr, done
    assert (board.lock.read_text(), board.asked()) == ("1\n", "")
