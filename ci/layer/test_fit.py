"""The board's signed FIT: mkimage takes our template, and U-Boot's device tree gets the key as mkimage would put it."""

import re
import shutil
import subprocess
import sys

import pytest
from layer import LAYER, TOP

IMAGES = LAYER / "recipes-core/images"
UBOOT = LAYER / "dynamic-layers/freescale-layer/recipes-bsp/u-boot/files"
VALUES = {"VERSION": "1.0.0", "ARCH": "arm64", "COMPRESSION": "gzip", "LOAD": "0x40480000", "ENTRY": "0x40480000"}


def run(*command, cwd):
    done = subprocess.run([str(word) for word in command], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def signed(tmp_path_factory):
    """A FIT of stand-ins signed by a key of its own, and the device tree that mkimage put the key into."""
    assert shutil.which("mkimage") and shutil.which("dtc"), "u-boot-tools and device-tree-compiler are missing: run ci/setup"
    folder = tmp_path_factory.mktemp("fit")
    run(TOP / "ota/make-dev-keys", folder / "keys", cwd=folder)
    (folder / "empty.dts").write_text('/dts-v1/; / { compatible = "stand-in"; };')
    run("dtc", "-q", "-O", "dtb", "-p", "4096", "-o", "board.dtb", "empty.dts", cwd=folder)
    shutil.copy(folder / "board.dtb", folder / "u-boot.dtb")
    for name in ("linux.bin", "ramdisk.zst"):
        (folder / name).write_bytes(name.encode() * 1000)
    text = (IMAGES / "files/joulepoint.its").read_text()
    for name, value in VALUES.items():
        text = text.replace(f"@{name}@", value)
    (folder / "joulepoint.its").write_text(text)
    run("mkimage", "-f", "joulepoint.its", "-k", "keys", "-K", "u-boot.dtb", "-r", "joulepoint.fit", cwd=folder)
    return folder


def test_the_configuration_is_signed(signed):
    """Kernel, device tree and RAM disk under one signature; no value of the template is left open."""
    said = run("mkimage", "-l", "joulepoint.fit", cwd=signed)
    assert "sha256,rsa3072:fit" in said and "Sign value:   unavailable" not in said
    assert all(f"{kind}:" in said for kind in ("Kernel", "Init Ramdisk", "FDT"))
    assert not re.search(r"@\w+@", (signed / "joulepoint.its").read_text())


def test_the_same_input_gives_the_same_fit(signed):
    """The signature is deterministic (OTA-7), the time is the build's."""
    made = []
    for _ in range(2):
        subprocess.run(
            ["mkimage", "-f", "joulepoint.its", "-k", "keys", "-r", "again.fit"],
            cwd=signed, check=True, capture_output=True, env={"SOURCE_DATE_EPOCH": "1767225600", "PATH": "/usr/bin:/bin"},
        )  # fmt: skip
        made.append((signed / "again.fit").read_bytes())
    assert made[0] == made[1]


def test_key_in_the_device_tree_is_mkimages(signed):
    """What key2dtsi.py computes is what U-Boot's own tool writes, property by property."""
    ours = run(sys.executable, UBOOT / "key2dtsi.py", "keys/fit.pem", "fit", cwd=signed)
    (signed / "ours.dts").write_text('/dts-v1/; / { compatible = "stand-in"; };\n' + ours)
    run("dtc", "-q", "-O", "dtb", "-o", "ours.dtb", "ours.dts", cwd=signed)
    node = "/signature/key-fit"
    properties = set(run("fdtget", "-p", "u-boot.dtb", node, cwd=signed).split())
    assert properties == set(run("fdtget", "-p", "ours.dtb", node, cwd=signed).split())
    assert {"required", "rsa,modulus", "rsa,n0-inverse"} <= properties
    for name in properties:
        kind = "x" if name.startswith("rsa,") else "s"
        theirs = run("fdtget", "-t", kind, "u-boot.dtb", node, name, cwd=signed)
        assert theirs == run("fdtget", "-t", kind, "ours.dtb", node, name, cwd=signed), name


def test_another_key_is_another_node(signed, tmp_path):
    """The comparison above can fail."""
    run(TOP / "ota/make-dev-keys", tmp_path, cwd=tmp_path)
    other = run(sys.executable, UBOOT / "key2dtsi.py", tmp_path / "fit.pem", "fit", cwd=signed)
    assert other != run(sys.executable, UBOOT / "key2dtsi.py", "keys/fit.pem", "fit", cwd=signed)


def test_counters_are_raucs():
    """U-Boot's environment and RAUC speak of the same sides; nothing but the counters may be changed in it."""
    sides = re.findall(r"^bootname=(\w+)$", (TOP / "ota/system.conf").read_text(), re.M)
    env = dict(line.split("=", 1) for line in (UBOOT / "joulepoint.env").read_text().splitlines())
    assert env["BOOT_ORDER"].split() == sides
    assert {f"BOOT_{side}_LEFT" for side in sides} | {"BOOT_ORDER"} == {name for name in env if name.startswith("BOOT_")}
    flags = re.search(r'CONFIG_ENV_FLAGS_LIST_STATIC="(.*)"', (UBOOT / "joulepoint.cfg").read_text())[1]
    assert {entry.split(":")[0] for entry in flags.split(",")} == {name for name in env if name.startswith("BOOT_")}
