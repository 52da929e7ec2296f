"""SRTP for one direction of a call, with as little Python as it takes.

`pylibsrtp.Session` makes an object for the length of each packet and looks its own
parts up anew each time, which costs about a third of what it does. Every private name
of pylibsrtp 1.0 that this takes stands in this file, and a test checks that each
still exists.
"""

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
