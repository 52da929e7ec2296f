"""SRTP for one direction of a call, with as little Python as it takes.

`pylibsrtp.Session` makes an object for the length of each packet and looks its own
parts up anew each time, which costs about a third of what it does. Every private name
of pylibsrtp 1.0 that this takes stands in this file, and a test checks that each
still exists.
"""

from collections.abc import Callable
from typing import Any

import pylibsrtp
from pylibsrtp._binding import ffi, lib

_OK = lib.srtp_err_status_ok


class Srtp:
    """Calls of one `pylibsrtp.Session`; raises `pylibsrtp.Error` and `ValueError`."""

    def __init__(self, session: Any) -> None:
        self._session = session
        """Frees what the pointer below points to, so it must live as long."""
        self._pointer = session._srtp[0]
        self._data = session._cdata
        self._buffer = session._buffer
        self._length = ffi.new("int *")
        self._room = len(session._cdata)

    def protect(self, packet: bytes) -> bytes:
        """Return the SRTP packet for one RTP packet."""
        room = self._room - pylibsrtp.SRTP_MAX_TRAILER_LEN
        return self._process(lib.srtp_protect, packet, room)

    def unprotect(self, packet: bytes) -> bytes:
        """Return the RTP packet in one SRTP packet that is authentic and new."""
        return self._process(lib.srtp_unprotect, packet, self._room)

    def _process(self, function: Any, packet: bytes, room: int) -> bytes:
        size, length, buffer = len(packet), self._length, self._buffer
        if size > room:
            raise ValueError("The packet is too long.")
        length[0] = size
        buffer[0:size] = packet
        status = function(self._pointer, self._data, length)
        if status != _OK:
            raise pylibsrtp.Error(pylibsrtp.ERRORS[status])
        return bytes(buffer[0 : length[0]])


AUTHENTIC_IN_A_ROW = 3
"""Packets that another context must open in a row before it takes the place of ours."""


class Restarts:
    """Finds a sender who began to count anew among packets that SRTP refuses.

    Libsrtp takes a number below its window for a replay, so such a sender would be
    silent until it had counted past the old numbers, or for good once the rollover
    counter is above 0. A fresh context with the same keys opens what it sends, if it
    begins with a rollover counter of 0 as a new SRTP sender does. One that keeps a
    higher counter and jumps back cannot be followed: libsrtp does not let it be set.

    The context that was given up is kept and tried as well: a copy of old packets then
    costs a moment, not the call. Ask only while nothing authentic comes, so that a
    replay beside the true stream stays refused.
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._others: list[tuple[Any, Srtp]] = []
        self._opened = [0, 0]

    def find(self, packet: bytes, current: Any) -> Any:
        """Return the session to use instead of `current` from now on, or None.

        A packet that proves it has been opened; those after it come in order.
        """
        if not self._others:
            self._others = [self._fresh()]
        for number, (session, srtp) in enumerate(self._others):
            try:
                srtp.unprotect(packet)
            except (pylibsrtp.Error, ValueError):
                self._opened[number] = 0
                continue
            self._opened[number] += 1
            if self._opened[number] == AUTHENTIC_IN_A_ROW:
                self._others = [self._fresh(), (current, Srtp(current))]
                self._opened = [0, 0]
                return session
        return None

    def _fresh(self) -> tuple[Any, Srtp]:
        session = self._make()
        return session, Srtp(session)
