"""OTA-6 as the factory's stick does it: a machine makes the unit that it runs on, which then opens its data and charges."""

import re
import shutil
import subprocess

from cabinet.base import binaries, free_port, repository, wait_until
from cabinet.demo import charge
from cabinet.factory import DISK
from cabinet.machine import IMAGE, Machine
from cabinet.qemu import QemuCabinet

PATIENCE = 600
SERIAL = "JP-2026-000007"


def stick(station, folder):
    """What the stick's partition FACTORY holds, and the two programs, as a file system in a file."""
    content = folder / "content"
    shutil.copytree(station.folder / "station", content)
    shutil.copy(binaries() / "jp-factory", content)
    shutil.copy(repository() / "ota/factory/flash", content)
    shutil.copy(IMAGE / "version", content)
    (content / "disk.wic.bmap").write_text(station.run("map", IMAGE / "disk.img"))
    subprocess.check_call(["zstd", "-q", "-1", "-T2", IMAGE / "disk.img", "-o", content / "disk.wic.zst"])
    (content / "station.conf").write_text(
        "disk=/dev/disk/by-id/virtio-spare\nprint=cat >>/run/factory/printed\nserial-prefix=JP-2026-\n"
    )
    with open(folder / "stick.img", "wb") as file:
        file.truncate(1500 << 20)
    subprocess.check_call(["mke2fs", "-q", "-t", "ext4", "-L", "FACTORY", "-d", content, folder / "stick.img"])
    shutil.rmtree(content)
    return folder / "stick.img"


def test_the_stick_makes_the_unit_that_it_runs_on(station, tmp_path):
    (tmp_path / "flasher").mkdir()
    (tmp_path / "unit").mkdir()
    disk = tmp_path / "unit/disk.img"
    with open(disk, "wb") as file:
        file.truncate(DISK)
    # Its own system comes from another disk here, as it comes from the stick's memory on a board; the TPM is the unit's.
    flasher = Machine(tmp_path / "flasher", "flsh", connectors=(), secure=True, hmi_port=free_port(),
                      stick=stick(station, tmp_path), spare=disk)
    try:
        flasher.start()
        flasher.wait_ready(PATIENCE)
        guest = flasher.shell
        assert "not made at a factory" in guest.check("TSS2_LOG=all+NONE /usr/libexec/joulepoint/jp-keys show")
        flasher.plug_in_stick()
        guest.check("until [ -e /dev/disk/by-label/FACTORY ]; do sleep 0.2; done; mkdir -p /run/stick /run/factory", 60)
        guest.check("mount -r /dev/disk/by-label/FACTORY /run/stick")
        # The stick's partition is written to on a board: list and labels.
        guest.check("cd /run/factory && for file in /run/stick/*; do case $file in *.zst) ln -s $file . ;; *) cp -r $file . ;; esac; done")
        said = guest.check("echo 000007 | PATH=/run/stick:$PATH /run/stick/flash", 1200)
        print(said)
        assert said.splitlines()[-1].startswith(f"PASS {SERIAL} "), said
        assert "recovery key printed" in said
        listed = guest.check("cat /run/factory/units.csv").splitlines()
        printed = guest.check("cat /run/factory/printed")
        again, refused = guest.run("echo 000007 | PATH=/run/stick:$PATH /run/stick/flash", 300)
        assert again == 1 and f"this TPM is {SERIAL} since" in refused, refused
        flasher.power_off(60)
    finally:
        flasher.stop()
    assert len(listed) == 2 and listed[1].startswith(f"{SERIAL},"), listed
    recovery = printed.split("Recovery key")[1].split("</svg>")[0]
    recovery = "-".join(re.findall(r">([cbdefghijklnrtuv]{8}(?:-[cbdefghijklnrtuv]{8})*)<", recovery))
    assert len(recovery) == 71 and printed.count("Recovery key") == 1, printed
    assert recovery not in said

    shutil.copytree(tmp_path / "flasher/tpm", tmp_path / "unit/tpm")
    with QemuCabinet(connectors=(1,), secure=True, ready_seconds=PATIENCE, run_dir=tmp_path / "unit") as cabinet:
        begin, end, told, _ = charge(cabinet, cabinet.say, 10)
        assert told["meter_stop_wh"] - told["meter_start_wh"] == end - begin > 0, told
        guest = cabinet.machine.shell
        wait_until("the keys to be locked", lambda: guest.run("systemctl is-active -q factory-keys")[0] == 0, 120, 1)
        shown = guest.check("TSS2_LOG=all+NONE /usr/libexec/joulepoint/jp-keys show")
        assert f"serial       {SERIAL}\n" in shown and shown.count(" locked") == 3, shown
        assert listed[1].split(",")[1] in shown.replace("-", "")
        # It was the factory that sealed the data, and the printed key opens it where the TPM does not.
        assert guest.check("cat /run/joulepoint/data-keys").strip() == "recovery_key=made"
        opens = "cryptsetup open --test-passphrase --disable-external-tokens --key-file - /dev/disk/by-partlabel/data"
        guest.check(f"printf %s {recovery} | {opens}", 120)
        assert guest.run(f"printf %s {recovery[::-1]} | {opens}", 120)[0] == 2, "another key does not"
