"""A whole cabinet, started from outside: the five daemons, the simulated world and a CSMS.

The demo and the end-to-end tests stand on this one package. It uses Python's standard library
only, so that it runs on a bare machine.

    NativeCabinet   the daemons as processes on this machine, in a run directory of their own
    QemuCabinet     the bench image in QEMU; the same daemons, the same outside world
"""

from .base import Cabinet, CabinetError, repository
from .native import NativeCabinet
from .qemu import QemuCabinet

__all__ = ["Cabinet", "CabinetError", "NativeCabinet", "QemuCabinet", "repository"]
