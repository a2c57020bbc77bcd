"""HTTP with JSON over a Unix socket: the same that `curl --unix-socket` does."""

import http.client
import json
import socket


class HttpError(Exception):
    """The daemon answered, and said no."""

    def __init__(self, method, path, status, body):
        self.status, self.body = status, body
        super().__init__(f"{method} {path}: {status} {body}")


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self._path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class UnixClient:
    """One daemon's API. Each call is its own connection: a daemon may have been restarted between two."""

    def __init__(self, path, timeout=10.0):
        self.path, self.timeout = path, timeout

    def request(self, method, path, body=None, headers=None, timeout=None):
        """Status, headers and body (parsed where it is JSON) of any answer, good or bad."""
        connection = _UnixConnection(self.path, timeout or self.timeout)
        headers = dict(headers or {})
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        try:
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            raw = answer.read()
        finally:
            connection.close()
        try:
            parsed = json.loads(raw) if raw else None
        except ValueError:
            parsed = raw.decode("utf-8", "replace")
        return answer.status, dict(answer.getheaders()), parsed

    def _checked(self, method, path, body=None, **rest):
        status, _, parsed = self.request(method, path, body, **rest)
        if status >= 400:
            raise HttpError(method, path, status, parsed)
        return parsed

    def get(self, path, **rest):
        """What `GET path` answers."""
        return self._checked("GET", path, **rest)

    def post(self, path, body=None, **rest):
        """What `POST path` answers; the body goes out as JSON."""
        return self._checked("POST", path, {} if body is None else body, **rest)

    def put(self, path, body, **rest):
        """What `PUT path` answers."""
        return self._checked("PUT", path, body, **rest)

    def events(self, path="/v1/events", timeout=30.0):
        """The data of each server-sent event, parsed, for as long as the caller reads."""
        connection = _UnixConnection(self.path, timeout)
        try:
            connection.request("GET", path, headers={"Accept": "text/event-stream"})
            answer = connection.getresponse()
            if answer.status >= 400:
                raise HttpError("GET", path, answer.status, answer.read().decode("utf-8", "replace"))
            data = []
            while line := answer.readline():
                line = line.decode().rstrip("\r\n")
                if line.startswith("data:"):
                    data.append(line[5:].lstrip())
                elif not line and data:
                    yield json.loads("\n".join(data))
                    data = []
        finally:
            connection.close()
