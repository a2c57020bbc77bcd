"""What the recipes read of Cargo.lock and package-lock.json: all that a build needs, by checksum, from a registry."""

import json
import re
import tomllib

import pytest
from joulepoint import crates, npm

PAGES = "recipes-hmi/hmi/package-lock.json"
TOOLS = ["vite", "@vitejs/plugin-react"]


def test_every_crate_of_the_lock_has_a_registry_and_a_checksum(top):
    lock = top / "rust/Cargo.lock"
    found = crates.read(lock)
    outside = {(p["name"], p["version"]) for p in tomllib.loads(lock.read_text())["package"] if "source" in p}
    assert {(crate.name, crate.version) for crate in found} == outside and len(found) > 100
    assert all(re.fullmatch("[0-9a-f]{64}", crate.sha256) for crate in found)
    assert {crate.registry for crate in found} == {"crates.io"}


@pytest.mark.parametrize("source", ["git+https://example.org/a?branch=main#0123", "registry+file:///a"])
def test_a_crate_from_elsewhere_is_refused(tmp_path, source):
    lock = tmp_path / "Cargo.lock"
    lock.write_text(f'[[package]]\nname = "a"\nversion = "1.0.0"\nsource = "{source}"\n')
    with pytest.raises(crates.LockError, match="a 1.0.0 comes from"):
        crates.read(lock)


def test_the_sources_are_every_folder_with_a_member(top):
    workspace = tomllib.loads((top / "rust/Cargo.toml").read_text())["workspace"]
    folders = crates.folders(top / "rust/Cargo.toml")
    assert all(member.split("/")[0] in folders for member in workspace["members"])
    assert all((top / "rust" / folder).is_dir() and folder != "target" for folder in folders)


def test_the_recipe_names_the_licences_that_deny_lets_in(top):
    recipe = (top / "meta-joulepoint/recipes-daemons/joulepoint-daemons/joulepoint-daemons.bb").read_text()
    named = set(re.search('^LICENSE = "(.*)"', recipe, re.M)[1].split(" & "))
    allowed = tomllib.loads((top / "rust/deny.toml").read_text())["licenses"]["allow"]
    assert named == {name.replace(" WITH ", "-with-") for name in allowed}


@pytest.mark.parametrize("cpu", ["x64", "arm64"])
def test_the_pages_need_what_is_in_the_lock_and_no_test_tools(top, cpu):
    packages = npm.read(top / PAGES, TOOLS, cpu)
    names = {package.name for package in packages}
    assert {"react", "vite", f"lightningcss-linux-{cpu}-gnu"} <= names
    assert not {"vitest", "eslint", "@playwright/test", "typescript"} & names
    assert not {name for name in names if re.search(r"win32|darwin|musl|wasm", name)}
    lock = json.loads((top / PAGES).read_text())["packages"]
    assert all(lock[package.path]["version"] == package.version and len(package.sha512) == 128 for package in packages)


def test_licences_are_those_of_the_bundle(top):
    assert npm.licences(top / PAGES) == "(MIT | CC0-1.0) & 0BSD & MIT & OFL-1.1 & Unlicense"


def lock_with(tmp_path, packages, root):
    """A lock of packages NAME -> what it needs, each with an integrity."""
    entries = {"": {"dependencies": root}}
    for path, more in packages.items():
        entries[f"node_modules/{path}"] = {"version": "1.0.0", "integrity": "sha512-" + "A" * 86 + "==", "license": "MIT", **more}
    lock = tmp_path / "package-lock.json"
    lock.write_text(json.dumps({"packages": entries}))
    return lock


def test_a_package_is_found_where_node_finds_it(tmp_path):
    lock = lock_with(
        tmp_path,
        {
            "a": {"dependencies": {"b": "^2", "c": "*"}},
            "a/node_modules/b": {"version": "2.0.0", "dependencies": {"c": "*"}},
            "b": {},
            "c": {"dependencies": {"b": "^1"}},
            "unused": {},
        },
        {"a": "*"},
    )
    found = {package.path: package for package in npm.read(lock, [], "x64")}
    assert set(found) == {f"node_modules/{path}" for path in ("a", "a/node_modules/b", "b", "c")}
    assert found["node_modules/a/node_modules/b"].tarball == "b/-/b-2.0.0.tgz"


def test_what_is_optional_may_be_missing_and_what_is_needed_may_not(tmp_path):
    needs = {"optionalDependencies": {"other": "*"}, "peerDependencies": {"peer": "*"}, "peerDependenciesMeta": {"peer": {"optional": True}}}
    lock = lock_with(tmp_path, {"a": needs, "other": {"cpu": ["arm64"]}}, {"a": "*"})
    assert [package.name for package in npm.read(lock, [], "x64")] == ["a"]
    assert [package.name for package in npm.read(lock, [], "arm64")] == ["a", "other"]
    with pytest.raises(npm.LockError, match="needs gone"):
        npm.read(lock_with(tmp_path, {"a": {"dependencies": {"gone": "*"}}}, {"a": "*"}), [], "x64")
    with pytest.raises(npm.LockError, match="no sha512 integrity"):
        npm.read(lock_with(tmp_path, {"a": {"integrity": "sha1-AAAA"}}, {"a": "*"}), [], "x64")


def test_a_scoped_packages_tarball():
    package = npm.Package("node_modules/@x/y", "@x/y", "1.2.3", "00", "MIT", {})
    assert (package.tarball, package.key) == ("@x/y/-/y-1.2.3.tgz", "x-y-1.2.3")
