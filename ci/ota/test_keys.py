"""OTA-2, D18: who may sign what; no QEMU. A product's keys stay in a token (PKCS#11, here SoftHSM)."""

import base64
import json
import os
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
BASE = TOP / "build/image/base"
OUT = TOP / "build/image/out"
MODULE = "/usr/lib/softhsm/libsofthsm2.so"
# Debian's Python, which has pefile and cryptography.
PYTHON = "/usr/bin/python3"


def run(*command, **rest):
    """What a command printed; the test fails if it did."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, **rest)
    assert done.returncode == 0, done.stdout.decode("utf-8", "replace")
    return done.stdout


def parts(function, *arguments, keys, extra=None):
    """A function of ci/lib/image/parts.sh, with these keys."""
    script = f'TOP={TOP}; . "$TOP/ci/lib/common.sh"; . "$TOP/ci/lib/image/parts.sh"; {function} "$@"'
    env = os.environ | {"KEYS": str(keys)} | (extra or {})
    return run("bash", "-euc", script, function, *arguments, env=env)


READ_SECTION = """
import sys, pefile
for section in pefile.PE(sys.argv[1], fast_load=True).sections:
    if section.Name.rstrip(b"\\0").decode() == sys.argv[2]:
        sys.stdout.buffer.write(section.get_data(length=section.Misc_VirtualSize))
"""


def section(image, name, to):
    """A section of an image, into a file."""
    to.write_bytes(run(PYTHON, "-c", READ_SECTION, image, name))
    return to


@pytest.fixture(scope="module")
def token(tmp_path_factory):
    """A token with a product's keys: the folder of their certificates, and the environment to sign with them."""
    folder = tmp_path_factory.mktemp("token")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\n")
    (folder / "pin").write_text("1234")
    extra = {"SOFTHSM2_CONF": str(folder / "softhsm2.conf"), "PKCS11_MODULE_PATH": MODULE, "RAUC_PKCS11_MODULE": MODULE}
    env = os.environ | extra
    run("softhsm2-util", "--init-token", "--free", "--label", "product", "--pin", "1234", "--so-pin", "5678", env=env)
    run(TOP / "ota/make-product-keys", folder / "keys", "product", folder / "pin", env=env)
    return folder / "keys", extra


@pytest.fixture(scope="module")
def signed(token, tmp_path_factory):
    """An image and an update that the token has signed."""
    keys, extra = token
    out = tmp_path_factory.mktemp("signed")
    (out / "verity").write_text("jp.verity=1:2:00:00\n")
    (out / "rootfs.img").write_bytes(os.urandom(1 << 20))
    (out / "initrd.img").write_bytes(b"no initrd")
    parts("pack_boot", BASE, out, "0.1.0", keys=keys, extra=extra)
    parts("pack_bundle", out, "0.1.0", out / "update.raucb", keys=keys, extra=extra)
    return out


def verify_policy(image, public, folder):
    """Fails unless the image's signature for `data` is by this key; the policy that was signed."""
    policies = json.loads(section(image, ".pcrsig", folder / "pcrsig").read_bytes().rstrip(b"\0"))["sha256"]
    (folder / "sig").write_bytes(base64.b64decode(policies[0]["sig"]))
    (folder / "policy").write_bytes(bytes.fromhex(policies[0]["pol"]))
    run("openssl", "dgst", "-sha256", "-verify", public, "-signature", folder / "sig", folder / "policy")
    return policies


def test_a_tokens_keys_sign_image_policy_and_update(token, signed):
    keys, _ = token
    assert not list(keys.glob("*.key")) and all(b"PRIVATE" not in file.read_bytes() for file in keys.iterdir())
    run("sbverify", "--cert", keys / "db.pem", signed / "joulepoint.efi")
    verify_policy(signed / "joulepoint.efi", keys / "pcr.pem", signed)
    assert b"0.1.0" in run("rauc", f"--keyring={keys / 'rauc-ca.pem'}", "info", signed / "update.raucb")


def test_what_a_product_signed_is_a_strangers_to_a_development_image(signed):
    dev = TOP / "build/keys"
    for command in (
        ("sbverify", "--cert", dev / "db.pem", signed / "joulepoint.efi"),
        ("rauc", f"--keyring={dev / 'rauc-ca.pem'}", "info", signed / "update.raucb"),
    ):
        assert subprocess.run([str(word) for word in command], capture_output=True, check=False).returncode != 0, command
    with pytest.raises(AssertionError):
        verify_policy(signed / "joulepoint.efi", dev / "pcr.pem", signed)


def test_a_tokens_keys_are_made_once(token):
    keys, extra = token
    before = {file.name: file.read_bytes() for file in keys.iterdir()}
    run(TOP / "ota/make-product-keys", keys, "product", keys.parent / "pin", env=os.environ | extra)
    assert {file.name: file.read_bytes() for file in keys.iterdir()} == before


def test_a_missing_key_is_named(tmp_path):
    done = subprocess.run([TOP / "ota/signing-key", tmp_path, "pcr"], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "pcr.uri" in done.stderr and "make-dev-keys" in done.stderr


def test_the_signed_policy_is_the_one_that_systemd_computes(tmp_path):
    """systemd's own tool, from the image, with the same sections and the same key: every byte is the same."""
    root, image = BASE / "root", OUT / "joulepoint.efi"
    libraries = f"{root}/usr/lib/x86_64-linux-gnu:{root}/usr/lib/x86_64-linux-gnu/systemd"
    names = ("linux", "osrel", "cmdline", "initrd", "uname", "sbat", "pcrpkey")
    files = [f"--{name}={section(image, f'.{name}', tmp_path / name)}" for name in names]
    keys = TOP / "build/keys"
    said = run(
        root / "lib64/ld-linux-x86-64.so.2", "--library-path", libraries, root / "usr/lib/systemd/systemd-measure", "sign",
        *files, "--bank=sha256", "--phase=:", f"--private-key={keys / 'pcr.key'}", f"--public-key={keys / 'pcr.pem'}",
    )
    assert json.loads(said)["sha256"] == verify_policy(image, keys / "pcr.pem", tmp_path)


def test_another_command_line_is_another_policy(tmp_path):
    program = TOP / "ota/sign-pcr11"
    keys = TOP / "build/keys"
    said = json.loads(run(PYTHON, program, OUT / "joulepoint.efi", keys / "pcr.pem", keys / "pcr.key"))["sha256"][0]
    changed = tmp_path / "changed.efi"
    whole = (OUT / "joulepoint.efi").read_bytes()
    assert b"panic=5" in whole
    changed.write_bytes(whole.replace(b"panic=5", b"panic=6"))
    other = json.loads(run(PYTHON, program, changed, keys / "pcr.pem", keys / "pcr.key"))["sha256"][0]
    assert said["pkfp"] == other["pkfp"] and said["pol"] != other["pol"]
