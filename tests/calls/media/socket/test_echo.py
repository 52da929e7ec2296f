from calls.media.socket.echo import MAX_FRAMES, Echo
from calls.media.transport.rtp import Packet
from tests.calls.media.conftest import Ear


def test_ana_hears_herself_under_the_numbers_she_sent() -> None:
    echo, ana = Echo(), Ear()
    echo.attach(ana, "ana")
    echo.speak(ana, 65_535, 2**32 - 960, b"voice")
    echo.speak(ana, 0, 0, b"again")
    assert ana.packets == [
        Packet(0, 65_535, 2**32 - 960, b"voice"),
        Packet(0, 0, 0, b"again"),
    ]
    echo.detach(ana)


def test_an_echo_that_is_forgotten_ends_after_five_minutes() -> None:
    echo, ana = Echo(), Ear()
    for number in range(MAX_FRAMES + 1):
        echo.speak(ana, number & 0xFFFF, number * 960, b"voice")
    assert len(ana.packets) == MAX_FRAMES
    assert ana.codes == [1000]
