import io
import wave

import pytest

from callcenter.simulator import sound


@pytest.mark.parametrize("frequency", [300, 440, 1000, 2500])
def test_a_tone_is_found_again_by_its_frequency(frequency: int) -> None:
    packets = enumerate(sound.tone(frequency) * 2)
    samples = sound.decode((n * 960, packet) for n, packet in packets)
    assert sound.dominant_frequency(samples) == pytest.approx(frequency, abs=1)
    last_second = samples[-48_000:]
    assert sound.level(last_second, frequency) > 0.1
    assert sound.level(last_second, frequency + 100) < 0.001


def test_a_lost_packet_is_heard_as_a_gap() -> None:
    packets = list(enumerate(sound.tone(440)))
    del packets[20]
    samples = sound.decode((n * 960, packet) for n, packet in packets)
    assert len(samples) == 50 * 960
    assert not any(samples[20 * 960 : 21 * 960])


def test_a_packet_that_is_not_opus_is_heard_as_nothing() -> None:
    samples = sound.decode([(0, sound.tone(440)[0]), (960, b""), (1920, b"\xff" * 3)])
    assert len(samples) >= 2 * 960


def test_the_recorded_caller_speaks_for_a_while() -> None:
    packets = sound.voice()
    assert 10 < len(packets) / sound.PACKETS_PER_SECOND < 30
    samples = sound.decode((n * 960, packet) for n, packet in enumerate(packets))
    assert sound.loudness(samples) > 0.02


def test_silence_has_no_frequency() -> None:
    samples = sound.decode(
        (n * 960, packet) for n, packet in enumerate(sound.silence())
    )
    assert sound.dominant_frequency(samples) == 0
    assert sound.dominant_frequency([]) == 0
    assert sound.loudness([]) == 0


def test_what_was_heard_is_a_file_any_player_takes() -> None:
    samples = sound.decode([(0, sound.tone(440)[0])])
    with wave.open(io.BytesIO(sound.as_wav(samples))) as file:
        assert (file.getframerate(), file.getnchannels()) == (48_000, 1)
        assert file.getnframes() == len(samples)
