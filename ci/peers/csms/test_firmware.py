"""Updates that the CSMS asks for (OCPP 1.6's security extension, L01), with a `system` that a test moves by hand.

The certificates, the keys and the signatures come from Python's `cryptography`, the statuses are checked against OCA's
schemas by the CSMS.
"""

import datetime
import hashlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from fake_system import FakeSystem
from test_ocpp_daemon import charge, energy, rig, until  # noqa: F401

BUNDLE = bytes(range(256)) * 2_000


def issue(folder, name, issuer=None, key=None):
    """A key and its certificate as files; gives both, and the pair for `issuer`."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    by, signer = issuer or (subject, key)
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(by).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1))
    builder = builder.add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    pem = serialization.Encoding.PEM
    certificate, private = folder / f"{name}.pem", folder / f"{name}.key"
    certificate.write_bytes(builder.sign(signer, hashes.SHA256()).public_bytes(pem))
    private.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return certificate, private, (subject, key)


class Site:
    """A rig with a `system`, a manufacturer, a signer and a file."""

    def __init__(self, rig):  # noqa: F811
        self.rig, folder = rig, rig.folder
        self.system = rig.system = FakeSystem(str(folder)).start()
        _, _, root = issue(folder, "roots")
        self.certificate, self.key, _ = issue(folder, "signer", root, rsa.generate_private_key(65537, 2048))
        self.ecdsa = issue(folder, "ecdsa", root)[:2]
        _, _, other = issue(folder, "elsewhere")
        self.stranger = issue(folder, "stranger", other)[:2]
        self.bundle = folder / "new.raucb"
        self.bundle.write_bytes(BUNDLE)
        rig.start().connected()

    def ask(self, request_id=1, signer=None, **fields):
        """The CSMS asks for the update; gives our answer."""
        certificate, key = signer or (self.certificate, self.key)
        files = {"path": str(self.bundle), "certificate": str(certificate), "key": str(key)}
        return self.rig.csms("/firmware", request_id=request_id, **files, **fields)["status"]

    def told(self):
        """(status, request) as the CSMS heard them."""
        return [(entry["status"], entry["request_id"]) for entry in self.rig.told("/firmware")]

    def statuses(self):
        """The same without the request."""
        return [status for status, _ in self.told()]

    def until(self, status):
        """Waits for a status to be the last."""
        until(status, lambda: self.statuses()[-1:] == [status])

    def events(self):
        """The security events that the CSMS heard."""
        return [event["type"] for event in self.rig.told("/security-events")]


@pytest.fixture
def site(rig):  # noqa: F811
    """A site."""
    site = Site(rig)
    yield site
    assert rig.told("/violations") == []
    site.system.stop()


ASKED = ["Downloading", "Downloaded", "SignatureVerified", "Installing"]


def test_an_update_from_the_request_to_the_last_word(site):
    assert site.ask() == "Accepted"
    site.until("Installing")
    (install,) = site.system.installs
    assert install["source"] == {"downloaded": site.system.download["id"]}
    assert install["sha256"] == hashlib.sha256(BUNDLE).hexdigest()
    assert (install["restart"], install["asked_by"]) == ("when_idle", "ocpp")
    site.system.change(phase="restarting")
    site.until("InstallRebooting")
    # The machine restarts; the new side is looked at for a while.
    site.rig.kill()
    site.system.stop()
    site.system.change(phase="verifying")
    site.rig.start().connected()
    site.system.start()
    until("heard", lambda: site.rig.state()["firmware"]["status"] == "InstallRebooting")
    assert "Installed" not in site.statuses()
    site.system.ends("confirmed", "healthy")
    until("the event", lambda: site.events() == ["FirmwareUpdated"])
    assert site.told() == [(status, 1) for status in [*ASKED, "InstallRebooting", "Installed"]]
    shown = site.rig.state()["firmware"]
    assert (shown["request_id"], shown["status"], shown["ended"], shown["untold"]) == (1, "Installed", True, 0)


def test_a_rollback_is_told_by_the_old_side(site):
    assert site.ask(77, (site.ecdsa)) == "Accepted"
    site.until("Installing")
    site.rig.kill()
    site.system.ends("rolled_back", "unhealthy", "the controller was not READY within 3 minutes")
    site.rig.start().connected()
    site.until("InstallationFailed")
    assert site.told() == [(status, 77) for status in [*ASKED, "InstallationFailed"]]
    until("why", lambda: "not READY" in ((site.rig.state()["last_error"] or {}).get("message", "")))
    assert site.events() == []


def test_a_bundle_that_the_unit_does_not_take(site):
    site.ask()
    site.until("Installing")
    site.system.ends("refused", "below_floor")
    site.until("InstallVerificationFailed")


def test_statuses_wait_for_the_csms_in_their_order(site):
    rig = site.rig  # noqa: F811
    assert site.ask(5) == "Accepted"
    site.until("Installing")
    rig.csms("/online", online=False)
    site.system.change(phase="restarting")
    until("rebooting", lambda: rig.state()["firmware"]["status"] == "InstallRebooting")
    rig.kill()
    site.system.ends("confirmed", "healthy")
    rig.start()
    until("kept", lambda: rig.state()["firmware"]["untold"] == 3)
    charge(rig)
    rig.csms("/online", online=True)
    (transaction,) = rig.delivered()
    assert energy(transaction) == 20
    until("the event", lambda: site.events() == ["FirmwareUpdated"])
    assert site.told() == [(status, 5) for status in [*ASKED, "InstallRebooting", "Installed"]]


def test_a_signature_of_another_file_installs_nothing(site):
    data = site.bundle.with_name("other.raucb")
    data.write_bytes(BUNDLE + b"!")
    url = site.rig.csms("/serve", path=str(data))["url"]
    assert site.ask(url=url) == "Accepted"
    until("the event", lambda: site.events() == ["InvalidFirmwareSignature"])
    assert site.statuses() == ["Downloading", "Downloaded", "InvalidSignature"]
    until("dropped", lambda: site.system.cancelled == 1)
    assert site.system.installs == []


def test_a_stranger_is_refused_and_nothing_is_fetched(site):
    assert site.ask(1, site.stranger) == "InvalidCertificate"
    until("the event", lambda: site.events() == ["InvalidFirmwareSigningCertificate"])
    assert (site.told(), site.rig.told("/served")) == ([], [])


def test_a_download_that_fails_is_tried_again_and_each_attempt_told(site):
    site.rig.csms("/serve", fail=1)
    site.rig.csms("/serve", fail=1, after=1_000)
    assert site.ask(retries=2, retry_interval=1) == "Accepted"
    site.until("Installing")
    assert site.statuses() == ["Downloading"] * 3 + ASKED[1:]
    site.system.ends("failed", "install")
    site.until("InstallationFailed")
    site.rig.csms("/serve", fail=9)
    assert site.ask(2, retries=0) == "Accepted"
    site.until("DownloadFailed")
    assert site.told()[-2:] == [("Downloading", 2), ("DownloadFailed", 2)]


def test_another_request_ends_the_one_before_unless_it_is_installed(site):
    assert site.ask(1, retrieve_in_s=3600) == "Accepted"
    site.until("DownloadScheduled")
    assert site.ask(2, install_in_s=3600) == "AcceptedCanceled"
    site.until("InstallScheduled")
    assert site.system.installs == []
    assert site.ask(3) == "AcceptedCanceled"
    site.until("Installing")
    assert site.ask(4) == "Rejected"
    first, second = [("DownloadScheduled", 1), ("DownloadFailed", 1)], ["Downloading", "Downloaded", "SignatureVerified"]
    second = [(status, 2) for status in [*second, "InstallScheduled", "InstallationFailed"]]
    assert site.told() == first + second + [(status, 3) for status in ASKED]


def test_the_unsigned_message_of_old_is_not_supported(site):
    payload = {"location": "http://127.0.0.1/x", "retrieveDate": "2026-01-01T00:00:00Z"}
    assert site.rig.csms("/call", action="UpdateFirmware", payload=payload)["error"] == "NotSupported"
    assert (site.told(), site.rig.state()["firmware"]) == ([], None)


def test_the_csms_asks_how_far_it_is(site):
    def trigger():
        count = len(site.told())
        payload = {"requestedMessage": "FirmwareStatusNotification"}
        answer = site.rig.csms("/call", action="ExtendedTriggerMessage", payload=payload)["payload"]
        assert answer == {"status": "Accepted"}
        until("told", lambda: len(site.told()) > count)
        return site.told()[-1]

    assert trigger() == ("Idle", None)
    site.ask(9)
    site.until("Installing")
    assert trigger() == ("Installing", 9)
    site.rig.kill()
    site.rig.start().connected()
    assert trigger() == ("Installing", 9)
    site.system.ends("confirmed", "healthy")
    until("the event", lambda: site.events() == ["FirmwareUpdated"])
    assert trigger() == ("Idle", None)


def test_without_a_system_it_waits_and_then_goes_on(site):
    site.system.stop()
    assert site.ask() == "Accepted"
    site.until("DownloadScheduled")
    site.system.start()
    site.until("Installing")
