import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.media.socket import wire

opus_payloads = st.binary(min_size=1, max_size=wire.MAX_OPUS_BYTES)
pcm_payloads = st.binary(min_size=wire.PCM_BYTES, max_size=wire.PCM_BYTES)
flags = st.integers(0, 255)
sequences = st.integers(0, 0xFFFF)
timestamps = st.integers(0, 0xFFFF_FFFF)


@given(flags, sequences, timestamps, opus_payloads)
def test_an_opus_frame_comes_back_as_it_went(
    flags: int, sequence: int, timestamp: int, payload: bytes
) -> None:
    message = wire.pack(wire.OPUS, flags, sequence, timestamp, payload)
    assert wire.unpack(message) == wire.Frame(
        wire.OPUS, flags, sequence, timestamp, payload
    )


@given(flags, sequences, timestamps, pcm_payloads)
def test_a_pcm_frame_comes_back_as_it_went(
    flags: int, sequence: int, timestamp: int, payload: bytes
) -> None:
    message = wire.pack(wire.PCM, flags, sequence, timestamp, payload)
    assert wire.unpack(message) == wire.Frame(
        wire.PCM, flags, sequence, timestamp, payload
    )


def test_the_layout_is_the_documented_one() -> None:
    message = wire.pack(wire.OPUS, wire.TALK_SPURT, 0x0203, 0x04050607, b"\xf8\xff")
    assert message == bytes.fromhex("0101 0203 04050607 f8ff")


@given(st.binary(max_size=3000))
def test_any_bytes_are_a_frame_or_a_bad_frame(message: bytes) -> None:
    try:
        frame = wire.unpack(message)
    except wire.BadFrame:
        return
    assert wire.pack(*frame) == message


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b"", "no payload"),
        (bytes(8), "no payload"),
        (b"\x03" + bytes(20), "kind 3"),
        (b"\x01" + bytes(7 + 1276), "longer than 1275"),
        (b"\x02" + bytes(7 + 1919), "960 samples"),
    ],
)
def test_a_bad_frame_says_why(message: bytes, reason: str) -> None:
    with pytest.raises(wire.BadFrame, match=reason):
        wire.unpack(message)
