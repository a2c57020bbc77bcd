"""The disk that wic makes is the disk of ota/partitions.sfdisk (D17)."""

import re
import shlex
import uuid

from layer import LAYER, TOP

TYPES = {"uefi": "C12A7328-F81F-11D2-BA4B-00A0C93EC93B", "linux": "0FC63DAF-8483-4772-8E79-3D69D8477DE4"}
UNITS = {"MiB": 1 << 20, "GiB": 1 << 30, "M": 1 << 20, "G": 1 << 30}


def size(text):
    number, unit = re.fullmatch(r"(\d+)(\w+)", text).groups()
    return int(number) * UNITS[unit]


def sfdisk():
    """Name -> (type, uuid, bytes or None), in order; and the disk's own uuid."""
    found, label = {}, None
    for line in (TOP / "ota/partitions.sfdisk").read_text().splitlines():
        if line.startswith("label-id:"):
            label = uuid.UUID(line.split(":", 1)[1].strip())
        if line.startswith("name="):
            fields = dict(field.strip().split("=") for field in line.split(","))
            found[fields["name"]] = (TYPES[fields["type"]], uuid.UUID(fields["uuid"]), size(fields["size"]) if "size" in fields else None)
    return found, label


def wks():
    """The same of the kickstart file, and each partition's arguments."""
    found, arguments, label = {}, {}, None
    for line in (LAYER / "files/wic/joulepoint.wks.in").read_text().splitlines():
        words = [word for text in shlex.split(line, comments=True) for word in (text.split("=", 1) if text[:2] == "--" else [text])]
        options = {word: value for word, value in zip(words, words[1:]) if word.startswith("--")}
        if words[:1] == ["bootloader"]:
            assert options["--ptable"] == "gpt"
            label = uuid.UUID(options["--diskid"])
        if words[:1] == ["part"]:
            name = options["--part-name"]
            found[name] = (options["--part-type"], uuid.UUID(options["--uuid"]), size(options["--fixed-size"]))
            arguments[name] = options
    return found, label, arguments


def test_wks_is_the_partition_table():
    """Order, names, types, UUIDs and sizes; `data` takes what is left, so wic's may have any size."""
    table, table_id = sfdisk()
    disk, disk_id, _ = wks()
    assert disk_id == table_id
    assert list(disk) == list(table)
    for name, (kind, identity, length) in table.items():
        assert disk[name][:2] == (kind, identity), name
        assert length in (None, disk[name][2]), name


def test_both_sides_hold_the_same():
    """From the factory either side can be started; alignment is the table's."""
    _, _, arguments = wks()
    for part in ("boot", "rootfs"):
        assert arguments[f"{part}-a"]["--sourceparams"] == arguments[f"{part}-b"]["--sourceparams"]
    assert {options["--align"] for options in arguments.values()} == {"1024"}
    assert arguments["data"]["--source"] == arguments["reserved"]["--source"] == "empty"


def test_root_limit_is_the_partition():
    """The class that makes a root refuses one that does not fit."""
    text = (LAYER / "classes-recipe/joulepoint-root.bbclass").read_text()
    limit = int(re.search(r'^JOULEPOINT_ROOT_LIMIT = "(\d+)"', text, re.M)[1])
    assert limit == sfdisk()[0]["rootfs-a"][2]
