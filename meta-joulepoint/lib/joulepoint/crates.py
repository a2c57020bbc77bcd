"""What `Cargo.lock` pins, as bitbake fetches it."""

import re
import tomllib
from typing import NamedTuple

# The registry's name is in the address of its index; the fetcher knows the rest by the name.
INDEX = re.compile(r"^(?:sparse|registry)\+https://(?:[^/]+/)*(?:index\.)?([a-z0-9.-]+?)(?:-index)?/?$")


class LockError(ValueError):
    """A crate that cannot be fetched by name and checksum."""


class Crate(NamedTuple):
    """One crate from a registry."""

    registry: str
    name: str
    version: str
    sha256: str


def read(lock):
    """Each crate of the lock that comes from outside."""
    with open(lock, "rb") as file:
        packages = tomllib.load(file)["package"]
    found = []
    for package in packages:
        if "source" not in package:
            continue
        name, version, source = package["name"], package["version"], package["source"]
        match = INDEX.match(source)
        if not match or "checksum" not in package:
            raise LockError(f"{lock}: {name} {version} comes from {source}; only crates of a registry, with a checksum, can be built")
        found.append(Crate(match[1], name, version, package["checksum"]))
    return found


def folders(manifest):
    """The top folders of a workspace's members: what of it must be there for cargo to accept it."""
    with open(manifest, "rb") as file:
        members = tomllib.load(file)["workspace"]["members"]
    return sorted({member.split("/", 1)[0] for member in members})


def version(manifest):
    """The version that a workspace's members share."""
    with open(manifest, "rb") as file:
        return tomllib.load(file)["workspace"]["package"]["version"]
