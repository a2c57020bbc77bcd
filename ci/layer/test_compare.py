"""The comparison of packages with manifest and bench image: silent when they agree, and never when they do not."""

import os
import subprocess

import pytest
from joulepoint import manifest

CONTROL = "Package: {name}\nVersion: 1\nArchitecture: all\nMaintainer: nobody\nDescription: a test\n"


@pytest.fixture
def debs(top, tmp_path):
    """Each package as the recipes make it, of stand-ins; and the bench image's list of the same."""
    path = top / "meta-joulepoint/files/install.manifest"
    listed = []
    for entry in manifest.read(path):
        name = manifest.program_package(entry.source) if entry.kind == "bin" else f"joulepoint-{entry.package}"
        place = tmp_path / "roots" / name / entry.destination.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        if entry.kind == "link":
            place.symlink_to(entry.source)
            listed.append(f"{entry.destination[1:]} 777 0:0")
            continue
        if entry.kind == "tree":
            place = place / "assets/page.js"
            place.parent.mkdir(parents=True)
        place.write_text("")
        place.chmod(int(entry.mode, 8))
        if entry.set in ("base", "bench"):
            listed.append(f"{place.relative_to(tmp_path / 'roots' / name)} {int(entry.mode, 8):o} 0:0")
    (tmp_path / "files.txt").write_text("".join(line + "\n" for line in ["usr 755 0:0", *listed]))
    return tmp_path


def compare(top, debs):
    """Packs and compares: exit status and what was said."""
    for root in (debs / "roots").iterdir():
        (root / "DEBIAN").mkdir(exist_ok=True)
        (root / "DEBIAN/control").write_text(CONTROL.format(name=root.name))
        subprocess.run(["dpkg-deb", "-Znone", "-b", root, debs / f"{root.name}_1_all.deb"], check=True, stdout=subprocess.DEVNULL)
    done = subprocess.run([top / "ci/lib/compare-packages", debs, "amd64", debs / "files.txt"], capture_output=True, text=True)
    return done.returncode, done.stdout


def test_packages_as_the_manifest_has_them(top, debs):
    code, words = compare(top, debs)
    assert code == 0, words
    assert "0 differences" in words


def test_each_difference_is_named(top, debs):
    tpm, base = debs / "roots/joulepoint-tpm", debs / "roots/joulepoint-base"
    (tpm / "etc/crypttab").chmod(0o644)
    (base / "usr/lib/tmpfiles.d/joulepoint.conf").unlink()
    os.chown(base / "usr/lib/udev/rules.d/90-joulepoint.rules", 65534, 65534)
    (base / "usr/share").mkdir(exist_ok=True)
    (base / "usr/share/strange").write_text("")
    (base / "etc/resolv.conf").unlink()
    (base / "etc/resolv.conf").symlink_to("/run/elsewhere")
    with open(debs / "files.txt", "a") as listed:
        listed.write("usr/share/joulepoint/hmi/assets/other.js 644 0:0\n")
    code, words = compare(top, debs)
    assert code == 1
    for difference in (
        "joulepoint-tpm: /etc/crypttab has mode 0644, not 0600",
        "joulepoint-base: /usr/lib/tmpfiles.d/joulepoint.conf is missing",
        "joulepoint-base: /usr/lib/udev/rules.d/90-joulepoint.rules belongs to nobody:nogroup, not to root:root",
        "joulepoint-base: /usr/share/strange is not in the manifest",
        "/usr/share/strange is not in the bench image",
        "joulepoint-base: /etc/resolv.conf points to /run/elsewhere, not to ../run/NetworkManager/resolv.conf",
        "/etc/crypttab is 0644 root:root, in the bench image 0600 root:root",
        "/usr/share/joulepoint/hmi/assets/other.js is in the bench image and in no package",
    ):
        assert difference in words


def test_a_missing_package_is_named(top, debs):
    for file in sorted((debs / "roots/jpctl").rglob("*"), reverse=True):
        file.unlink() if file.is_file() else file.rmdir()
    (debs / "roots/jpctl").rmdir()
    code, words = compare(top, debs)
    assert code == 1 and "package jpctl is missing" in words
