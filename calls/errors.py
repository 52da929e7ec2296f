"""Refusals and conflicts around a call, with a sentence for the agent."""

from callcenter.refusals import Refused

__all__ = ["Conflict", "Refused"]


class Conflict(Exception):
    """A webhook that contradicts what is known; a person should look at it."""

    @property
    def problem(self) -> str:
        return str(self)
