"""Every program that our scripts and units call on a unit is installed there, and knows the options that they give it.

busybox alone is not enough: as oe-core configures it, it has no `install` and no `blockdev`, its `head` counts no bytes and
its `dd` knows neither `conv=` nor `iflag=`. So the product and the factory's stick have coreutils; the initrd, which has
busybox alone, must do without all that.
"""

import re

import pytest
from joulepoint import manifest
from layer import LAYER, TOP
from shell_commands import commands

# What comes from which package, of what our scripts may call. Where two have it, update-alternatives takes the one named here.
PROVIDERS = {
    "busybox": "chattr cmp grep sed sh",
    "coreutils": "basename cat chmod cp cut dd dirname head install mkdir mktemp mv readlink rm rmdir sleep stat sync tail tr wc",
    "cryptsetup": "cryptsetup",
    "e2fsprogs-mke2fs": "mkfs.ext4",
    "efibootmgr": "efibootmgr",
    "iproute2": "ip",
    "mmc-utils": "mmc",
    "rauc": "rauc",
    "systemd": "systemctl udevadm",
    "systemd-crypt": "systemd-cryptenroll",
    "util-linux-blockdev": "blockdev",
    "util-linux-mount": "mount",
    "util-linux-mountpoint": "mountpoint",
}
# Its own package, which systemd requires.
PROVIDERS["util-linux-umount"] = "umount"
IMPLIED = {"util-linux-umount"}
# busybox's applets that oe-core's own configuration has, of what an initrd may want.
APPLETS = "cat chattr cp cut dd grep head insmod mkdir mount od printf readlink rm sed sleep switch_root sync tail tr umount".split()
# What these applets do not do there: program, and a word among its arguments.
NOT_IN_BUSYBOX = [("head", r"-c.*"), ("dd", r"(conv|iflag|oflag|status|ibs|obs)=.*"), ("sync", r"[^-].*"), ("tail", r"-c.*\+.*")]


def group(name):
    """The packages that a packagegroup names, whatever the machine."""
    text = (LAYER / f"recipes-core/packagegroups/{name}.bb").read_text()
    found = set()
    for value in re.findall(r"^RDEPENDS:\$\{PN\} \+?= \"(.*?)\"$", text, re.M | re.S):
        found |= set(re.findall(r"(?<![\w$-])[a-z][\w.-]+", value))
    return found


def programs_of(set_name):
    """program -> who calls it, of all scripts and units of one set of the manifest."""
    found = {}
    own = set()
    for entry in manifest.read(LAYER / "files/install.manifest"):
        if entry.set not in (set_name, "base"):
            continue
        own.add(entry.destination)
        if entry.kind not in ("file", "conf") or (entry.set == "base" and set_name == "factory" and not entry.source.startswith("tpm/")):
            continue
        text = (TOP / entry.source).read_text()
        if text.startswith("#!/bin/sh"):
            called = [name for name, _ in commands(text)]
        else:
            called = [line.split()[0].lstrip("-+!@:") for line in re.findall(r"^Exec\w+=(.+)$", text, re.M)]
        for name in called:
            found.setdefault(name, entry.source)
    own |= {path.rsplit("/", 1)[1] for path in own}
    return {name.rsplit("/", 1)[-1]: who for name, who in found.items() if name not in own and name.rsplit("/", 1)[-1] not in own}


@pytest.mark.parametrize("set_name, recipe", [("base", "packagegroup-joulepoint"), ("factory", "packagegroup-joulepoint-factory")])
def test_what_is_called_is_installed(set_name, recipe):
    provider = {name: package for package, names in PROVIDERS.items() for name in names.split()}
    called = programs_of(set_name)
    assert len(called) > 15, "the scripts are read"
    unknown = {name: who for name, who in called.items() if name not in provider}
    assert not unknown, f"say in PROVIDERS which package brings these: {unknown}"
    packages = group(recipe) | IMPLIED
    missing = {name: (who, provider[name]) for name, who in called.items() if provider[name] not in packages}
    assert not missing, f"{recipe} lacks: {missing}"


def test_the_initrd_has_busybox_alone():
    """Its script calls applets that are there, with words that they know; dmsetup is libdevmapper's."""
    for name, arguments in commands((TOP / "ota/initrd/init").read_text()):
        assert name in APPLETS or name == "dmsetup", name
        for program, word in NOT_IN_BUSYBOX:
            unknown = [argument for argument in arguments if name == program and re.fullmatch(word, argument)]
            assert not unknown, f"{name} {unknown}"
    fragment = (LAYER / "recipes-core/busybox/files/joulepoint.cfg").read_text()
    assert "CONFIG_DESKTOP=y" in fragment, "od's options"


def test_calls_are_found():
    """Pipes, substitutions in quotes, `case`, redirections and functions; built-ins are none."""
    script = """
has() { grep -q "$1"; }
if ! has "$(blkid "$x" | sed 's/;x/')"; then case $y in a | b) tool --now >&2 ;; "$z") exit ;; esac; fi
{ printf %s "it is | not;" && head -c 4; } | LANG=C put >"$f" 2>/dev/null # nothing; here
until wait_for cat; do n=$(($(size) / 2)); done
cat <<X | tr a b
words; more
X
"""
    assert [name for name, _ in commands(script)] == "grep blkid sed tool head put wait_for size cat tr".split()
