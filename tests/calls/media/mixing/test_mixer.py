"""Adding voices: exact while there is room, soft where there is none."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.media.mixing.blend import HUSH, KNEE, is_pause, narrow, widen
from calls.media.mixing.mixer import MAX_WAITING_FRAMES, Mixer, Voice
from calls.media.socket.pcm import PcmTranscoder
from calls.media.sounds.opus import (
    PCM_SILENCE,
    SETTLED_FRAMES,
    OpusDecoder,
    OpusEncoder,
)
from calls.media.transport.rtp import Packet
from tests.calls.media.cast import ANA, BRUNO, CARLA, FAINT, LOUD
from tests.calls.media.phone import decode_opus, level, opus_tone, tone


def frame(samples: np.ndarray) -> bytes:
    return samples.astype("<i2").tobytes()


def samples(sound: bytes) -> np.ndarray:
    return np.frombuffer(sound, "<i2").astype(int)


@given(st.integers(1, 6), st.integers(1, 32767), st.integers(0, 2**32 - 1))
def test_a_sum_is_exact_up_to_the_knee_and_in_range_beyond(
    voices: int, peak: int, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    sounds = [generator.integers(-peak - 1, peak + 1, 960) for _ in range(voices)]
    mixed = samples(narrow(sum(widen(frame(sound)) for sound in sounds), voices))
    true = np.sum(sounds, axis=0)
    quiet = np.abs(true) <= KNEE
    assert (mixed[quiet] == true[quiet]).all()
    assert (np.abs(mixed[~quiet]) >= KNEE).all()
    assert (np.sign(mixed[~quiet]) == np.sign(true[~quiet])).all()


def test_the_louder_stays_the_louder_beyond_the_knee() -> None:
    ramp = np.linspace(-32768, 32767, 960).astype(int)
    mixed = samples(narrow(3 * widen(frame(ramp)), 3))
    assert (np.diff(mixed) >= 0).all()
    assert -32767 <= mixed[0] < -32700
    assert 32700 < mixed[-1] <= 32767


def test_nobody_is_silence_and_the_extremes_survive() -> None:
    assert narrow(0, 0) == PCM_SILENCE
    for value in (-32768, 0, 32767):
        mixed = samples(narrow(widen(frame(np.full(960, value))), 1))
        assert abs(mixed - value).max() < 2000


def test_each_hears_all_others_in_full_and_never_itself() -> None:
    mixer = Mixer()
    tones = {"carla": CARLA, "ana": ANA, "bruno": BRUNO}
    mixer.seat(tones)
    voices = {name: opus_tone(frequency, 60) for name, frequency in tones.items()}
    heard: dict[str, list[bytes]] = {name: [] for name in tones}
    for number in range(60):
        for name, packets in voices.items():
            mixer.put(name, number, packets[number])
        for name, packet in mixer.step().items():
            heard[str(name)].append(packet)
    assert mixer.dropped == 0
    for name, packets in heard.items():
        sound = decode_opus(packets)[-24000:].astype(float)
        for other, frequency in tones.items():
            loudness = level(sound, frequency)
            assert loudness < FAINT if other == name else loudness > 3 * LOUD


@given(st.integers(0, 400), st.integers(0, 2**32 - 1))
def test_a_pause_is_a_frame_without_a_loud_sample(peak: int, seed: int) -> None:
    sound = np.random.default_rng(seed).integers(-peak - 1, peak + 1, 960)
    is_quiet = sound.min() >= -HUSH and sound.max() < HUSH
    assert is_pause(widen(frame(sound))) == is_quiet


@pytest.mark.parametrize("value", [-32768, -HUSH - 1, HUSH, 32767])
@pytest.mark.parametrize("place", [0, 1, 479, 480, 958, 959])
def test_a_single_loud_sample_is_no_pause(value: int, place: int) -> None:
    sound = np.zeros(960, int)
    assert is_pause(widen(frame(sound)))
    sound[place] = value
    assert not is_pause(widen(frame(sound)))


def test_who_pauses_costs_the_others_no_encoding() -> None:
    mixer = Mixer()
    mixer.seat(["carla", "ana", "bruno"])
    voice, pause = opus_tone(CARLA, 200), OpusEncoder()
    for number in range(200):
        mixer.put("carla", number, voice[number])
        for name in ("ana", "bruno"):
            mixer.put(name, number, pause.encode(PCM_SILENCE))
        mixer.step()
    work = {name: encoder.encoded for name, encoder in mixer._encoders.items()}
    assert work["carla"] == SETTLED_FRAMES
    assert work["ana"] == work["bruno"] == 200


def test_who_leaves_is_heard_no_longer_and_who_stays_goes_on() -> None:
    mixer = Mixer()
    mixer.seat(["carla", "ana", "bruno"])
    assert set(mixer.step()) == {"carla", "ana", "bruno"}
    mixer.seat(["carla", "ana"])
    mixer.put("bruno", 1, opus_tone(BRUNO, 1)[0])
    assert set(mixer.step()) == {"carla", "ana"}


def test_a_voice_begins_with_two_frames_in_hand() -> None:
    voice, packets = Voice(), opus_tone(ANA, 10)
    voice.put(0, packets[0])
    assert voice.take() is None
    voice.put(1, packets[1])
    assert voice.take() is not None
    assert voice.take() is not None
    assert voice.take() is None


def test_a_burst_keeps_the_newest_100_ms() -> None:
    voice = Voice()
    for number, packet in enumerate(opus_tone(ANA, 50)):
        voice.put(number, packet)
    assert voice.dropped == 50 - MAX_WAITING_FRAMES
    taken = [voice.take() for _ in range(MAX_WAITING_FRAMES + 1)]
    assert taken[-1] is None
    assert None not in taken[:-1]


def test_delay_that_is_no_longer_needed_is_let_go() -> None:
    voice, packets = Voice(), opus_tone(ANA, 50)
    for number in range(5):
        voice.put(number, packets[number])
    for number in range(5, 1000):
        assert voice.take() is not None
        voice.put(number, packets[number % 50])
    waiting = 0
    while voice.take() is not None:
        waiting += 1
    assert waiting <= 3
    assert voice.dropped == 5 - waiting


def test_a_small_loss_is_concealed_and_a_long_one_is_a_pause() -> None:
    voice, packets = Voice(), opus_tone(ANA, 50)
    for number in (0, 1, 2, 5, 6, 30, 31):
        voice.put(number, packets[number])
        if number == 6:
            assert sum(voice.take() is not None for _ in range(9)) == 5
            assert voice.dropped == 2
    assert sum(voice.take() is not None for _ in range(9)) == 2


def test_late_packets_and_noise_are_not_heard() -> None:
    voice, packets = Voice(), opus_tone(ANA, 50)
    voice.put(65_535, packets[0])
    voice.put(0, packets[1])
    voice.put(65_535, packets[0])
    voice.put(0, packets[1])
    voice.put(1, b"")
    voice.put(2, b"\xff\xff\xff")
    assert sum(voice.take() is not None for _ in range(9)) == 2


def test_after_a_pause_a_voice_may_count_from_elsewhere() -> None:
    voice, packets = Voice(), opus_tone(ANA, 50)
    for number in (40_000, 40_001, 40_002):
        voice.put(number, packets[number % 50])
    assert sum(voice.take() is not None for _ in range(9)) == 3
    for number in (30_000, 30_001, 30_002):
        voice.put(number, packets[number % 50])
    assert sum(voice.take() is not None for _ in range(9)) == 3
    assert voice.dropped == 0


@given(st.lists(st.binary(max_size=60), max_size=20))
def test_no_packet_can_break_a_mix(payloads: list[bytes]) -> None:
    mixer = Mixer()
    mixer.seat(["carla", "ana"])
    for number, payload in enumerate(payloads):
        mixer.put("ana", number, payload)
    assert len(mixer.step()) == 2


def test_packets_of_any_length_become_frames_of_20_ms() -> None:
    decoder = OpusDecoder()
    ten = b"\xf0\xff\xfe"
    assert [len(decoder.decode(ten)) for _ in range(4)] == [0, 1, 0, 1]
    assert len(decoder.decode(b"\x18" + bytes(20))) == 3
    assert decoder.rest_samples == 0


def test_what_the_encoder_makes_the_decoder_understands() -> None:
    encoder, decoder = OpusEncoder(), OpusDecoder()
    heard = [
        sound
        for number in range(50)
        for sound in decoder.decode(encoder.encode(tone(ANA, number).tobytes()))
    ]
    assert level(samples(b"".join(heard[25:])).astype(float), ANA) > 3 * LOUD


def test_after_silence_that_was_not_encoded_a_voice_is_as_loud_as_before() -> None:
    encoder, all_encoded = OpusEncoder(), OpusEncoder()
    sounds = [tone(ANA, number).tobytes() for number in range(100)]
    sounds[30:70] = [PCM_SILENCE] * 40
    packets = [encoder.encode(sound) for sound in sounds]
    assert encoder.encoded == 60 + SETTLED_FRAMES
    heard = decode_opus(packets).astype(float)
    true = decode_opus([all_encoded._encode(sound) for sound in sounds]).astype(float)
    assert np.max(np.abs(heard[50 * 960 : 70 * 960])) < 2
    for number in range(70, 99):
        part = slice(number * 960, (number + 1) * 960)
        assert level(heard[part], ANA) == pytest.approx(level(true[part], ANA), rel=0.1)


def test_a_listener_with_pcm_gets_packets_of_10_ms_as_frames() -> None:
    transcoder = PcmTranscoder()
    packets = [Packet(0, n, 480 * n, b"\xf0\xff\xfe") for n in range(1000, 1006)]
    frames = [frame for packet in packets for frame in transcoder.decode(packet)]
    assert [frame.timestamp for frame in frames] == [480_000, 480_960, 481_920]
    assert [frame.sequence for frame in frames] == [0, 1, 2]


@pytest.mark.parametrize("lost", [1, 2])
def test_concealment_lasts_as_long_as_what_was_lost(lost: int) -> None:
    decoder, packets = OpusDecoder(), opus_tone(ANA, 20)
    assert decoder.conceal() == []
    for packet in packets:
        decoder.decode(packet)
    concealed = [sound for _ in range(lost) for sound in decoder.conceal()]
    assert len(concealed) == lost
    assert np.max(np.abs(samples(concealed[0]))) > LOUD
