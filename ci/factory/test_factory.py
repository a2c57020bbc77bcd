"""OTA-6 in QEMU: three units made in a row are three, each boots and charges; a disk in another unit's hardware is nothing."""

import shutil

import pytest
from cabinet.base import CabinetError, free_port, wait_until
from cabinet.demo import charge
from cabinet.machine import Machine
from cabinet.qemu import QemuCabinet

SERIALS = ("JP-2026-000001", "JP-2026-000002", "JP-2026-000003")
# A first start on a loaded machine.
PATIENCE = 600
KEYS = "TSS2_LOG=all+NONE /usr/libexec/joulepoint/jp-keys"


@pytest.fixture(scope="module")
def made(station):
    """The station, with three units that it made."""
    for serial in SERIALS:
        # The last of them from a disk with an earlier life.
        said = station.make(serial, used=serial == SERIALS[-1]).splitlines()
        print(*said, sep="\n")
        assert said[-1].startswith(f"PASS {serial} "), said
    return station


def test_three_units_in_a_row_are_three(made):
    units = made.units()
    assert [unit["serial"] for unit in units] == list(SERIALS)
    for column in ("fingerprint", "identity_sha256", "ocpp_sha256"):
        assert len({unit[column] for unit in units}) == 3, column
    for serial in SERIALS:
        assert f"PASS {serial}" in made.verify(serial)
    with pytest.raises(CabinetError, match=f"this is {SERIALS[1]}; expected {SERIALS[0]}"):
        made.verify(SERIALS[0], of=SERIALS[1])


@pytest.mark.parametrize("serial", SERIALS)
def test_each_boots_charges_and_locks_its_keys(made, serial):
    listed = next(unit for unit in made.units() if unit["serial"] == serial)
    with QemuCabinet(connectors=(1,), secure=True, ready_seconds=PATIENCE, run_dir=made.unit(serial)) as cabinet:
        begin, end, told, _ = charge(cabinet, cabinet.say, 10)
        assert told["meter_stop_wh"] - told["meter_start_wh"] == end - begin > 0, told
        guest = cabinet.machine.shell
        wait_until("the keys to be locked", lambda: guest.run("systemctl is-active -q factory-keys")[0] == 0, 120, 1)
        shown = guest.check(f"{KEYS} show")
        assert f"serial       {serial}\n" in shown and shown.count(" locked") == 3, shown
        assert listed["fingerprint"] in shown.replace("-", ""), shown
        guest.check(f"{KEYS} check")
        # The secrets are on the sealed partition, for root alone.
        assert guest.check("findmnt -no SOURCE -T /var/lib/joulepoint/secrets/identity-key").strip() == "/dev/mapper/data"
        assert guest.check("stat -c %a:%U /var/lib/joulepoint/secrets/identity-key").strip() == "600:root"
        cabinet.machine.power_off(60)
    # From here on not even the factory uses the keys: what authorises them is in the unit.
    with pytest.raises(CabinetError, match="TPM does not sign"):
        made.verify(serial)


def test_a_disk_in_another_units_hardware_gives_neither_data_nor_keys(made):
    disk, hardware = made.unit(SERIALS[0]), made.unit(SERIALS[1])
    folder = made.folder / "swapped"
    shutil.copytree(hardware / "tpm", folder / "tpm")
    shutil.copy(hardware / "vars.fd", folder)
    shutil.move(disk / "disk.img", folder)
    (folder / "log").mkdir()
    machine = Machine(folder, "swap", connectors=(), secure=True, hmi_port=free_port())
    try:
        machine.start()
        machine.shell.wait(PATIENCE)
        wait_until("the unit to give the data up", lambda: machine.shell.run("test -s /run/joulepoint/no-data")[0] == 0, PATIENCE, 1)
        assert machine.shell.check("cat /run/joulepoint/no-data").strip() == "tpm_refuses"
        assert machine.shell.run("test -e /dev/mapper/data")[0] != 0
        # The TPM is the other unit's and says so; its keys stay locked, for what opens them is on that unit's own disk.
        shown = machine.shell.check(f"{KEYS} show")
        assert f"serial       {SERIALS[1]}\n" in shown and shown.count(" locked") == 3, shown
        assert machine.shell.run("systemctl is-active -q factory-keys")[0] != 0
        assert machine.shell.run("systemctl is-active -q controller")[0] != 0
        assert machine.shell.run("ls /var/lib/joulepoint/secrets")[0] != 0
    finally:
        machine.stop()
