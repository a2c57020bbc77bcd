"""A `sysusers.d` file, as what the class `useradd` takes: /etc is read-only, so users are made with the image."""

import shlex
from typing import NamedTuple


class UsersError(ValueError):
    """A line that has no counterpart."""


class User(NamedTuple):
    """One user; `groups` are those besides its own."""

    name: str
    number: str
    comment: str
    home: str
    groups: list


def read(path):
    """(groups, users): number of each group by name, and each user."""
    groups, users, members = {}, [], []
    with open(path, encoding="utf-8") as file:
        for line, text in enumerate(file, 1):
            match shlex.split(text, comments=True):
                case []:
                    continue
                case ["g", name, number, *_] if number.isdecimal():
                    groups[name] = number
                case ["u", name, number, comment, home, *_] if number.isdecimal():
                    users.append(User(name, number, comment, home, []))
                case ["m", name, group]:
                    members.append((line, name, group))
                case _:
                    raise UsersError(
                        f"{path}:{line}: {text.strip()!r} is none of: g NAME NUMBER, u NAME NUMBER COMMENT HOME, m USER GROUP"
                    )
    by_name = {user.name: user for user in users}
    for line, name, group in members:
        if name not in by_name or group not in groups:
            raise UsersError(f"{path}:{line}: {name} and {group} must be a user and a group of this file")
        by_name[name].groups.append(group)
    numbers = [*groups.values(), *(user.number for user in users)]
    if len(numbers) != len(set(numbers)):
        raise UsersError(f"{path}: a number stands twice among {', '.join(sorted(numbers))}")
    return groups, users


def groupadd(path):
    """GROUPADD_PARAM: each user's own group too, so that it has the user's number."""
    groups, users = read(path)
    numbers = {**groups, **{user.name: user.number for user in users}}
    return "; ".join(f"--system --gid {number} {name}" for name, number in numbers.items())


def useradd(path):
    """USERADD_PARAM."""
    return "; ".join(
        f"--system --no-create-home --uid {user.number} --gid {user.name} --home-dir {user.home} --shell /sbin/nologin"
        f" --comment '{user.comment}'{' --groups ' + ','.join(user.groups) if user.groups else ''} {user.name}"
        for user in read(path)[1]
    )
