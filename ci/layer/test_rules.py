"""What the build refuses before it starts, and in which words (joulepoint-rules.bbclass)."""

import re

import pytest
import yaml
from layer import KAS, LAYER

GOOD = {
    "MACHINE": "qemux86-64",
    "JOULEPOINT_BOOT": "uki",
    "JOULEPOINT_MEASURED_BOOT": "stub",
    "MACHINE_FEATURES": "efi tpm2",
    "JOULEPOINT_SIGNING": "development",
    "JOULEPOINT_IMAGE": "joulepoint-image",
}
BOARD = {"MACHINE": "imx8mp-lpddr4-evk", "JOULEPOINT_BOOT": "fit", "JOULEPOINT_MEASURED_BOOT": "u-boot", "IMX_DEFAULT_BSP": "nxp"}


class Data(dict):
    """As much of bitbake's data store as the rules ask for."""

    def getVar(self, name):  # noqa: N802  (bitbake's name)
        return self.get(name)


@pytest.fixture(scope="module")
def rules():
    """The class's plain functions: what stands in `def`, up to the next thing that begins a line."""
    text = (LAYER / "classes-global/joulepoint-rules.bbclass").read_text()
    space = {}
    for block in re.findall(r"^def .*\n(?:(?:[ \t].*)?\n)+", text, re.M):
        exec(block, space)  # noqa: S102  (our own file)
    assert {"joulepoint_board_problems", "joulepoint_key_problems"} <= set(space)
    return space


@pytest.fixture
def keys(tmp_path):
    for name in ("rauc-ca.pem", "rauc-sign.pem", "rauc-sign.key", "db.pem", "db.key", "pcr.pem", "pcr.key", "fit.pem", "fit.key"):
        (tmp_path / name).touch()
    return tmp_path


def test_a_known_machine_is_built(rules):
    assert rules["joulepoint_board_problems"](Data(GOOD)) == []
    accepted = {"ACCEPT_FSL_EULA": "1", "JOULEPOINT_UNSEALED_DATA": "accepted"}
    assert rules["joulepoint_board_problems"](Data(GOOD | BOARD | accepted)) == []


def test_an_unknown_machine_is_refused(rules):
    (problem,) = rules["joulepoint_board_problems"](Data(MACHINE="toaster"))
    assert "'toaster'" in problem and "conf/joulepoint/toaster.conf" in problem


@pytest.mark.parametrize("change", [{"MACHINE_FEATURES": "efi"}, {"JOULEPOINT_MEASURED_BOOT": ""}, {"JOULEPOINT_MEASURED_BOOT": "u-boot"}])
def test_a_machine_without_measured_boot_is_refused(rules, change):
    (problem,) = rules["joulepoint_board_problems"](Data(GOOD | change))
    assert "TPM" in problem and "JOULEPOINT_MEASURED_BOOT" in problem


@pytest.mark.parametrize("said", [{}, {"ACCEPT_FSL_EULA": ""}, {"ACCEPT_FSL_EULA": "0"}])
def test_nobody_agrees_to_a_licence_unasked(rules, said):
    (problem,) = rules["joulepoint_board_problems"](Data(GOOD | BOARD | {"JOULEPOINT_UNSEALED_DATA": "accepted"} | said))
    assert "NXP" in problem and "ACCEPT_FSL_EULA=1" in problem


@pytest.mark.parametrize("said", [{}, {"JOULEPOINT_UNSEALED_DATA": ""}, {"JOULEPOINT_UNSEALED_DATA": "1"}])
def test_a_boards_open_data_is_accepted_in_words_or_not_built(rules, said):
    """U-Boot's measuring is not what data is sealed to (D18)."""
    (problem,) = rules["joulepoint_board_problems"](Data(GOOD | BOARD | {"ACCEPT_FSL_EULA": "1"} | said))
    assert "JOULEPOINT_UNSEALED_DATA=accepted" in problem and "PCR 7" in problem


def test_what_is_accepted_reaches_the_build():
    """kas hands the words on from the environment."""
    names = yaml.safe_load((KAS / "include/common.yml").read_text())["env"]
    assert {"ACCEPT_FSL_EULA", "JOULEPOINT_UNSEALED_DATA"} <= set(names)


@pytest.mark.parametrize("boot, needed", [("uki", {"db", "pcr", "rauc-sign"}), ("fit", {"fit", "rauc-sign"})])
def test_missing_keys_are_named(rules, tmp_path, boot, needed):
    problems = rules["joulepoint_key_problems"](Data(GOOD, JOULEPOINT_BOOT=boot, JOULEPOINT_KEYS=str(tmp_path)))
    assert {re.search(r"`([\w-]+)`", p)[1] for p in problems if p.startswith("The private key")} == needed
    assert all("ota/make-dev-keys" in p and "JOULEPOINT_KEYS" in p for p in problems)


def test_keys_that_are_there_are_enough(rules, keys):
    for boot in ("uki", "fit"):
        assert rules["joulepoint_key_problems"](Data(GOOD, JOULEPOINT_BOOT=boot, JOULEPOINT_KEYS=str(keys))) == []


def test_a_key_in_a_token_is_a_key(rules, keys):
    (keys / "db.key").rename(keys / "db.uri")
    assert rules["joulepoint_key_problems"](Data(GOOD, JOULEPOINT_KEYS=str(keys))) == []


def test_a_developers_image_has_no_product_key(rules, keys):
    data = Data(GOOD, JOULEPOINT_KEYS=str(keys), JOULEPOINT_SIGNING="product", JOULEPOINT_IMAGE="joulepoint-image-dev")
    (problem,) = rules["joulepoint_key_problems"](data)
    assert "joulepoint-image-dev is a developer's image" in problem
    data["JOULEPOINT_IMAGE"] = "joulepoint-image"
    assert rules["joulepoint_key_problems"](data) == []
