"""The CSMS's charging profiles, from its message to the amperes at the car."""

import time

AMPS = 1_000


def profile(number, purpose, amps, **fields):
    """A profile of one limit, as a CSMS writes it."""
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": amps}]}
    return {"chargingProfileId": number, "stackLevel": 0, "chargingProfilePurpose": purpose, "chargingProfileKind": "Relative",
            "chargingSchedule": schedule, **fields}  # fmt: skip


def call(cab, action, **payload):
    return cab.csms.post("/call", {"action": action, "payload": payload})["payload"]


def test_a_profile_lowers_the_charge_and_outlives_csms_and_controller(cab):
    cab.start(1)
    transaction = cab.until("the transaction", lambda: cab.csms.transactions())[0]["transaction_id"]
    own = profile(1, "TxProfile", 4, transactionId=transaction)
    told = lambda: call(cab, "SetChargingProfile", connectorId=1, csChargingProfiles=own)["status"] == "Accepted"
    cab.until("the profile to be taken", told, 5)
    current = lambda: cab.plant(1)["current_ma"]
    cab.until("the current to fall", lambda: 3 * AMPS < current() <= 4.3 * AMPS, 10)
    cab.until("the state to say why", lambda: cab.connector(1)["allocation"]["bound_by"] == "ocpp", 5)
    composite = call(cab, "GetCompositeSchedule", connectorId=1, duration=60, chargingRateUnit="A")
    assert composite["chargingSchedule"]["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 4}]

    def keeps(seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert current() <= 4.3 * AMPS, current()
            time.sleep(0.02)

    cab.csms.post("/online", {"online": False})
    cab.csms.post("/disconnect")
    keeps(2)
    cab.cabinet.kill_daemon("controller")
    keeps(6)
    assert cab.phase(1) == "charging" and current() > 3 * AMPS
    cab.csms.post("/online", {"online": True})
    cab.until_online(90)
    assert call(cab, "ClearChargingProfile", id=1) == {"status": "Accepted"}
    cab.until("the current to rise", lambda: current() > 8 * AMPS, 10)
    cab.sim.command("swipe", uid="04A1B2C3D4E5F6")
    cab.until_phase(1, "finishing", 20)


def test_the_local_list_lets_in_who_is_known_while_the_csms_is_away(cab):
    entries = [{"idTag": "04A1B2C3D4E5F6", "idTagInfo": {"status": "Accepted"}}]
    sent = call(cab, "SendLocalList", listVersion=1, localAuthorizationList=entries, updateType="Full")
    assert sent == {"status": "Accepted"}
    cab.csms.post("/online", {"online": False})
    cab.csms.post("/disconnect")
    cab.sim.command("plug_in", connector=1)
    cab.until_phase(1, "authorising")
    cab.sim.command("swipe", uid="04A1B2C3D4E5F6")
    cab.until_phase(1, "charging", 40)
    assert cab.connector(1)["authorisation"]["by"] == "local_list"
