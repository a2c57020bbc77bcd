"""The bench image in QEMU: a machine, its TPM, its wires as sockets in the run directory."""

import base64
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

from .base import CabinetError, repository, wait_until
from .net import CarLink
from .process import Process, tail

IMAGE = repository() / "build/image/out"
# The build without SMM. It keeps Secure Boot as the other does; only the kernel could write the variables behind its back.
# With SMM each variable that is read stops both processors, which an emulator on a busy machine takes a second for.
OVMF_CODE = "/usr/share/OVMF/OVMF_CODE_4M.fd"
OVMF_VARS = "/usr/share/OVMF/OVMF_VARS_4M.fd"
# The ports of the emulated four-port card, in order: meta-joulepoint/files/bench/60-wires.rules.
WIRES = ("can", "mcu", "rs485", "rfid")
MAC = "52:54:00:4a:50:{:02x}"


class Shell:
    """The root shell on the guest's hypervisor console."""

    def __init__(self, path):
        self.path, self._lock, self._count, self._socket = path, threading.Lock(), 0, None

    def _dial(self):
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        link.connect(str(self.path))
        self._socket, self._buffer = link, b""

    def hang_up(self):
        """Leaves the console to somebody else."""
        if self._socket:
            self._socket.close()
            self._socket = None

    def wait(self, seconds):
        """Returns when the guest's shell answers."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                if self.run("true", 3)[0] == 0:
                    return
            except (OSError, TimeoutError):
                time.sleep(0.2)
        raise TimeoutError(f"no shell in the guest after {seconds} s")

    def run(self, command, seconds=60):
        """Runs a command; its exit code and what it printed on both outputs."""
        with self._lock:
            if self._socket is None:
                self._dial()
            self._count += 1
            mark = f"__{os.getpid()}_{self._count}__"
            # The marks are put together in the guest, or their echo would be taken for them.
            split = f"{mark[:4]}''{mark[4:]}"
            text = f"stty -echo; echo {split}; {{ {command}\n}} 2>&1 </dev/null; rc=$?; echo; echo {split}rc=$rc=\n"
            self._socket.sendall(text.encode())
            return self._until(mark, time.monotonic() + seconds, command)

    def send(self, command):
        """Gives a command and does not wait for it."""
        with self._lock:
            if self._socket is None:
                self._dial()
            self._socket.sendall(f"{command}\n".encode())

    def _until(self, mark, deadline, command):
        pattern = re.compile(re.escape(mark).encode() + rb"rc=(\d+)=\r?\n")
        while True:
            if found := pattern.search(self._buffer):
                output = self._buffer[: found.start()].replace(b"\r\n", b"\n").decode("utf-8", "replace")
                output = output.split(mark + "\n", 1)[-1]
                self._buffer = self._buffer[found.end() :]
                return int(found[1]), output.removesuffix("\n")
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"the guest did not finish {command!r}")
            self._socket.settimeout(left)
            data = self._socket.recv(65536)
            if not data:
                self._socket = None
                raise OSError("the guest's console is gone")
            self._buffer += data

    def check(self, command, seconds=60):
        """What a command printed; a CabinetError if it failed."""
        code, output = self.run(command, seconds)
        if code:
            raise CabinetError(f"in the guest, {command!r} ended with {code}: {output}")
        return output


class GuestClient:
    """A daemon's API in the guest, as UnixClient is natively: by curl, through the shell."""

    def __init__(self, shell, name):
        self.shell, self.name = shell, name

    def request(self, method, path, body=None, headers=None, timeout=10):
        """Status, headers (none) and body of any answer."""
        extra = "".join(f" -H '{key}: {value}'" for key, value in (headers or {}).items())
        source = ""
        if body is not None:
            data = body if isinstance(body, (bytes, str)) else json.dumps(body)
            data = base64.b64encode(data.encode() if isinstance(data, str) else data).decode()
            source = f"echo {data} | base64 -d | "
            extra += " --data-binary @-" + ("" if headers else " -H 'Content-Type: application/json'")
        # curl on a pipe: `</dev/null` of the shell must not be its input.
        command = (
            f"{source}curl -sS -m {int(timeout)} -X {method}{extra} -w '%{{http_code}}' "
            f"--unix-socket /run/joulepoint/{self.name}.sock 'http://localhost{path}' | base64 -w0"
        )
        output = base64.b64decode(self.shell.check(command, timeout + 10).strip().splitlines()[-1]).decode("utf-8", "replace")
        raw, status = output[:-3], output[-3:]
        if not status.isdigit() or status == "000":
            raise OSError(f"{self.name} does not answer: {output}")
        try:
            parsed = json.loads(raw) if raw else None
        except ValueError:
            parsed = raw
        return int(status), {}, parsed

    def get(self, path, **rest):
        """What `GET path` answers."""
        return self._checked("GET", path, **rest)

    def post(self, path, body=None, **rest):
        """What `POST path` answers."""
        return self._checked("POST", path, {} if body is None else body, **rest)

    def _checked(self, method, path, body=None, **rest):
        status, _, parsed = self.request(method, path, body, **rest)
        if status >= 400:
            raise CabinetError(f"{self.name}: {method} {path}: {status} {parsed}")
        return parsed


class Machine:
    """One virtual unit. Its disk, TPM and firmware variables are in the run directory and outlive a stop.

    secure   OVMF with Secure Boot and the signed UKI; else the kernel is loaded directly, side a
    stick    an image file: a USB stick to plug in, for reading only
    spare    an image file: a second disk, /dev/disk/by-id/virtio-spare
    """

    def __init__(self, run_dir, token, connectors=(1, 2), secure=False, hmi_port=8443, config=None, side="a", stick=None,
                 spare=None):
        self.run_dir, self.secure, self.hmi_port, self.config, self.side = run_dir, secure, hmi_port, config, side
        self.stick, self.spare = stick, spare
        self.links = [CarLink(token, connector) for connector in connectors]
        self.shell = Shell(run_dir / "shell.sock")
        self.qemu = self.swtpm = None
        self.started, self._console_from = 0.0, 0

    def path(self, name):
        """A file of this machine."""
        return self.run_dir / name

    def prepare(self):
        """A disk, a TPM and firmware variables, if there are none yet."""
        if not (IMAGE / "complete").exists():
            raise CabinetError("there is no bench image: run ci/image first")
        self.path("log").mkdir(exist_ok=True)
        self.path("tpm").mkdir(exist_ok=True)
        if not self.path("disk.img").exists():
            subprocess.check_call(
                ["cp", "--sparse=always", "--reflink=auto", str(IMAGE / "disk.img"), str(self.path("disk.img"))]
            )
        if self.secure and not self.path("vars.fd").exists():
            build = repository() / "build"
            subprocess.check_call(
                [repository() / "ci/lib/image/vars", self.path("disk.img"), build / "keys", OVMF_VARS,
                 self.path("vars.fd"), build / "venv/image/bin/virt-fw-vars"]
            )

    def start(self):
        """Powers the machine on."""
        self.prepare()
        # Of a start before this one, whose power was cut.
        for name in ("tpm", "shell", "console", "qmp", *WIRES):
            self.path(f"{name}.sock").unlink(missing_ok=True)
        tpm = self.path("tpm.sock")
        self.swtpm = Process(
            "swtpm",
            ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={self.path('tpm')}", "--ctrl", f"type=unixio,path={tpm}",
             "--flags", "startup-clear", "--terminate"],
            self.path("log/swtpm.log"),
        ).start()
        wait_until("swtpm", tpm.exists, 10, 0.02)
        # A second start in the same folder: what the first has written does not count.
        self._console_from = len(self._console_log())
        self.qemu = Process("qemu", self.argv(), self.path("log/qemu.log")).start()
        self.started = time.monotonic()
        wait_until("QEMU", lambda: self.path("shell.sock").exists() or not self.qemu.running(), 20)
        if not self.qemu.running():
            raise CabinetError(f"QEMU ended\n{tail(self.path('log/qemu.log'))}")
        for link in self.links:
            link.adopt_tap(self.tap(link))
        return self

    def tap(self, link):
        """The name of QEMU's end of a car's link."""
        return link.car_end

    def argv(self):
        """The machine as QEMU's arguments."""
        def chardev(name, **log):
            extra = "".join(f",{key}={value}" for key, value in log.items())
            return ["-chardev", f"socket,id={name},path={self.path(name + '.sock')},server=on,wait=off{extra}"]

        argv = ["qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none", "-name", "joulepoint"]
        argv += ["-machine", "q35,smm=off", "-cpu", "max", "-smp", "2", "-m", "1024"]
        # Not a gigabyte of translated code: after a restart the firmware's stack lies on pages of code that ran before, QEMU walks
        # all of that at each store, and on a busy host a tick of the firmware's clock then took longer than the tick: it hung.
        argv += ["-accel", os.environ.get("JOULEPOINT_ACCEL", "tcg,thread=multi,tb-size=256")]
        if self.secure:
            argv += ["-drive", f"if=pflash,unit=0,format=raw,readonly=on,file={OVMF_CODE}"]
            argv += ["-drive", f"if=pflash,unit=1,format=raw,file={self.path('vars.fd')}"]
        else:
            line = (IMAGE / "cmdline").read_text().strip() + f" rauc.slot={self.side}"
            argv += ["-kernel", str(IMAGE / "vmlinuz"), "-initrd", str(IMAGE / "initrd.img"), "-append", line]
        argv += chardev("console", logfile=self.path("log/console.log"), logappend="on") + ["-serial", "chardev:console"]
        argv += chardev("shell") + ["-device", "virtio-serial-pci", "-device", "virtconsole,chardev=shell"]
        for wire in WIRES:
            argv += chardev(wire)
        ports = ",".join(f"chardev{number}={wire}" for number, wire in enumerate(WIRES, 1))
        argv += ["-device", f"pci-serial-4x,{ports}", "-qmp", f"unix:{self.path('qmp.sock')},server=on,wait=off"]
        argv += ["-drive", f"if=none,id=disk,format=raw,file={self.path('disk.img')},cache=writeback,discard=unmap"]
        argv += ["-device", "virtio-blk-pci,drive=disk", "-object", "rng-random,id=rng,filename=/dev/urandom"]
        argv += ["-device", "virtio-rng-pci,rng=rng", "-device", "i6300esb", "-action", "watchdog=reset"]
        if self.spare:
            argv += ["-drive", f"if=none,id=spare,format=raw,file={self.spare},cache=writeback"]
            argv += ["-device", "virtio-blk-pci,drive=spare,serial=spare"]
        if self.stick:
            argv += ["-drive", f"if=none,id=stick,format=raw,readonly=on,file={self.stick}"]
            argv += ["-device", "qemu-xhci"]
        argv += ["-netdev", f"user,id=net0,hostfwd=tcp:127.0.0.1:{self.hmi_port}-:8443"]
        argv += ["-device", f"virtio-net-pci,netdev=net0,romfile=,mac={MAC.format(0)}"]
        for link in self.links:
            number = link.connector
            argv += ["-netdev", f"tap,id=car{number},ifname={link.car_end},script=no,downscript=no"]
            argv += ["-device", f"virtio-net-pci,netdev=car{number},romfile=,mac={MAC.format(number)}"]
        argv += ["-chardev", f"socket,id=tpm,path={self.path('tpm.sock')}", "-tpmdev", "emulator,id=tpm,chardev=tpm"]
        argv += ["-device", "tpm-crb,tpmdev=tpm"]
        if self.config:
            encoded = base64.b64encode(self.config.encode()).decode()
            argv += ["-smbios", f"type=11,value=io.systemd.credential.binary:joulepoint.toml={encoded}"]
        return argv

    def wait_ready(self, seconds=300):
        """Seconds from power-on until the controller says READY: its unit then writes a line to the console."""
        deadline = self.started + seconds
        while b"joulepoint: controller READY" not in self.console():
            if not self.qemu.running():
                raise CabinetError(f"QEMU ended\n{tail(self.path('log/qemu.log'))}")
            if time.monotonic() > deadline:
                self.keep_journal()
                raise TimeoutError(f"the controller is not ready after {seconds} s; see {self.path('log/console.log')}")
            time.sleep(0.1)
        ready = time.monotonic() - self.started
        self.shell.wait(60)
        return ready

    def expect_restart(self):
        """Another start of the same machine is due: `wait_ready` waits for that one, from now on."""
        self._console_from = len(self._console_log())
        self.started = time.monotonic()

    def ask_to_restart(self):
        """Asks the guest to restart. Its shell may end before it has answered."""
        self.expect_restart()
        with contextlib.suppress(OSError, TimeoutError):
            self.shell.run("systemctl reboot --no-block", 20)

    def restart(self, seconds=300):
        """Asks the guest to restart; seconds until the controller is READY again."""
        self.ask_to_restart()
        return self.wait_ready(seconds)

    def wait_console(self, text, seconds=120):
        """Returns when the console says `text`, of this start or after `expect_restart`."""
        deadline = time.monotonic() + seconds
        while text.encode() not in self.console():
            if time.monotonic() > deadline:
                raise TimeoutError(f"the console does not say {text!r} within {seconds} s; see {self.path('log/console.log')}")
            time.sleep(0.1)

    def keep_journal(self):
        """The guest's journal into the logs, if its shell answers."""
        try:
            journal = self.shell.run("systemctl --failed --no-pager; journalctl -b --no-pager -o short-monotonic", 60)[1]
            self.path("log/journal.log").write_text(journal)
        except (OSError, TimeoutError):
            return

    def _console_log(self):
        try:
            return self.path("log/console.log").read_bytes()
        except FileNotFoundError:
            return b""

    def console(self):
        """What the console has said since the last start, or since `expect_restart`."""
        return self._console_log()[self._console_from :]

    def slot(self):
        """The side that runs."""
        return self.shell.check("sed -n s/JOULEPOINT_SLOT=//p /run/joulepoint/slot").strip()

    def client(self, name):
        """A client of a daemon in the guest."""
        return GuestClient(self.shell, name)

    def power_off(self, seconds=30):
        """Asks the guest to power off."""
        with contextlib.suppress(OSError, TimeoutError):
            self.shell.run("systemctl poweroff --no-block", 10)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.qemu.child.wait(seconds)

    def plug_in_stick(self):
        """Puts the stick into the USB port."""
        self._qmp("device_add", driver="usb-storage", drive="stick", id="usb-stick")

    def _qmp(self, command, **arguments):
        """A command to QEMU itself."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
            link.connect(str(self.path("qmp.sock")))
            link.settimeout(20)
            lines = link.makefile("rw")
            lines.readline()
            for message in ({"execute": "qmp_capabilities"}, {"execute": command, "arguments": arguments}):
                lines.write(json.dumps(message) + "\n")
                lines.flush()
                while "event" in (answer := json.loads(lines.readline())):
                    pass
                if "error" in answer:
                    raise CabinetError(f"QEMU refused {message}: {answer['error']['desc']}")

    def cut(self):
        """Takes the power away. swtpm ends by itself."""
        self.shell.hang_up()
        if self.qemu and self.qemu.running():
            self.qemu.child.send_signal(signal.SIGKILL)
            self.qemu.child.wait()
        if self.swtpm:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.swtpm.child.wait(3)
        for link in self.links:
            link.down()

    def stop(self):
        """Ends the machine and its TPM."""
        self.cut()
        if self.swtpm:
            self.swtpm.stop()

    def clear(self):
        """Removes the disk: the next start is a first start."""
        for name in ("disk.img", "vars.fd"):
            self.path(name).unlink(missing_ok=True)
        shutil.rmtree(self.path("tpm"), ignore_errors=True)
