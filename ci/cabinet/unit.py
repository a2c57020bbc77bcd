"""A unit with two sides in QEMU: what an update does to it, and what becomes of it."""

import os
import re
import subprocess
import time

from .base import CabinetError, repository, wait_until
from .demo import charge
from .qemu import QemuCabinet

UPDATES = repository() / "build/image/updates"
STICK = "/run/updates"
CONFIRMED = "/run/joulepoint/system/confirmed"
BOOTS = "/sys/firmware/efi/efivars/JoulepointBoots-4a50426f-6f74-4000-8000-000000000001"
# A restart, the health check after it and a loaded machine.
PATIENCE = 420


class Unit(QemuCabinet):
    """A cabinet under Secure Boot with the tests' updates on a USB stick."""

    def __init__(self, **rest):
        if not (UPDATES / "stick.img").exists():
            raise CabinetError("there are no updates to test with: run ci/image --variants first")
        self.first_version = None
        super().__init__(connectors=(1,), secure=True, ready_seconds=PATIENCE, stick=UPDATES / "stick.img", **rest)

    def start(self):
        """Brings it up, as QemuCabinet does."""
        super().start()
        self.first_version = self.version()

    def guest(self, command, seconds=60):
        """What a command in the guest prints; it must succeed."""
        return self.machine.shell.check(command, seconds).strip()

    def version(self):
        """The version that runs."""
        return self.guest(". /etc/os-release && echo $IMAGE_VERSION")

    def boot_order(self):
        """The sides in the firmware's order, and the side that is to be started once, if there is one."""
        names, order, once = {}, [], None
        for line in self.guest("efibootmgr").splitlines():
            key, _, value = line.partition(":")
            if key == "BootOrder":
                order = value.strip().split(",")
            elif key == "BootNext":
                once = value.strip()
            elif line.startswith("Boot") and line[4:8].isalnum():
                name = line[8:].lstrip("* ").split("\t")[0].split(" ")[0]
                if name in ("a", "b"):
                    names[line[4:8]] = name
        return [names[number] for number in order if number in names], names.get(once)

    def starts(self):
        """The side whose starts are counted, and how many there were since it was found well."""
        side, count = self.guest(f"od -An -tu1 -j4 {BOOTS}").split()
        return chr(int(side)), int(count)

    def sides(self):
        """A fingerprint of what is written on each side, as far as an installation would change it at once."""
        parts = " ".join(f"/dev/disk/by-partlabel/{part}-{side}" for side in "ab" for part in ("boot", "rootfs"))
        return self.guest(f"for part in {parts}; do head -c 8M $part | sha256sum; done", 120)

    def sessions(self):
        """Every charge that the unit remembers."""
        return self.controller.get("/v1/sessions?limit=100")["sessions"]

    def charge(self):
        """A charge from plug-in to plug-out, billed to the CSMS as the meter counted it; its session."""
        begin, end, told, _ = charge(self, self.say, 20)
        assert told["meter_stop_wh"] - told["meter_start_wh"] == end - begin > 0, told
        return self.session_of(1)

    def plug_in_stick(self):
        """Puts the stick in, unless it is in, and mounts it where the tests look for it."""
        disk = "/dev/disk/by-label/JP-UPDATES"
        if self.machine.shell.run(f"test -e {disk}")[0]:
            self.machine.plug_in_stick()
        self.guest(f"mkdir -p {STICK}; until [ -e {disk} ]; do sleep 0.2; done", 60)
        self.guest(f"mountpoint -q {STICK} || mount -r {disk} {STICK}")

    def install(self, name, seconds=300):
        """Installs an update from the stick; the exit code and what was said. The restart is the caller's."""
        self.plug_in_stick()
        return self.machine.shell.run(f"rauc install {STICK}/{name}.raucb", seconds)

    def installed(self, name):
        """Installs an update that must be taken; seconds that it took."""
        began = time.monotonic()
        code, said = self.install(name)
        assert code == 0, said
        took = time.monotonic() - began
        self.say(f"{name} installed in {took:.0f} s")
        return took

    def ordered(self, name):
        """Has `system` install an update from the stick that must be taken: it judges it then. The restart is the caller's."""
        self.plug_in_stick()
        self.guest(f"jpctl update install --restart no {STICK}/{name}.raucb", 600)

    def ended(self):
        """How the last update that `system` was asked for ended: its version, the result, and the reason in words."""
        last = self.system.get("/v1/update")["outcomes"][0]
        return last["version"], last["result"], last["reason"]

    def restart(self, came_back=None):
        """Restarts the guest into whatever comes; seconds until READY. `came_back`: until this version runs again."""
        took = self.machine.restart(2 * PATIENCE)
        if came_back and self.version() != came_back:
            self.machine.expect_restart()
            took += self.machine.wait_ready(2 * PATIENCE)
        self.say(f"{self.version()} READY {took:.0f} s after the restart")
        return took

    def restart_until(self, text):
        """Restarts the guest. When the console has said `text` and the machine goes down by itself, waits for READY."""
        self.machine.ask_to_restart()
        self.machine.wait_console(text, 2 * PATIENCE)
        self.machine.expect_restart()
        self.machine.wait_console("reboot: Restarting system", PATIENCE)
        self.machine.expect_restart()
        return self.machine.wait_ready(2 * PATIENCE)

    def power_on(self):
        """Starts the machine after its power was cut; seconds until READY."""
        self.machine.start()
        self.sim.stop()
        self.sim.start()
        return self.machine.wait_ready(3 * PATIENCE)

    def spoil(self, side):
        """Cuts the power and overwrites the beginning of a side's root, as a worn-out flash would."""
        self.machine.cut()
        disk = self.machine.path("disk.img")
        table = subprocess.check_output(["sfdisk", "-d", disk], text=True)
        start = int(re.search(rf'start= *(\d+),.*name="rootfs-{side}"', table)[1]) * 512
        with open(disk, "r+b") as file:
            file.seek(start)
            file.write(os.urandom(1 << 20))

    def until_confirmed(self):
        """Returns when `system` has found the side that runs well, and its starts are counted anew."""
        wait_until("system to find it well", lambda: self.machine.shell.run(f"test -e {CONFIRMED}")[0] == 0, PATIENCE, 0.5)
        wait_until("the side to be confirmed", lambda: self.starts() == (self.machine.slot(), 0), PATIENCE, 0.5)


def version_of(name):
    """The version of one of the tests' updates."""
    return (UPDATES / f"{name}.version").read_text().strip()
