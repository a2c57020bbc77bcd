"""python -m cabinet demo|boot|browser|bench|updates: what the scripts of ci/ run."""

import sys

from . import bench, boot, browser, demo, updates

COMMANDS = {
    "demo": demo.main,
    "boot": boot.main,
    "browser": browser.main,
    "bench": bench.main,
    "updates": updates.main,
}

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        sys.exit(f"usage: python -m cabinet {'|'.join(COMMANDS)} …")
    sys.exit(COMMANDS[sys.argv[1]](sys.argv[2:]))
