"""Recipes: oelint-adv's rules, and two of ours that it does not have."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from layer import LAYER, TOP, recipes

# What oelint-adv asks for and we do otherwise: a product's layer is no library of recipes.
OFF = """
    oelint.bbclass.underscores oelint.file.underscores oelint.task.docstrings oelint.task.heredocs oelint.task.noanonpython
    oelint.var.bbclassextend oelint.var.filesoverride oelint.var.licenseremotefile oelint.var.mandatoryvar.DESCRIPTION
    oelint.var.mandatoryvar.HOMEPAGE oelint.var.mandatoryvar.SRC_URI oelint.var.order oelint.var.suggestedvar.BUGTRACKER
    oelint.var.suggestedvar.CVE_PRODUCT oelint.var.suggestedvar.SECTION oelint.vars.fileextrapaths
    oelint.vars.inconspaces oelint.vars.layerconf oelint.vars.multilineident oelint.vars.noncoreoverride
    oelint.vars.notneededspace oelint.vars.outofcontext oelint.vars.specific oelint.vars.dependsordered
    oelint.vars.pathhardcode.bindir
""".split()
# One file, one rule, and why.
EXCEPT = {
    # A developer's image is one to get into.
    ("joulepoint-image-dev.bb", "oelint.var.badimagefeature"),
    # It is joulepoint-image, but for a name and three features.
    ("joulepoint-image.bb", "oelint.var.override"),
    # A recipe that inherits the class for Rust or npm builds in that class's folder.
    ("joulepoint-install.bbclass", "oelint.var.override"),
    # bitbake's own file.
    ("joulepoint-boot.inc", "oelint.file.requirenotfound"),
    # oelint cannot see through ${@…} in a package's name.
    ("joulepoint-daemons.bb", "oelint.vars.pkgspecific.RDEPENDS"),
    ("joulepoint-npm.bbclass", "oelint.vars.notrailingslash"),
}


def test_oelint():
    """No finding but those that are named above."""
    tool = Path(sys.executable).with_name("oelint-adv")
    command = [tool, "--release", "wrynose", "--quiet", "--exit-zero", "--constantmods=+" + str(TOP / "ci/layer/oelint-constants.json")]
    done = subprocess.run([*command, *recipes()], capture_output=True, text=True, cwd=TOP, check=True)
    found = []
    for line in (done.stdout + done.stderr).splitlines():
        match = re.match(r"(.*?):(\d+):\w+:(oelint\.[\w.-]+):", line)
        assert match, f"oelint-adv says something else: {line}"
        name, rule = Path(match[1]).name, match[3]
        if not rule.startswith(tuple(OFF)) and not any(name == file and rule.startswith(start) for file, start in EXCEPT):
            found.append(line)
    assert not found, "\n".join(found)


RECIPES = [path for path in recipes() if path.suffix == ".bb"]


def text_of(path):
    """A recipe with what it requires from beside it."""
    text = path.read_text()
    for name in re.findall(r"^require (\S+)$", text, re.M):
        beside = path.parent / name
        if beside.exists():
            text += "\n" + text_of(beside)
    return text


@pytest.mark.parametrize("path", RECIPES, ids=lambda p: p.name)
def test_licence_is_backed(path):
    """A recipe that brings sources says which file is their licence: without it the build stops hours later."""
    text = text_of(path)
    assert re.search(r"^LICENSE\s*=", text, re.M), "no LICENSE"
    # What brings nothing into a package: images, bundles, groups, what is deployed only.
    if re.search(r"^inherit .*\b(core-image|image|bundle|packagegroup|nopackages)\b", text, re.M):
        return
    assert "LIC_FILES_CHKSUM" in text, "no LIC_FILES_CHKSUM"


@pytest.mark.parametrize("path", [p for p in recipes() if p.suffix in (".bb", ".bbappend", ".inc")], ids=lambda p: p.name)
def test_local_sources_exist(path):
    """A file:// that is missing stops the parsing of every recipe there is."""
    text = path.read_text()
    stem = path.stem.split("_")[0]
    places = [path.parent / stem, path.parent / "files", path.parent / stem / "joulepoint", TOP, TOP / "ota/initrd", LAYER / "recipes-kernel/linux/files"]
    for line in re.findall(r"^SRC_URI[^=]*=\s*\"((?:[^\"\\]|\\\n)*)\"", text, re.M):
        for name in re.findall(r"file://([^\s;'\"$]+)", line):
            assert any((place / name).exists() for place in places), f"{path.relative_to(TOP)}: file://{name} is nowhere"
