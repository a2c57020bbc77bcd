"""kas files: valid by kas's own schema, every repository pinned, every lock true, nothing of anybody's machine."""

import json
import re
from pathlib import Path

import jsonschema
import kas
import pytest
import yaml
from layer import FEATURES, KAS, LAYER, MACHINES, TOP, merged

SCHEMA = json.loads((Path(kas.__file__).parent / "schema-kas.json").read_text())
FILES = sorted(KAS.rglob("*.yml"))
COMMIT = re.compile(r"[0-9a-f]{40}")
UPSTREAM = ("https://github.com/", "https://git.yoctoproject.org/")


def load(path):
    return yaml.safe_load(path.read_text())


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(KAS)))
def test_schema(path):
    """A file that kas would refuse is refused here, before anything is fetched."""
    jsonschema.validate(load(path), SCHEMA)


@pytest.mark.parametrize("machine", MACHINES, ids=lambda p: p.stem)
@pytest.mark.parametrize("feature", [None, *FEATURES], ids=lambda p: p.stem if p else "plain")
def test_every_repository_is_pinned(machine, feature, monkeypatch):
    """Each machine with each feature: includes are found, each repository is upstream's and has a commit."""
    config = merged(machine, *([feature] if feature else []), monkeypatch=monkeypatch)
    pins = config.get("overrides", {}).get("repos", {})
    assert config["distro"] == "joulepoint"
    assert (LAYER / f"conf/joulepoint/{config['machine']}.conf").exists(), f"no conf/joulepoint/{config['machine']}.conf"
    for name, repo in config["repos"].items():
        url = (repo or {}).get("url")
        if name == "joulepoint":
            assert url is None, "the checkout itself has no address"
            continue
        assert url.startswith(UPSTREAM), f"{name} comes from {url}, not from upstream"
        commit = pins.get(name, {}).get("commit") or repo.get("commit")
        assert commit and COMMIT.fullmatch(commit), f"{name} has no commit in a lock file: run `kas lock kas/{machine.name}`"
        assert repo["path"].startswith("build/"), f"{name} would be fetched into the tree: {repo['path']}"


@pytest.mark.parametrize("lock", sorted(KAS.rglob("*.lock.yml")), ids=lambda p: p.name)
def test_lock_is_of_its_file(lock):
    """A lock pins what the file beside it names, all of it and nothing else."""
    file = lock.with_name(lock.name.replace(".lock.yml", ".yml"))
    named = {name for name, repo in load(file)["repos"].items() if repo and "url" in repo}
    assert set(load(lock)["overrides"]["repos"]) == named


def test_layers_that_ours_needs_are_there(monkeypatch):
    """LAYERDEPENDS names collections; each of them is in a layer that every machine has."""
    names = {
        "core": "openembedded-core:meta",
        "openembedded-layer": "meta-openembedded:meta-oe",
        "networking-layer": "meta-openembedded:meta-networking",
        "filesystems-layer": "meta-openembedded:meta-filesystems",
        "meta-python": "meta-openembedded:meta-python",
        "rauc": "meta-rauc:.",
        "tpm-layer": "meta-security:meta-tpm",
        "security": "meta-security:.",
    }
    conf = (LAYER / "conf/layer.conf").read_text()
    needed = re.search(r'^LAYERDEPENDS_joulepoint = "(.*)"', conf, re.M)[1].split()
    for machine in MACHINES:
        repos = merged(machine, monkeypatch=monkeypatch)["repos"]
        have = {f"{name}:{layer}" for name, repo in repos.items() for layer in ((repo or {}).get("layers") or {".": None})}
        missing = [name for name in needed if names[name] not in have]
        assert not missing, f"{machine.name} lacks {missing}"


def test_patches_say_why():
    """A patch begins with its reason, and some file applies it."""
    texts = [path.read_text() for path in KAS.rglob("*.yml")]
    for patch in (KAS / "patches").glob("*.patch"):
        assert patch.read_text().startswith("Why: "), f"{patch.name} does not say why"
        assert any(str(patch.relative_to(TOP)) in text for text in texts), f"nobody applies {patch.name}"
