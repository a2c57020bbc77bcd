"""ci/boot: the bench image by itself, with a terminal."""

import argparse
import contextlib
import os
import select
import signal
import socket
import sys
import tempfile
import termios
import time
import tty
from pathlib import Path

from .base import CabinetError
from .machine import WIRES, Machine
from .net import ip


def attach(path):
    """Connects this terminal with the guest's console until the end of input."""
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    link.connect(str(path))
    before = termios.tcgetattr(0)
    tty.setcbreak(0)
    try:
        link.sendall(b"stty sane; PS1='joulepoint# '\n")
        while True:
            ready, _, _ = select.select([0, link], [], [])
            for source in ready:
                data = os.read(0, 4096) if source == 0 else link.recv(4096)
                if not data or (source == 0 and data == b"\x04"):
                    return
                link.sendall(data) if source == 0 else os.write(1, data)
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)
        link.close()


def stop(run_dir):
    """Ends what --daemonize has left running in a run directory."""
    for line in (run_dir / "pids").read_text().split():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(line), signal.SIGTERM)
    for name in (run_dir / "namespaces").read_text().split():
        ip("netns", "del", name, check=False)


def main(arguments):
    parser = argparse.ArgumentParser(prog="ci/boot")
    parser.add_argument("--secure", action="store_true")
    parser.add_argument("--side", choices=("a", "b"), default="a")
    parser.add_argument("--port", type=int, default=8443)
    parser.add_argument("--run-dir", type=Path)
    parser.add_argument("--config", type=Path, help="the unit's first configuration (TOML)")
    parser.add_argument("--stick", type=Path, help="an image file: a USB stick, plugged in at once")
    parser.add_argument("--daemonize", action="store_true")
    parser.add_argument("--stop", type=Path, metavar="DIR")
    options = parser.parse_args(arguments)
    if options.stop:
        stop(options.stop)
        return 0
    run_dir = options.run_dir or Path(tempfile.mkdtemp(prefix="jp-boot-", dir="/tmp"))
    run_dir.mkdir(parents=True, exist_ok=True)
    config = options.config.read_text() if options.config else None
    token = f"{os.getpid() % 0xFFF:03x}b"
    machine = Machine(run_dir, token, secure=options.secure, hmi_port=options.port, config=config, side=options.side,
                      stick=options.stick)
    left = False
    try:
        machine.start()
        if options.stick:
            machine.plug_in_stick()
        print(f"run directory  {run_dir}  (console.log and others in log/)")
        print(f"HMI            https://localhost:{options.port}")
        print(f"wires          {' '.join(f'{wire}.sock' for wire in WIRES)} in the run directory, for jp-sim")
        for link in machine.links:
            print(f"car link {link.connector}     {link.car_end} in namespace {link.netns}")
        print(f"root shell     {machine.path('shell.sock')}  (socat - UNIX:…)", flush=True)
        print(f"controller READY after {machine.wait_ready():.1f} s, side {machine.slot()}", flush=True)
        if options.daemonize:
            (run_dir / "pids").write_text(f"{machine.qemu.pid} {machine.swtpm.pid}\n")
            (run_dir / "namespaces").write_text(" ".join(link.netns for link in machine.links))
            left = True
            return 0
        if sys.stdin.isatty():
            print("root shell of the unit; Ctrl-D powers off")
            machine.shell.hang_up()
            attach(machine.path("shell.sock"))
            machine.power_off()
        else:
            while machine.qemu.running():
                time.sleep(0.5)
        return 0
    except KeyboardInterrupt:
        return 0
    except (CabinetError, TimeoutError) as error:
        print(f"ci/boot: {error}", file=sys.stderr)
        return 1
    finally:
        if not left:
            machine.stop()
