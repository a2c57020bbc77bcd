"""What `package-lock.json` pins, as far as a build needs it, and where it lies in `node_modules`.

The lock's keys are the places that npm would unpack to, so that a package is a tarball, a checksum and a folder: bitbake can
do that by itself, and neither npm nor any package's own script runs in a build.
"""

import base64
import json
from typing import NamedTuple


class LockError(ValueError):
    """A package that cannot be fetched by name and checksum."""


class Package(NamedTuple):
    """One package, at its place."""

    path: str
    name: str
    version: str
    sha512: str
    licence: str
    binaries: dict

    @property
    def tarball(self):
        """Where it lies in a registry."""
        return f"{self.name}/-/{self.name.rsplit('/', 1)[-1]}-{self.version}.tgz"

    @property
    def key(self):
        """A name for it that can be a file's."""
        return f"{self.name.replace('@', '').replace('/', '-')}-{self.version}"


def _name(path):
    return path.rsplit("node_modules/", 1)[-1]


def _resolve(packages, path, name):
    """Where node finds `name` when the package at `path` asks for it."""
    while True:
        found = f"{path}/node_modules/{name}" if path else f"node_modules/{name}"
        if found in packages:
            return found
        if not path:
            return None
        path = path.rpartition("/node_modules/")[0] if "/node_modules/" in path else ""


def _fits(package, cpu):
    """Whether npm would take it on Linux with glibc on this processor."""

    def allowed(field, value):
        wanted = package.get(field)
        if not wanted:
            return True
        return value in wanted if not wanted[0].startswith("!") else f"!{value}" not in wanted

    return allowed("os", "linux") and allowed("cpu", cpu) and allowed("libc", "glibc")


def _asked(package):
    """Each package that this one asks for, and whether it must be there."""
    optional = package.get("optionalDependencies", {})
    for name in {**package.get("dependencies", {}), **optional}:
        yield name, name not in optional
    for name in package.get("peerDependencies", {}):
        if not package.get("peerDependenciesMeta", {}).get(name, {}).get("optional"):
            yield name, True


def read(lock, tools, cpu):
    """The root's dependencies, the development tools named by `tools`, and all that these need on `cpu` (x64, arm64)."""
    with open(lock, encoding="utf-8") as file:
        packages = json.load(file)["packages"]
    wanted, queue = {}, [("", name, True) for name in [*packages[""].get("dependencies", {}), *tools]]
    while queue:
        asker, name, needed = queue.pop()
        path = _resolve(packages, asker, name)
        if path is None or not _fits(packages[path], cpu):
            if needed:
                raise LockError(f"{lock}: {asker or 'the root'} needs {name}, which is not in the lock for linux on {cpu}: run npm install")
            continue
        if path in wanted:
            continue
        wanted[path] = _package(lock, path, packages[path])
        queue += [(path, name, needed) for name, needed in _asked(packages[path])]
    return [wanted[path] for path in sorted(wanted)]


def _package(lock, path, package):
    algorithm, _, digest = package.get("integrity", "").partition("-")
    if algorithm != "sha512":
        raise LockError(f"{lock}: {path} has no sha512 integrity: only packages of a registry can be built")
    binaries = package.get("bin", {})
    return Package(
        path, package.get("name", _name(path)), package["version"], base64.b64decode(digest).hex(), package.get("license", ""), binaries
    )


def licences(lock, cpu="x64"):
    """The licences of what gets into the pages, as LICENSE has them."""
    found = set()
    for package in read(lock, [], cpu):
        if not package.licence:
            raise LockError(f"{lock}: {package.name} {package.version} names no licence")
        found.add(package.licence.replace(" OR ", " | ").replace(" AND ", " & "))
    return " & ".join(sorted(found))
