"""OTA-2, OTA-3 and OTA-4 in the bench image, in one go: what is refused, a good update, and one that does not come up."""

import pytest

from cabinet.unit import version_of

REFUSED = (
    ("stranger", "signature verification failed"),
    ("other-hardware", "Compatible mismatch"),
    ("truncated", "Invalid bundle format"),
)


@pytest.mark.parametrize(("name", "why"), REFUSED)
def test_what_is_not_for_this_unit_is_refused_and_nothing_changes(unit, name, why):
    before = unit.sides(), unit.boot_order(), unit.version()
    code, said = unit.install(name)
    assert code != 0 and why in said, said
    assert (unit.sides(), unit.boot_order(), unit.version()) == before


def test_a_damaged_update_is_never_started(unit):
    code, said = unit.install("damaged")
    assert code != 0, said
    order, once = unit.boot_order()
    assert order == ["a"] and once is None, "the side that was half written is not to be started"


def test_a_good_update_runs_charges_and_keeps_what_was_billed(unit):
    before, began = unit.version(), unit.machine.slot()
    unit.installed("good")
    assert unit.machine.slot() == began and unit.version() == before, "nothing changes before the restart"
    unit.restart()
    assert unit.machine.slot() != began
    assert unit.version() == version_of("good") != before
    unit.until_confirmed()
    assert unit.boot_order()[0] == [unit.machine.slot(), began]
    session = unit.charge()
    assert session in unit.sessions()


def test_a_kernel_that_panics_brings_the_old_side_back_by_itself(unit):
    before, side, sessions = unit.version(), unit.machine.slot(), unit.sessions()
    assert sessions, "the charge of the test before"
    unit.installed("panics")
    unit.restart()
    assert b"Kernel panic" in unit.machine.console()
    assert (unit.machine.slot(), unit.version()) == (side, before)
    assert unit.sessions() == sessions
    unit.until_confirmed()
    assert unit.boot_order() == ([side], None), "the side that panicked is not to be started again"
