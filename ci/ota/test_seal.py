"""D18: what `seal-data` finds on a partition, and so whether it may make it anew. On files, without a TPM."""

import os
import subprocess
import time
from pathlib import Path

import pytest

SEAL = Path(__file__).resolve().parents[2] / "tpm/seal-data"
SIZE = 64 << 20
TOKEN = '{"type":"systemd-tpm2","keyslots":["0"],"tpm2-blob":"AA==","tpm2-pcrs":[7],"tpm2-policy-hash":"00"}'


def look(disk):
    """What it finds."""
    return subprocess.check_output([SEAL, "--look", disk], text=True).strip()


@pytest.fixture
def disk(tmp_path):
    """A disk that reads as zeros."""
    path = tmp_path / "data"
    path.touch()
    os.truncate(path, SIZE)
    return path


def luks(disk, label):
    """A LUKS partition as seal-data makes it, with this label."""
    key = disk.with_name("key")
    key.write_bytes(b"key")
    subprocess.run(
        ["cryptsetup", "luksFormat", "-q", "--type", "luks2", "--label", label, "--pbkdf", "pbkdf2", "--pbkdf-force-iterations",
         "1000", "--luks2-metadata-size", "16k", "--luks2-keyslots-size", "1m", "--key-file", key, disk],
        check=True, capture_output=True,
    )


def write(disk, at, data):
    """Overwrites a part of it."""
    with disk.open("r+b") as file:
        file.seek(at)
        file.write(data)


def test_only_a_blank_disk_and_one_that_was_never_finished_are_made(disk):
    assert look(disk) == "blank"
    write(disk, SIZE - 4096, b"joulepoint: being made")
    write(disk, 40_000, os.urandom(4096))
    assert look(disk) == "unfinished", "the power was cut before there was a header"
    luks(disk, "joulepoint-unsealed")
    assert look(disk) == "unfinished", "the power was cut before it was sealed"


def test_a_disk_with_something_on_it_is_left_alone(disk):
    write(disk, (32 << 20) - 1, b"x")
    assert look(disk).startswith("it is no LUKS partition")


def test_a_sealed_one_is_left_alone_whatever_becomes_of_its_header_or_its_token(disk):
    luks(disk, "joulepoint-data")
    assert look(disk) == "unsealed", "a wiped slot: the recovery key still opens it"
    subprocess.run(["cryptsetup", "token", "import", disk], input=TOKEN, text=True, check=True)
    assert look(disk) == "sealed"
    write(disk, 0, os.urandom(4096))
    assert look(disk) == "sealed", "there are two headers"
    write(disk, 0, os.urandom(64 << 10))
    assert look(disk).startswith("it is no LUKS partition")
    write(disk, 0, bytes(64 << 10))
    assert look(disk).startswith("it is no LUKS partition"), "a header of zeros is no blank disk"


def test_one_that_cannot_be_read_is_left_alone(tmp_path, disk):
    assert look(tmp_path / "absent") == "it cannot be read"
    os.truncate(disk, 1 << 20)
    assert look(disk) == "it cannot be read"


@pytest.mark.parametrize("what", ["damaged", "absent"])
def test_it_refuses_in_words(disk, what):
    if what == "damaged":
        write(disk, 0, os.urandom(4096))
    else:
        disk.unlink()
    before = disk.read_bytes() if disk.exists() else None
    done = subprocess.run([SEAL, disk], capture_output=True, text=True, check=False)
    if not Path("/dev/mapper/data").exists():
        assert done.returncode == 1 and "left as it is" in done.stderr, done
    assert (disk.read_bytes() if disk.exists() else None) == before


def test_who_has_no_key_seals_nothing_anew(disk):
    luks(disk, "joulepoint-data")
    subprocess.run(["cryptsetup", "token", "import", disk], input=TOKEN, text=True, check=True)
    wrong = disk.with_name("wrong")
    wrong.write_bytes(b"wrong")
    before = disk.read_bytes()
    done = subprocess.run([SEAL, "--again", wrong, disk], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "does not open" in done.stderr, done
    assert disk.read_bytes() == before


def test_a_key_that_was_typed_does_not_outlive_whoever_ends_the_helper():
    """Its time runs out: the folder in memory that the key stands in goes with it."""
    before = set(Path("/run").glob("data-key.*"))
    with subprocess.Popen([SEAL.with_name("data-key")], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as helper:
        deadline = time.monotonic() + 20
        while not (mine := set(Path("/run").glob("data-key.*")) - before):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        helper.terminate()
        helper.wait(20)
    assert not any(folder.exists() for folder in mine)
