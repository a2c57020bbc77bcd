"""The cabinet's configuration: `bench.toml` is what the bench image gets, `four.toml` one of four slots; natively the wires differ."""

import copy
import json
import tomllib
from pathlib import Path

HERE = Path(__file__).parent
# What jp-sim surrounds each with; the bench's is its own default.
WORLDS = {"four": HERE.parents[1] / "rust/tools/jp-sim/examples/four.toml"}


def load(layout="bench"):
    """A cabinet's configuration as a tree: `bench` or `four`."""
    return tomllib.loads((HERE / f"{layout}.toml").read_text())


def one_chain(tree):
    """All connectors on the first chain, which may carry what all of them may."""
    first = tree["chains"][0]
    first["power_cap_w"] = sum(chain["power_cap_w"] for chain in tree["chains"])
    tree["chains"] = [first]
    for connector in tree["connectors"]:
        connector["chain"] = first["id"]
    return tree


def merge(tree, patch):
    """`patch` laid over `tree`: tables merge, all else replaces, None removes (RFC 7396)."""
    for key, value in patch.items():
        if value is None:
            tree.pop(key, None)
        elif isinstance(value, dict) and isinstance(tree.get(key), dict):
            merge(tree[key], value)
        else:
            tree[key] = copy.deepcopy(value)
    return tree


def apply(tree, overrides):
    """Overrides are a merge patch, or a function that is given the tree and may return another."""
    if callable(overrides):
        return overrides(tree) or tree
    return merge(tree, overrides or {})


def only_connectors(tree, wanted):
    """Leaves the connectors in `wanted`, and what only the others used."""
    tree["connectors"] = [c for c in tree.get("connectors", []) if c["id"] in wanted]
    modules = {m for c in tree["connectors"] for m in c.get("modules", [])}
    tree["modules"] = [m for m in tree.get("modules", []) if m["id"] in modules]
    for list_name, key in (("meters", "meter"), ("isolation", "isolation")):
        used = {c.get(key) for c in tree["connectors"]}
        tree[list_name] = [x for x in tree.get(list_name, []) if x["id"] in used]
    chains = {c["chain"] for c in tree["connectors"]}
    tree["chains"] = [chain for chain in tree.get("chains", []) if chain["id"] in chains]
    if "ties" in tree:
        tree["ties"] = [tie for tie in tree["ties"] if set(tie["between"]) <= set(wanted)]
    return tree


def _value(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, list):
        return "[" + ", ".join(_value(v) for v in value) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + " }"
    return json.dumps(str(value), ensure_ascii=False)


def _key(key):
    return key if key.replace("_", "").replace("-", "").isalnum() else json.dumps(key)


def dumps(tree, prefix=""):
    """The tree as TOML."""
    plain, tables = [], []
    for key, value in tree.items():
        name = f"{prefix}{_key(key)}"
        if isinstance(value, dict):
            tables.append(f"\n[{name}]\n{dumps(value, name + '.')}")
        elif isinstance(value, list) and value and all(isinstance(v, dict) for v in value):
            tables.extend(f"\n[[{name}]]\n{dumps(v, name + '.')}" for v in value)
        else:
            plain.append(f"{_key(key)} = {_value(value)}\n")
    return "".join(plain + tables)
