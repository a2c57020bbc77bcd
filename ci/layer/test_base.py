"""What every unit has from its first start: a packet filter, and a PCR 11 that only the boot stub extends."""

import configparser
import re

from joulepoint import manifest
from layer import LAYER, TOP

FILTER = LAYER / "recipes-filter/nftables"


def product():
    """What the manifest puts on a unit of the product: destination -> entry."""
    entries = manifest.read(LAYER / "files/install.manifest")
    return {entry.destination: entry for entry in entries if entry.set == "base"}


def test_the_packet_filter_is_enabled():
    """The recipe of nftables has no unit: ours is installed, enabled, loads the rules of the manifest, and is in the image."""
    recipe = (FILTER / "nftables_%.bbappend").read_text()
    assert re.search(r"^inherit(_defer)? .*\bsystemd\b", recipe, re.M)
    assert re.search(r'^SYSTEMD_SERVICE:\$\{PN\}:joulepoint = "nftables.service"$', recipe, re.M)
    assert "SYSTEMD_AUTO_ENABLE" not in recipe, "the class enables it by default"
    assert "install -D -m 0644 ${UNPACKDIR}/nftables.service ${D}${systemd_system_unitdir}/nftables.service" in recipe
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str
    unit.read(FILTER / "files/nftables.service")
    rules = unit["Service"]["ExecStart"].split()[-1]
    assert product()[rules].source == "meta-joulepoint/files/config/nftables.conf"
    assert unit["Install"]["WantedBy"] == "sysinit.target" and "network-pre.target" in unit["Unit"]["Before"]
    group = (LAYER / "recipes-core/packagegroups/packagegroup-joulepoint.bb").read_text()
    assert re.search(r"^    nftables \\$", group, re.M)


def test_nothing_of_systemds_extends_pcr_11():
    """`data` is sealed to what the stub measured (ota/sign-pcr11): both images mask systemd's own measuring, from one list."""
    masked = {name.rsplit("/", 1)[1] for name, entry in product().items() if entry.kind == "link" and entry.source == "/dev/null"}
    measuring = {f"systemd-pcr{what}" for what in ("phase.service", "phase-sysinit.service", "machine.service", "extend.socket", "lock.socket")}
    assert measuring | {"systemd-tpm2-setup.service", "systemd-tpm2-setup-early.service"} <= masked
    bench = " ".join(line.split("#")[0] for line in (TOP / "ci/lib/image/masks").read_text().splitlines()).split()
    assert not masked & set(bench), "the manifest masks it in both images"


def test_nobody_asks_polkit():
    """Who may ask whom is in the daemons and in D-Bus's rules; a second authority is not in the image."""
    for name in ("joulepoint.conf", "include/joulepoint-packages.inc"):
        lines = (LAYER / "conf/distro" / name).read_text().splitlines()
        assert not [line for line in lines if "polkit" in line and not line.startswith("#")], name
