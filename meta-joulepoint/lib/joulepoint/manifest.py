"""The install manifest (`meta-joulepoint/files/install.manifest`): what goes where in an image.

Its columns are explained at its top. `ci/lib/image/install` follows it for the bench image, the class `joulepoint-install`
for the layer's packages: a line that is added there is in both.
"""

from typing import NamedTuple

KINDS = ("file", "conf", "bin", "tree", "key", "dir", "link")
# What a `conf` may have between two @, and what the machine must say.
SETTINGS = ("COMPATIBLE", "BOOTLOADER", "BOOTLOADER_OPTIONS")


class ManifestError(ValueError):
    """A line that cannot be followed."""


class Entry(NamedTuple):
    """One line of the manifest."""

    line: int
    set: str
    package: str
    kind: str
    source: str
    destination: str
    mode: str
    owner: str


def read(path):
    """Every entry of the manifest, in its order."""
    found = []
    place = None
    with open(path, encoding="utf-8") as file:
        for number, text in enumerate(file, 1):
            text = text.split("#", 1)[0].strip()
            if not text:
                continue
            if text.startswith("["):
                place = text.strip("[]").split()
                if len(place) != 2:
                    raise ManifestError(f"{path}:{number}: {text} is not [SET PACKAGE]")
                continue
            if place is None:
                raise ManifestError(f"{path}:{number}: stands before the first [SET PACKAGE]")
            found.append(_entry(path, number, place, text.split()))
    return found


def _entry(path, number, place, fields):
    if len(fields) != 5:
        raise ManifestError(f"{path}:{number}: {len(fields)} columns, 5 are needed: kind source destination mode owner")
    entry = Entry(number, *place, *fields)
    if entry.kind not in KINDS:
        raise ManifestError(f"{path}:{number}: unknown kind {entry.kind!r}, one of {', '.join(KINDS)} is needed")
    if not entry.destination.startswith("/"):
        raise ManifestError(f"{path}:{number}: destination {entry.destination!r} does not begin at /")
    if entry.kind != "link":
        try:
            int(entry.mode, 8)
        except ValueError:
            raise ManifestError(f"{path}:{number}: mode {entry.mode!r} is not octal") from None
        if entry.owner.count(":") != 1:
            raise ManifestError(f"{path}:{number}: owner {entry.owner!r} is not USER:GROUP")
    return entry


def of_package(path, package):
    """The entries that one package of the layer carries; an error if there is none."""
    found = [entry for entry in read(path) if entry.package == package]
    if not found:
        raise ManifestError(f"{path}: no section [SET {package}]")
    return found


def programs(path, package, sets=None):
    """The crates whose programs a package's recipe compiles: of some sets, or of all."""
    return [entry.source for entry in of_package(path, package) if entry.kind == "bin" and (sets is None or entry.set in sets)]


def program_package(crate):
    """The package of one program: a tool has its own name, a daemon ours before it."""
    return crate if crate.startswith("jp") else f"joulepoint-{crate}"


def sources(entries):
    """What of the checkout the entries need, once each."""
    return list(dict.fromkeys(entry.source for entry in entries if entry.kind in ("file", "conf")))


def commands(entries, places):
    """Shell lines that put the entries below `places["root"]`; the other places are those of `top`, `bin`, `tree`, `key`."""
    return "\n".join(line for entry in entries for line in _commands(entry, places))


def _commands(entry, places):
    target = places["root"] + entry.destination
    if entry.kind == "link":
        yield f"install -d -m 0755 $(dirname {target})"
        yield f"ln -sfn {entry.source} {target}"
        return
    user, group = entry.owner.split(":")
    owned = f"-m {entry.mode} -o {user} -g {group}"
    match entry.kind:
        case "dir":
            yield f"install -d {owned} {target}"
        case "tree":
            folder = places["tree"]
            yield f"(cd {folder} && find . -type f) | LC_ALL=C sort | while read -r file; do"
            yield f'    install -D {owned} "{folder}/$file" "{target}/$file"'
            yield "done"
        case "conf":
            yield f"install -D {owned} {places['top']}/{entry.source} {target}"
            for name in SETTINGS:
                yield f"sed -i 's|@{name}@|{places[name]}|' {target}"
        case kind:
            folder = places["top" if kind == "file" else kind]
            yield f"install -D {owned} {folder}/{entry.source} {target}"
