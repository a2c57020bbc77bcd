"""What ci/bench measures on a native cabinet, and the table of everything."""

import json
import os
import re
import subprocess
import tempfile
from pathlib import Path

from . import live
from .base import binaries, repository
from .demo import charge
from .native import NativeCabinet
from .restart import LEASE_MS, restarts

PROGRAMS = ("controller", "plc", "ocpp", "hmi", "system", "jpctl")


def criterion():
    """Nanoseconds by benchmark, of criterion's last run."""
    found = {}
    folder = repository() / "rust/target/criterion"
    for estimate in sorted(folder.rglob("new/estimates.json")):
        name = str(estimate.parent.parent.relative_to(folder))
        found[name] = json.loads(estimate.read_text())["median"]["point_estimate"]
    return found


def counted():
    """What benches of our own have printed, as `NAME: NUMBER UNIT`."""
    log = repository() / "build/bench.log"
    lines = re.findall(r"^([a-z_0-9]+/[a-z_0-9]+): +([\d.]+) (\w+)$", log.read_text() if log.exists() else "", re.M)
    return {f"{name}_{unit}": float(number) for name, number, unit in lines}


def sizes():
    """Bytes of each program as it goes into an image: without debug information."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in PROGRAMS:
            stripped = Path(folder) / name
            subprocess.check_call(["strip", "--strip-debug", "-o", stripped, binaries() / name])
            found[name] = stripped.stat().st_size
    return found


def session():
    """One session on a native cabinet: seconds to the first ampere, and each daemon's memory after it."""
    with NativeCabinet() as cabinet:
        *_, first_ampere = charge(cabinet, lambda text: None, 15)
        memory = {name: cabinet.pss_kib(name) for name in cabinet.daemons}
    return first_ampere, memory


RESTARTS = 50


def main(_):
    """Prints the table and writes build/bench/result.json."""
    first_ampere, memory = session()
    restarted = restarts(RESTARTS)
    result = {
        "criterion_ns": criterion(),
        "counted": counted(),
        "plug_in_to_first_ampere_s": round(first_ampere, 2) if first_ampere else None,
        "controller_restart_ms": {"p50": round(restarted[RESTARTS // 2]), "max": round(restarted[-1]), "of": RESTARTS},
        "live": live.measure(),
        "pss_kib": memory,
        "binary_bytes": sizes(),
    }
    folder = Path(os.environ.get("BUILD", repository() / "build")) / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "result.json").write_text(json.dumps(result, indent=1) + "\n")
    for name, nanoseconds in result["criterion_ns"].items():
        print(f"{name:44} {nanoseconds / 1000:12.2f} µs")
    for name, number in result["counted"].items():
        print(f"{name:44} {number:12.0f}")
    print(f"{'plug-in to first ampere, native, real time':44} {result['plug_in_to_first_ampere_s'] or 0:12.2f} s")
    restart = result["controller_restart_ms"]
    name = f"kill to lease, four charges, of {RESTARTS} (lease {LEASE_MS})"
    print(f"{name:44} {restart['p50']:12} ms p50, {restart['max']} ms max")
    for line in live.table(result["live"]):
        print(line)
    for name, kib in memory.items():
        print(f"{'memory (PSS) after a session, ' + name:44} {kib / 1024:12.1f} MiB")
    for name, size in result["binary_bytes"].items():
        print(f"{'size, ' + name:44} {size / 1e6:12.1f} MB")
    print(f"\nwritten to {folder / 'result.json'}")
    return 0
