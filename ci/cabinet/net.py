"""The car's cable: an interface at our end, an interface in a namespace of its own at the car's end."""

import os
import subprocess
import time


def ip(*args, check=True):
    """Runs `ip` and returns what it printed."""
    done = subprocess.run(["ip", *args], capture_output=True, text=True)
    if check and done.returncode:
        raise RuntimeError(f"ip {' '.join(args)}: {done.stderr.strip()}")
    return done.stdout


def _quiet_ipv6(interface, netns=None):
    # Without duplicate address detection the link-local address is usable at once, as on a unit.
    settings = "; ".join(
        f"echo {value} > /proc/sys/net/ipv6/conf/{interface}/{key}"
        for key, value in (("disable_ipv6", 0), ("accept_dad", 0), ("accept_ra", 0), ("router_solicitations", 0))
    )
    prefix = ["ip", "netns", "exec", netns] if netns else []
    subprocess.run([*prefix, "sh", "-c", settings], check=True)


class CarLink:
    """A pair of virtual Ethernet ends, one of them in a network namespace that stands for the car."""

    def __init__(self, token, connector):
        self.connector = connector
        self.netns = f"jpcar-{token}-{connector}"
        self.unit_end = f"jp{token}s{connector}"
        self.car_end = f"jp{token}c{connector}"

    def up(self):
        """Makes namespace and cable and brings both ends up."""
        ip("netns", "add", self.netns)
        ip("link", "add", self.unit_end, "type", "veth", "peer", "name", self.car_end)
        ip("link", "set", self.car_end, "netns", self.netns)
        _quiet_ipv6(self.unit_end)
        _quiet_ipv6(self.car_end, self.netns)
        ip("link", "set", self.unit_end, "up")
        ip("-n", self.netns, "link", "set", self.car_end, "up")
        ip("-n", self.netns, "link", "set", "lo", "up")
        return self

    def adopt_tap(self, tap):
        """Moves QEMU's end of a tap into a new namespace: the guest is the unit's end."""
        deadline = time.monotonic() + 20
        while not os.path.exists(f"/sys/class/net/{tap}"):
            if time.monotonic() > deadline:
                raise TimeoutError(f"QEMU made no interface {tap}")
            time.sleep(0.05)
        self.car_end = tap
        ip("netns", "add", self.netns)
        ip("link", "set", tap, "netns", self.netns)
        _quiet_ipv6(tap, self.netns)
        ip("-n", self.netns, "link", "set", tap, "up")
        ip("-n", self.netns, "link", "set", "lo", "up")
        return self

    def down(self):
        """Takes both away again; what is gone already is no matter."""
        ip("link", "del", self.unit_end, check=False)
        ip("netns", "del", self.netns, check=False)
