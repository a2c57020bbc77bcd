"""One install manifest, two images: what the recipes' shell lines put is what `ci/lib/image/install` puts."""

import os
import re
import subprocess

import pytest
from joulepoint import manifest

MACHINE = {"COMPATIBLE": "joulepoint-test", "BOOTLOADER": "efi", "BOOTLOADER_OPTIONS": "efi-use-bootnext=true"}


@pytest.fixture
def path(top):
    return top / "meta-joulepoint/files/install.manifest"


@pytest.fixture
def built(path, tmp_path):
    """Stand-ins for what is compiled: each program, the pages, each key."""
    for entry in manifest.read(path):
        if entry.kind in ("bin", "key"):
            file = tmp_path / entry.kind / entry.source
        elif entry.kind == "tree":
            file = tmp_path / "checkout" / entry.source / "assets/page.js"
        else:
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{entry.kind} {entry.source}\n")
        file.chmod(0o600)
    return tmp_path


def listing(root):
    """Everything below a folder: path -> kind, mode, owner, and content or target."""
    found = {}
    for folder, folders, files in os.walk(root):
        for name in folders + files:
            place = os.path.join(folder, name)
            status = os.lstat(place)
            content = None
            if os.path.islink(place):
                content = os.readlink(place)
            elif os.path.isfile(place):
                content = open(place, "rb").read()
            found[os.path.relpath(place, root)] = (oct(status.st_mode), status.st_uid, status.st_gid, content)
    return found


def by_ci(top, path, built, sets):
    """As the bench image is filled. The checkout is followed by links, so that the pages can be stand-ins."""
    checkout = built / "checkout"
    for entry in manifest.read(path):
        if entry.kind in ("file", "conf"):
            (checkout / entry.source).parent.mkdir(parents=True, exist_ok=True)
            (checkout / entry.source).unlink(missing_ok=True)
            (checkout / entry.source).symlink_to(top / entry.source)
    root = built / "by-ci"
    environment = {**os.environ, **MACHINE, "TOP": str(checkout), "BIN": str(built / "bin"), "KEYS": str(built / "key")}
    subprocess.run([top / "ci/lib/image/install", path, root, *sets], check=True, env=environment, umask=0o022)
    return listing(root)


def by_recipes(top, path, built, sections):
    """As each recipe's do_install puts them."""
    root = built / "by-recipes"
    places = {"root": str(root), "top": str(top), "bin": str(built / "bin"), "key": str(built / "key"), **MACHINE}
    for section in sections:
        trees = [entry.source for entry in manifest.of_package(path, section) if entry.kind == "tree"]
        places["tree"] = str(built / "checkout" / trees[0]) if trees else ""
        script = manifest.commands(manifest.of_package(path, section), places)
        subprocess.run(["sh", "-euc", script], check=True, umask=0o022)
    return listing(root)


def test_both_images_get_the_same_files_modes_and_owners(top, path, built):
    entries = manifest.read(path)
    ours = by_recipes(top, path, built, dict.fromkeys(entry.package for entry in entries))
    theirs = by_ci(top, path, built, dict.fromkeys(entry.set for entry in entries))
    assert len(ours) > 80
    assert ours == theirs


@pytest.mark.parametrize("column, value", [(1, "ota/system.conf"), (2, "/etc/elsewhere"), (3, "0600"), (4, "root:nogroup")])
def test_a_file_that_differs_is_seen(top, path, built, tmp_path, column, value):
    """The comparison can fail: content, place, mode, owner of one line of the other's list."""
    entries = manifest.read(path)
    lines = path.read_text().splitlines()
    at = next(entry.line for entry in entries if entry.destination == "/etc/fstab") - 1
    fields = lines[at].split()
    fields[column] = value
    lines[at] = " ".join(fields)
    changed = tmp_path / "changed.manifest"
    changed.write_text("\n".join(lines))
    theirs = by_ci(top, path, built, dict.fromkeys(entry.set for entry in entries))
    assert by_recipes(top, changed, built, dict.fromkeys(entry.package for entry in entries)) != theirs


def test_every_section_is_a_recipe_and_every_program_a_package(top, path):
    recipes = [*(top / "meta-joulepoint").rglob("joulepoint-*.bb"), *(top / "recipes-hmi").glob("*.bb")]
    inherit = re.compile(r"^inherit .*\bjoulepoint-(install|cargo)\b", re.M)
    follow = {file.stem.removeprefix("joulepoint-") for file in recipes if inherit.search(file.read_text())}
    assert follow == {entry.package for entry in manifest.read(path)}
    packages = [manifest.program_package(name) for name in manifest.programs(path, "daemons")]
    assert len(packages) == len(set(packages)) and {"joulepoint-controller", "jpctl"} <= set(packages)
    assert [entry for entry in manifest.read(path) if entry.kind == "bin"] == [
        entry for entry in manifest.of_package(path, "daemons") if entry.kind == "bin"
    ]


@pytest.mark.parametrize(
    "line, words",
    [
        ("file a /etc/a 0644", "5 are needed"),
        ("fil a /etc/a 0644 root:root", "unknown kind 'fil'"),
        ("file a etc/a 0644 root:root", "does not begin at /"),
        ("file a /etc/a 09 root:root", "not octal"),
        ("file a /etc/a 0644 root", "not USER:GROUP"),
        ("[base]", "not [SET PACKAGE]"),
    ],
)
def test_a_line_that_cannot_be_followed_is_named(tmp_path, line, words):
    bad = tmp_path / "manifest"
    bad.write_text(f"[base base]\n# a comment\n{line}\n")
    with pytest.raises(manifest.ManifestError, match=":3: ") as error:
        manifest.read(bad)
    assert words in str(error.value)
