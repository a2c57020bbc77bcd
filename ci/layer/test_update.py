"""What an update and a root are is the same in both images."""

import re
import shutil
import subprocess

from layer import LAYER, TOP


def recipe(name):
    """A recipe's plain assignments and flags."""
    text = (LAYER / name).read_text()
    return dict(re.findall(r'^([\w-]+(?:\[\w+\])?) \??= "(.*)"$', text, re.M))


def test_the_bundle_is_the_benchs():
    """Format, slots, file names and adaptive method of the recipe are those of ota/manifest.raucm."""
    said = recipe("recipes-core/bundles/joulepoint-bundle.bb")
    sections, current = {}, None
    for line in (TOP / "ota/manifest.raucm").read_text().splitlines():
        if line.startswith("["):
            current = sections.setdefault(line.strip("[]"), {})
        elif "=" in line and not line.startswith("#"):
            key, value = line.split("=", 1)
            current[key] = value
    images = {name.removeprefix("image."): values for name, values in sections.items() if name.startswith("image.")}
    assert said["RAUC_BUNDLE_FORMAT"] == sections["bundle"]["format"]
    assert set(said["RAUC_BUNDLE_SLOTS"].split()) == set(images)
    for slot, values in images.items():
        assert said[f"RAUC_SLOT_{slot}[rename]"] == values["filename"]
        assert said[f"RAUC_SLOT_{slot}[adaptive]"] == values["adaptive"]
    slots = set(re.findall(r"^\[slot\.(\w+)\.\d\]", (TOP / "ota/system.conf").read_text(), re.M))
    assert slots == set(images), "RAUC's slots are what a bundle holds"


def test_what_fits_a_unit_is_said_once():
    """The bench image takes the updates of the machine that it is."""
    text = (LAYER / "conf/distro/include/joulepoint-boot.inc").read_text()
    assert re.search(r'^JOULEPOINT_COMPATIBLE \?= "joulepoint-\$\{MACHINE\}"$', text, re.M)
    assert "joulepoint-qemux86-64" in (TOP / "ci/lib/image/parts.sh").read_text()


def tree(path):
    done = subprocess.run([TOP / "ota/hash-tree", path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_root_has_one_hash_tree(tmp_path):
    """The same files give the same root (OTA-7); veritysetup takes it, and not with another byte in it."""
    root, again, other = (tmp_path / name for name in ("root", "again", "other"))
    root.write_bytes(bytes(range(256)) * 4096 + b"end")
    shutil.copy(root, again)
    other.write_bytes(root.read_bytes()[:-1] + b"!")
    said = tree(root)
    assert said == tree(again) and root.read_bytes() == again.read_bytes()
    assert said != tree(other)
    blocks, start, salt, value = said.split(":")
    assert int(start) == int(blocks) + 1

    def verify(file):
        offset = str(int(blocks) * 4096)
        return subprocess.run(["veritysetup", "verify", f"--hash-offset={offset}", file, file, value], capture_output=True).returncode

    assert verify(root) == 0
    with root.open("r+b") as file:
        file.seek(5000)
        file.write(b"!")
    assert verify(root) != 0


def test_hash_tree_says_what_is_wrong(tmp_path):
    done = subprocess.run([TOP / "ota/hash-tree", tmp_path], capture_output=True, text=True)
    assert done.returncode != 0 and done.stderr
