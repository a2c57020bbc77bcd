"""The cabinet's configuration: `bench.toml` is what the bench image gets; natively the wires differ."""

import copy
import json
import tomllib
from pathlib import Path

TEMPLATE = Path(__file__).parent / "bench.toml"


def load():
    """The bench configuration as a tree."""
    return tomllib.loads(TEMPLATE.read_text())


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
