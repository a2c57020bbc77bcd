"""The verifier against the reference corpus: where it gives a verdict, it is OpenSSL's."""

import json
import sys
from pathlib import Path

import pytest

here = Path(__file__).resolve().parent
sys.path.insert(0, str(here))

import ocmf  # noqa: E402  (found by the line above)

CORPUS = json.loads((here.parents[2] / "rust/domain/receipt/tests/corpus.json").read_text())["records"]


def test_the_reference_corpus():
    judged = 0
    for entry in CORPUS:
        try:
            verdict = ocmf.verify(entry["record"], entry["key"])
        except ocmf.Unreadable:
            continue  # An old curve, or a key in a shape of its maker's own.
        assert verdict == entry["verified"], entry["source"]
        judged += 1
    assert judged >= 10, f"only {judged} of {len(CORPUS)} were judged"


@pytest.mark.parametrize("entry", [entry for entry in CORPUS if entry["verified"]][:1], ids=["keba"])
def test_one_changed_digit_is_noticed(entry):
    changed = entry["record"].replace("0.2597", "0.2598")
    assert changed != entry["record"]
    assert ocmf.verify(entry["record"], entry["key"]) and not ocmf.verify(changed, entry["key"])
