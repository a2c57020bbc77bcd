"""The CSMS's side of a firmware update: a server for the file, its signature, and what was told of it."""

import base64
import datetime
import http.server
import pathlib
import re
import threading

from ocpp.routing import on
from ocpp.v16 import call, call_result
from ocpp.v16.enums import Action

CHUNK = 64 * 1024
KEPT = 10_000


def signature(key_file, data):
    """Over the whole file, in base64: RSA-PSS or ECDSA, as the key is."""
    # Only who signs needs the package.
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

    key = serialization.load_pem_private_key(pathlib.Path(key_file).read_bytes(), None)
    if isinstance(key, rsa.RSAPrivateKey):
        pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=hashes.SHA256.digest_size)
        signed = key.sign(data, pss, hashes.SHA256())
    else:
        signed = key.sign(data, ec.ECDSA(hashes.SHA256()))
    return base64.b64encode(signed).decode()


class Told:
    """The handlers of a charge point's connection, and what they wrote down (in `csms.firmware`, `csms.security_events`)."""

    @on(Action.signed_firmware_status_notification)
    def on_signed_firmware_status_notification(self, status, request_id=None, **rest):
        """How far it is."""
        self.csms.firmware.append({"charge_point": self.id, "status": status, "request_id": request_id})
        del self.csms.firmware[:-KEPT]
        return call_result.SignedFirmwareStatusNotification()

    @on(Action.security_event_notification)
    def on_security_event_notification(self, type, timestamp, tech_info=None, **rest):
        """Something happened."""
        self.csms.security_events.append({"charge_point": self.id, "type": type, "timestamp": timestamp, "tech_info": tech_info})
        del self.csms.security_events[:-KEPT]
        return call_result.SecurityEventNotification()


def time_in(seconds):
    """An instant as OCPP wants it."""
    at = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def request(body, url):
    """SignedUpdateFirmware, as the control request's body wants it; `certificate` and `key` are files."""
    data = pathlib.Path(body["path"]).read_bytes() if "path" in body else b""
    firmware = {
        "location": body.get("url", url),
        "retrieve_date_time": time_in(body.get("retrieve_in_s", 0)),
        "signing_certificate": pathlib.Path(body["certificate"]).read_text(),
        "signature": body.get("signature") or signature(body["key"], data),
    }
    if "install_in_s" in body:
        firmware["install_date_time"] = time_in(body["install_in_s"])
    numbers = {name: body[name] for name in ("retries", "retry_interval") if name in body}
    return call.SignedUpdateFirmware(request_id=body["request_id"], firmware=firmware, **numbers)


class Files:
    """Serves single files over HTTP, with ranges, on any free port; badly if it was asked to."""

    def __init__(self, host):
        self.files, self.asked, self.faults = {}, [], []
        files = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """One request."""

            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                """Quiet."""

            def do_GET(self):
                """A file, or the part of it that is asked for."""
                files.give(self)

        self.server = http.server.ThreadingHTTPServer((host, 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, path, host=None):
        """Where the file is served from now on."""
        path = pathlib.Path(path)
        self.files[f"/{path.name}"] = path
        address, port = self.server.server_address[:2]
        return f"http://{host or address}:{port}/{path.name}"

    def fail(self, count, after=None):
        """The next `count` requests are refused, or cut off after so many bytes."""
        self.faults += [after] * count

    def give(self, handler):
        """Answers one request."""
        path, wanted = self.files.get(handler.path), handler.headers.get("Range")
        self.asked.append({"path": handler.path, "range": wanted})
        fault = self.faults.pop(0) if self.faults else False
        if path is None or fault is None:
            return handler.send_error(404 if path is None else 503)
        size = path.stat().st_size
        start = re.fullmatch(r"bytes=(\d+)-", wanted or "")
        start = int(start[1]) if start else 0
        if start > size:
            return handler.send_error(416)
        handler.send_response(206 if start else 200)
        handler.send_header("Content-Length", str(size - start))
        handler.send_header("Accept-Ranges", "bytes")
        handler.send_header("Content-Type", "application/octet-stream")
        if start:
            handler.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
        handler.end_headers()
        left = size - start if fault is False else fault
        with open(path, "rb") as file:
            file.seek(start)
            while left > 0 and (chunk := file.read(min(CHUNK, left))):
                handler.wfile.write(chunk)
                left -= len(chunk)
        handler.close_connection |= fault is not False
