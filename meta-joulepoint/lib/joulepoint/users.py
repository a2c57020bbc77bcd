"""A `sysusers.d` file, as what the class `useradd` takes: /etc is read-only, so users are made with the image."""

import shlex


class UsersError(ValueError):
    """A line that has no counterpart."""


def read(path):
    """(groups, users, members): names of groups; name -> (comment, home); name -> groups."""
    groups, users, members = [], {}, {}
    with open(path, encoding="utf-8") as file:
        for number, text in enumerate(file, 1):
            fields = shlex.split(text, comments=True)
            match fields:
                case []:
                    continue
                case ["g", name, "-", *_]:
                    groups.append(name)
                case ["u", name, "-", comment, home, *_]:
                    users[name] = (comment, home)
                case ["m", name, group]:
                    members.setdefault(name, []).append(group)
                case _:
                    raise UsersError(f"{path}:{number}: {text.strip()!r}: g NAME -, u NAME - COMMENT HOME, m USER GROUP are understood")
    if strange := [name for name in members if name not in users]:
        raise UsersError(f"{path}: {', '.join(strange)} is a member of a group and no user of this file")
    return groups, users, members


def groupadd(path):
    """GROUPADD_PARAM."""
    return "; ".join(f"--system {name}" for name in read(path)[0])


def useradd(path):
    """USERADD_PARAM."""
    _, users, members = read(path)
    parameters = []
    for name, (comment, home) in users.items():
        also = f" --groups {','.join(members[name])}" if name in members else ""
        parameters.append(f"--system --no-create-home --home-dir {home} --shell /sbin/nologin --comment '{comment}' --user-group{also} {name}")
    return "; ".join(parameters)
