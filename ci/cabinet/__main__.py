"""python -m cabinet demo|boot: what ci/demo and ci/boot run."""

import sys

from . import boot, demo

COMMANDS = {"demo": demo.main, "boot": boot.main}

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        sys.exit(f"usage: python -m cabinet {'|'.join(COMMANDS)} …")
    sys.exit(COMMANDS[sys.argv[1]](sys.argv[2:]))
