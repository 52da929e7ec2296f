import io
from pathlib import Path

import av
import pytest

from calls.media.sounds.player import BadSound, Playback, Player, Sound
from calls.media.transport.rtp import OPUS_SILENCE
from tests.calls.media.phone import opus_tone
from tests.paths import PROMPTS


def named(name: str, packets: int) -> Sound:
    return Sound(tuple(f"{name}{number}".encode() for number in range(packets)))


def play(player: Player, packets: int) -> list[str]:
    return [player.next().decode("latin-1") for _ in range(packets)]


SILENCE = OPUS_SILENCE.decode("latin-1")


def test_a_program_is_played_in_order_and_its_loop_for_ever() -> None:
    player = Player(Playback((named("a", 2), named("b", 1)), named("m", 2)))
    assert play(player, 8) == ["a0", "a1", "b0", "m0", "m1", "m0", "m1", "m0"]


def test_without_a_loop_silence_follows() -> None:
    assert play(Player(Playback((named("a", 1),))), 3) == ["a0", SILENCE, SILENCE]
    assert play(Player(Playback()), 2) == [SILENCE, SILENCE]


def test_after_an_announcement_the_music_goes_on_where_it_was() -> None:
    player = Player(Playback(loop=named("m", 3)))
    assert play(player, 2) == ["m0", "m1"]
    assert player.announce(named("a", 2))
    assert play(player, 4) == ["a0", "a1", "m2", "m0"]


def test_announcements_wait_for_one_another_but_not_without_end() -> None:
    player = Player(Playback((named("a", 2),), named("m", 1)))
    assert play(player, 1) == ["a0"]
    assert [player.announce(named("b", 1)) for _ in range(5)] == [True] * 3 + [
        False
    ] * 2
    assert play(player, 5) == ["a1", "b0", "b0", "b0", "m0"]


def test_empty_sounds_are_passed_over() -> None:
    player = Player(Playback((Sound(()), named("a", 1)), Sound(())))
    assert play(player, 2) == ["a0", SILENCE]


def test_equal_programs_are_equal() -> None:
    assert Playback(loop=named("m", 3)) == Playback(loop=named("m", 3))
    assert Playback(loop=named("m", 3)) != Playback(loop=named("m", 4))


def test_a_file_is_read_packet_by_packet(tmp_path: Path) -> None:
    packets = opus_tone(440, 100)
    path = tmp_path / "tone.opus"
    path.write_bytes(ogg(packets))
    sound = Sound.load(path)
    assert list(sound.packets) == packets
    assert sound.seconds == pytest.approx(2.0)


def ogg(packets: list[bytes], layout: str = "mono") -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=48000)
        stream.layout = layout
        container.start_encoding()
        for number, payload in enumerate(packets):
            packet = av.Packet(payload)
            packet.stream, packet.time_base = stream, stream.time_base
            packet.pts = packet.dts = number * 960
            packet.duration = 960
            container.mux(packet)
    return file.getvalue()


STEREO = [bytes([packet[0] | 4]) + packet[1:] for packet in opus_tone(440, 5)]
HALVES = [b"\xf0" + packet[1:] for packet in opus_tone(440, 5)]
PAIRS = [bytes([packet[0] | 1]) + packet[1:] for packet in opus_tone(440, 5)]

REFUSED = {
    "nothing": b"",
    "noise": bytes(range(256)) * 40,
    "half a file": ogg(opus_tone(440, 100))[:40],
    "stereo": ogg(STEREO),
    "10 ms": ogg(HALVES),
    "40 ms": ogg(PAIRS),
    "no packet": ogg([]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_played_is_refused_with_a_sentence(
    name: str, tmp_path: Path
) -> None:
    path = tmp_path / "bad.opus"
    path.write_bytes(REFUSED[name])
    with pytest.raises(BadSound, match=r"^The audio file .*\.$"):
        Sound.load(path)


def test_a_file_that_is_missing_or_too_large_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSound):
        Sound.load(tmp_path / "none.opus")
    (tmp_path / "large.opus").write_bytes(bytes(5 * 1024 * 1024))
    with pytest.raises(BadSound, match="4 MB"):
        Sound.load(tmp_path / "large.opus")


def test_the_music_is_51_seconds_long() -> None:
    assert len(Sound.load(PROMPTS / "music.opus").packets) == 2560
