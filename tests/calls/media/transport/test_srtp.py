"""The short way into libsrtp does what pylibsrtp's own does."""

import gc
import struct

import pylibsrtp
import pytest
from pylibsrtp import Policy, Session
from pylibsrtp._binding import ffi, lib

from calls.media.transport.srtp import Srtp

PROFILES = {
    Policy.SRTP_PROFILE_AES128_CM_SHA1_80: 30,
    Policy.SRTP_PROFILE_AEAD_AES_128_GCM: 28,
    Policy.SRTP_PROFILE_AEAD_AES_256_GCM: 44,
}
"""Each with the bytes of its key and salt."""


def session(profile: int, kind: int) -> Session:
    key = bytes(range(PROFILES[profile]))
    return Session(Policy(key=key, ssrc_type=kind, srtp_profile=profile))


def rtp(number: int, payload: bytes = b"voice" * 10) -> bytes:
    return struct.pack("!BBHII", 0x80, 111, number, number * 960, 7) + payload


@pytest.fixture(params=PROFILES)
def ends(request: pytest.FixtureRequest) -> tuple[Srtp, Srtp]:
    sender = Srtp(session(request.param, Policy.SSRC_ANY_OUTBOUND))
    receiver = Srtp(session(request.param, Policy.SSRC_ANY_INBOUND))
    # The sessions are held by nothing else any more.
    gc.collect()
    return sender, receiver


def test_the_parts_of_pylibsrtp_that_are_used_still_exist() -> None:
    made = session(Policy.SRTP_PROFILE_AES128_CM_SHA1_80, Policy.SSRC_ANY_OUTBOUND)
    for name in ("_srtp", "_cdata", "_buffer"):
        assert hasattr(made, name), f"pylibsrtp moved Session.{name}"
    for name in ("srtp_protect", "srtp_unprotect", "srtp_err_status_ok"):
        assert hasattr(lib, name), f"pylibsrtp moved {name}"
    assert ffi.new("int *")[0] == 0
    assert pylibsrtp.SRTP_MAX_TRAILER_LEN > 0
    assert pylibsrtp.ERRORS[lib.srtp_err_status_ok] == "nothing to report"


def test_what_is_protected_comes_out_as_it_was(ends: tuple[Srtp, Srtp]) -> None:
    sender, receiver = ends
    packets = [rtp(number, bytes([number]) * (number * 11)) for number in range(1, 100)]
    hidden = [sender.protect(packet) for packet in packets]
    assert [receiver.unprotect(packet) for packet in hidden] == packets
    assert not set(hidden) & set(packets)


@pytest.mark.parametrize("profile", PROFILES)
def test_it_is_the_same_as_pylibsrtp_makes(profile: int) -> None:
    ours = Srtp(session(profile, Policy.SSRC_ANY_OUTBOUND))
    theirs = session(profile, Policy.SSRC_ANY_OUTBOUND)
    for number in range(20):
        assert ours.protect(rtp(number)) == theirs.protect(rtp(number))


def test_a_packet_is_taken_once_and_only_if_it_is_authentic(
    ends: tuple[Srtp, Srtp],
) -> None:
    sender, receiver = ends
    packet = sender.protect(rtp(1))
    forged = packet[:-1] + bytes([packet[-1] ^ 1])
    with pytest.raises(pylibsrtp.Error, match="authentication failure"):
        receiver.unprotect(forged)
    assert receiver.unprotect(packet) == rtp(1)
    with pytest.raises(pylibsrtp.Error, match="replay check failed"):
        receiver.unprotect(packet)


def test_what_is_too_long_for_the_buffer_is_refused(ends: tuple[Srtp, Srtp]) -> None:
    sender, receiver = ends
    longest = rtp(1, bytes(1356 - 12))
    assert receiver.unprotect(sender.protect(longest)) == longest
    with pytest.raises(ValueError, match="too long"):
        sender.protect(longest + b"1")
    with pytest.raises(ValueError, match="too long"):
        receiver.unprotect(bytes(1501))


@pytest.mark.parametrize("data", [b"", b"\x80", bytes(11), b"\x80" * 30])
def test_what_is_no_packet_is_refused(ends: tuple[Srtp, Srtp], data: bytes) -> None:
    with pytest.raises(pylibsrtp.Error):
        ends[1].unprotect(data)
