"""Changes a cabinet's configuration over its API, as an operator's program would."""

from cabinet.http import HttpError


class Editor:
    """One who reads the configuration, changes something, and hands it in."""

    def __init__(self, cabinet):
        self.http = cabinet.controller

    def get(self):
        """The accepted configuration and its version."""
        _, headers, tree = self.http.request("GET", "/v1/config")
        return tree, int({key.lower(): value for key, value in headers.items()}["etag"].strip('"'))

    def put(self, tree, version="*", **headers):
        """Hands in a whole configuration; what the answer says, or an HttpError."""
        match = version if version == "*" else f'"{version}"'
        return self.http.put("/v1/config", tree, headers={"If-Match": match, **headers})

    def patch(self, patch):
        """Hands in a merge patch."""
        status, _, answer = self.http.request("PATCH", "/v1/config", patch)
        if status >= 400:
            raise HttpError("PATCH", "/v1/config", status, answer)
        return answer

    def change(self, edit):
        """Reads, changes with `edit(tree)`, hands in."""
        tree, version = self.get()
        edit(tree)
        return self.put(tree, version)


def entry(entries, wanted):
    """The entry of a list by its id."""
    return next(entry for entry in entries if entry["id"] == wanted)
