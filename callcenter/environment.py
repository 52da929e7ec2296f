"""Strict readers for the environment: a wrong word stops the start."""

import os
import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

YES = {"1", "true", "yes", "on"}
Networks = tuple[IPv4Network | IPv6Network, ...]
NO = {"0", "false", "no", "off", ""}


def read_text(name: str, default: str = "") -> str:
    """Read the variable itself, or the file that NAME_FILE points at.

    Empty means the default, as a copy of .env.example has it.
    """
    if path := os.environ.get(f"{name}_FILE"):
        return Path(path).read_text().strip()
    return os.environ.get(name, "").strip() or default


def read_bool(name: str, default: bool = False) -> bool:
    word = read_text(name, "1" if default else "0").lower()
    if word in YES:
        return True
    if word in NO:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {word!r}.")


def read_choice(name: str, default: str, choices: tuple[str, ...]) -> str:
    word = read_text(name).lower() or default
    if word not in choices:
        raise ImproperlyConfigured(
            f"{name} must be one of {', '.join(choices)}, not {word!r}."
        )
    return word


def read_int(name: str, default: int, *, low: int = 0) -> int:
    word = read_text(name) or str(default)
    if not word.isdigit() or int(word) < low:
        raise ImproperlyConfigured(
            f"{name} must be a whole number of {low} or more, not {word!r}."
        )
    return int(word)


def read_days(name: str, default: int, *, fewest: int = 1) -> int:
    """Read for how many days something is kept; 0 is for ever."""
    days = read_int(name, default)
    if 0 < days < fewest:
        raise ImproperlyConfigured(
            f"{name} must be {fewest} or more, or 0 to keep everything, not {days}."
        )
    return days


def read_seconds(name: str, default: float) -> float:
    word = read_text(name) or str(default)
    if not re.fullmatch(r"\d+(\.\d+)?", word) or not float(word):
        raise ImproperlyConfigured(
            f"{name} must be a number of seconds above 0, not {word!r}."
        )
    return float(word)


def read_list(name: str, default: str = "") -> list[str]:
    return [part.strip() for part in read_text(name, default).split(",") if part]


def read_networks(name: str, default: str = "", *, within: Networks = ()) -> Networks:
    """Read addresses and networks, such as 10.0.0.5 or 10.20.0.0/16.

    Each must lie in one of `within`, where that is given.
    """
    words = read_list(name, default)
    return tuple(_read_network(name, word, within) for word in words)


def _read_network(name: str, word: str, within: Networks) -> IPv4Network | IPv6Network:
    try:
        network = ip_network(word)
    except ValueError as problem:
        raise ImproperlyConfigured(
            f"{name} must hold networks such as 10.20.0.0/16: {problem}."
        ) from None
    if within and not any(
        network.version == outer.version and network.subnet_of(outer)  # type: ignore[arg-type]
        for outer in within
    ):
        raise ImproperlyConfigured(
            f"{name}: {word} is no private network. Public addresses need no "
            "permission, and all others are never allowed."
        )
    return network
