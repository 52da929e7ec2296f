"""What may go wrong with a call, as exceptions that carry a sentence."""

from callcenter.refusals import Refused

__all__ = ["Conflict", "Refused"]


class Conflict(Exception):
    """A webhook that contradicts what is known; a person should look at it."""

    @property
    def problem(self) -> str:
        return str(self)
