"""D18 in the bench image: sealed data under other images, in another machine, and its recovery key. Each test goes on from the last."""

import base64
import re
import shutil
import subprocess

import pytest

from cabinet.base import repository, wait_until
from cabinet.demo import charge
from cabinet.machine import IMAGE
from cabinet.qemu import QemuCabinet

BASE = repository() / "build/image/base"
KEYS = repository() / "build/keys"
PATIENCE = 600
DATA = "/dev/joulepoint/data"
WRONG = "-".join(["cbdefghi"] * 8)


class Sealed(QemuCabinet):
    """A unit whose image and TPM are changed while it is off."""

    recovery_key = None

    def guest(self, command, seconds=60):
        """What a command in the guest prints; it must succeed."""
        return self.machine.shell.check(command, seconds).strip()

    def image(self, keys, word):
        """Writes an image of another version (a further word on its command line), signed by these keys, to side a."""
        stub = BASE / "ukify/usr/lib/systemd/boot/efi/linuxx64.efi.stub"
        line = (IMAGE / "cmdline").read_text().strip()
        image = self.run_dir / "other.efi"
        subprocess.run(
            [repository() / "ota/uki", keys, image, f"--linux={IMAGE / 'vmlinuz'}", f"--initrd={IMAGE / 'initrd.img'}",
             f"--cmdline={line} jp.test={word}", "--os-release=ID=joulepoint", f"--stub={stub}",
             f"--uname={(BASE / 'kernel-version').read_text().strip()}"],
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "UKIFY": f"/usr/bin/python3 {BASE / 'ukify/usr/bin/ukify'}"},
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        disk = self.machine.path("disk.img")
        table = subprocess.check_output(["sfdisk", "-d", disk], text=True)
        at = int(re.search(r'start= *(\d+),.*name="boot-a"', table)[1]) * 512
        subprocess.check_call(["mcopy", "-o", "-i", f"{disk}@@{at}", str(image), "::EFI/BOOT/BOOTX64.EFI"])

    def power_on(self):
        """Starts the machine, until its shell answers; the firmware counts starts anew."""
        self.machine.path("vars.fd").unlink()
        self.machine.start()
        self.sim.stop()
        self.sim.start()
        self.machine.shell.wait(PATIENCE)

    def opened(self):
        """Returns when the data is open and the controller has it."""
        wait_until("the controller", lambda: self.controller.get("/v1/state"), PATIENCE, 1)
        assert self.system.get("/v1/data")["partition"] == {"kind": "open"}

    def locked(self):
        """Returns when the unit says that its data is locked; why."""
        partition = wait_until("system's word", lambda: self.system.get("/v1/data")["partition"], PATIENCE, 1)
        assert partition["kind"] == "locked", partition
        wait_until("the page", lambda: self.guest("systemctl is-active hmi || true") == "active", PATIENCE, 1)
        assert self.guest("systemctl is-active controller ocpp || true").split() == ["inactive", "inactive"]
        return partition["reason"]

    def unlock(self, key, sealing):
        """Enters a recovery key; status and answer."""
        body = {"recovery_key": key, "sealing": sealing}
        status, _, answer = self.system.request("POST", "/v1/data/unlock", body, timeout=200)
        return status, answer

    def tried(self, key, sealing):
        """The same, as soon as `system` takes another try."""
        return wait_until("the key to be tried", lambda: (r := self.unlock(key, sealing))[0] != 429 and r, 60, 2)

    def sealed(self):
        """What the partition's header says of its key slots."""
        return self.guest(f"systemd-cryptenroll {DATA}")


@pytest.fixture(scope="module")
def unit():
    """A unit after its first start and a charge, with a recovery key that somebody has written down."""
    with Sealed(connectors=(1,), secure=True, ready_seconds=PATIENCE) as started:
        assert started.system.get("/v1/data") == {"partition": {"kind": "open"}, "recovery_key": "none"}
        charge(started, started.say, 20)
        started.recovery_key = started.guest("jpctl data recovery-key", 200).splitlines()[0]
        assert started.system.get("/v1/data")["recovery_key"] == "made"
        started.sessions = started.controller.get("/v1/sessions")["sessions"]
        assert started.sessions
        yield started


def test_an_image_that_others_signed_cannot_open_the_data_until_the_recovery_key_is_entered(unit):
    """It starts: the firmware knows its signature. But what data is sealed to is a key that it was not signed with."""
    others = unit.run_dir / "others"
    shutil.copytree(KEYS, others)
    for name in ("pcr.key", "pcr.pem"):
        (others / name).unlink()
    subprocess.check_call([repository() / "ota/make-dev-keys", others])
    unit.machine.cut()
    unit.image(others, "others")
    unit.power_on()
    assert unit.locked() == "tpm_refuses"
    assert "jp.test=others" in unit.guest("cat /proc/cmdline")
    assert "data" not in unit.guest("ls /dev/mapper").split()
    page = unit.guest("curl -sk https://localhost:8443/api/data")
    assert '"tpm_refuses"' in page
    assert unit.tried(WRONG, "keep")[0] == 403
    # Nor is it taken when the partition is open already, as after a mount that failed.
    sealed = unit.sealed()
    unit.guest(f"printf %s {unit.recovery_key} | cryptsetup open --key-file - {DATA} data", 120)
    assert unit.tried(WRONG, "renew")[0] == 403
    unit.guest("cryptsetup close data")
    # What cannot be sealed anew stays sealed as it was: the next test finds it so.
    unit.guest("mv /run/systemd/tpm2-pcr-public-key.pem /run/away.pem")
    boot = unit.guest("cat /proc/sys/kernel/random/boot_id")
    status, answer = unit.tried(unit.recovery_key, "renew")
    assert status == 200 and answer["sealing"]["kind"] == "failed", answer
    assert unit.sealed() == sealed
    assert unit.guest("ls /run | grep -c data-key || true") == "0"
    unit.opened()
    assert unit.guest("cat /proc/sys/kernel/random/boot_id") == boot, "no restart is needed"
    assert unit.controller.get("/v1/sessions")["sessions"] == unit.sessions


def test_another_version_of_ours_opens_it_by_itself(unit):
    """As after an update, and after a fall-back to what ran before: another kernel image, the same key."""
    unit.machine.cut()
    unit.image(KEYS, "ours")
    unit.power_on()
    unit.opened()
    assert "jp.test=ours" in unit.guest("cat /proc/cmdline")
    assert unit.controller.get("/v1/sessions")["sessions"] == unit.sessions


def test_where_the_tpm_opens_it_a_wrong_key_is_still_wrong(unit):
    """As when the file system could not be mounted: it is the key that is tried, and not what the TPM would give."""
    unit.guest("touch /run/joulepoint/no-data")
    said = unit.guest(f"echo recover {WRONG} keep | /usr/libexec/joulepoint/data-key; rm /run/joulepoint/no-data", 120)
    assert said.startswith("refused wrong_key"), said


@pytest.mark.parametrize("fails", ["exit 1", '/run/real "$@" && exec mv /run/systemd/tpm2-pcr-public-key.pem /run/away.pem'])
def test_a_sealing_that_cannot_be_replaced_stays(unit, fails):
    """The same policy stands there already; its token cannot be set aside, or it can and then nothing is sealed in its place."""
    header = f"cryptsetup luksDump {DATA} | grep -v '^Epoch'"
    before = unit.guest(header)
    verb = "export" if fails == "exit 1" else "remove"
    unit.guest("cp $(command -v cryptsetup) /run/real")
    script = f'#!/bin/sh\ncase "$*" in "token {verb}"*) {fails} ;; esac\nexec /run/real "$@"\n'
    unit.guest(f"echo {base64.b64encode(script.encode()).decode()} | base64 -d > /run/fails && chmod 0755 /run/fails")
    unit.guest(f"printf %s {unit.recovery_key} > /run/typed && mount --bind /run/fails $(command -v cryptsetup)")
    code, said = unit.machine.shell.run("/usr/libexec/joulepoint/seal-data --again /run/typed", 200)
    unit.guest("umount $(command -v cryptsetup); rm /run/typed; ! [ -e /run/away.pem ] || mv /run/away.pem /run/systemd/tpm2-pcr-public-key.pem")
    assert code == 1 and "is as it was" in said, said
    assert unit.guest(header) == before


def test_in_another_machine_the_recovery_key_opens_it_and_seals_it_anew(unit):
    unit.machine.cut()
    shutil.rmtree(unit.machine.path("tpm"))
    unit.power_on()
    assert unit.locked() == "tpm_refuses"
    assert unit.unlock(unit.recovery_key, "renew") == (200, {"sealing": {"kind": "renewed"}})
    assert sorted(line.split()[1] for line in unit.sealed().splitlines()[1:]) == ["recovery", "tpm2"], "one sealing, no leftovers"
    unit.opened()
    unit.machine.cut()
    unit.power_on()
    unit.opened()
    assert unit.controller.get("/v1/sessions")["sessions"] == unit.sessions
