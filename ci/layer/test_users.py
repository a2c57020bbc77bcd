"""One file of users: what the recipe makes of it is what systemd makes of it in the bench image."""

import shlex
import subprocess

import pytest
from joulepoint import users


@pytest.fixture
def sysusers(top):
    return top / "meta-joulepoint/files/config/sysusers.conf"


def accounts(etc):
    """User -> number, group's number, comment, home, may log in, groups; and the number of each group."""
    passwd = [line.split(":") for line in (etc / "passwd").read_text().splitlines()]
    groups = [line.split(":") for line in (etc / "group").read_text().splitlines()]
    found = {}
    for user, _, number, group, comment, home, shell in passwd:
        member = {name for name, _, _, members in groups if user in members.split(",")}
        found[user] = (number, group, comment, home, not shell.endswith("/nologin"), member)
    return found, {name: number for name, _, number, _ in groups}


def test_useradd_makes_the_users_that_systemd_makes(tmp_path, sysusers):
    by_systemd = tmp_path / "systemd"
    (by_systemd / "usr/lib/sysusers.d").mkdir(parents=True)
    (by_systemd / "etc").mkdir()
    (by_systemd / "usr/lib/sysusers.d/joulepoint.conf").write_text(sysusers.read_text())
    subprocess.run(["systemd-sysusers", f"--root={by_systemd}"], check=True)

    etc = tmp_path / "useradd/etc"
    etc.mkdir(parents=True)
    for name in ("passwd", "group", "shadow", "gshadow", "login.defs"):
        (etc / name).write_text("")
    for tool, parameters in (("groupadd", users.groupadd(sysusers)), ("useradd", users.useradd(sysusers))):
        for one in parameters.split(";"):
            subprocess.run([f"/usr/sbin/{tool}", "--prefix", etc.parent, *shlex.split(one)], check=True)
    assert accounts(etc) == accounts(by_systemd / "etc")
    assert accounts(etc)[0]["jp-controller"] == (
        ("802", "802", "Joulepoint controller", "/var/lib/joulepoint/controller", False, {"joulepoint", "jp-tpm"})
    )


@pytest.mark.parametrize("line", ["u name 17", 'u name - "a user" /', "r - 500-900", "m nobody joulepoint", 'u name 800 "a user" /'])
def test_a_line_without_a_counterpart_is_refused(tmp_path, line):
    file = tmp_path / "sysusers.conf"
    file.write_text(f"g joulepoint 800 -\n{line}\n")
    with pytest.raises(users.UsersError):
        users.read(file)
