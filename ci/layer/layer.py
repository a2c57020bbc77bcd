"""What the tests of the layer share: where things are, and the merged configuration as kas sees it."""

import argparse
import logging
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
KAS = TOP / "kas"
LAYER = TOP / "meta-joulepoint"
MACHINES = sorted(KAS.glob("joulepoint-*.yml"))
MACHINES = [path for path in MACHINES if not path.name.endswith(".lock.yml")]
FEATURES = [path for path in sorted(KAS.glob("feature-*.yml")) if not path.name.endswith(".lock.yml")]


def merged(*files, monkeypatch):
    """kas's own merge of these files, includes and locks followed, without fetching any repository."""
    from kas.context import create_global_context
    from kas.includehandler import IncludeHandler

    logging.disable(logging.INFO)
    monkeypatch.setenv("KAS_WORK_DIR", str(TOP))
    create_global_context(argparse.Namespace(skip=[], force_checkout=False, update=False, no_color=True))
    config, missing = IncludeHandler([str(file) for file in files], str(TOP)).get_config()[:2]
    assert not missing, f"{files}: includes of repositories that are not fetched: {missing}"
    return config


def recipes():
    """Every metadata file of ours."""
    kinds = ("*.bb", "*.bbappend", "*.bbclass", "*.inc", "*.conf")
    found = [path for folder in (LAYER, TOP / "recipes-hmi") for kind in kinds for path in folder.rglob(kind)]
    ours = [path for path in found if "node_modules" not in path.parts and LAYER / "files" not in path.parents]
    return sorted(ours)
