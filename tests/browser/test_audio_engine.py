"""The browser's audio engine against an echoing node: real Chromium, real codecs."""

import asyncio
import itertools
import statistics
import sys
import time
import wave
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy
import pytest
from playwright.async_api import Page, async_playwright

from callcenter.storage import ModuleManifestStorage
from tests.browser.audio_server import (
    SAMPLE_RATE,
    STATIC,
    AudioServer,
    SentFrame,
    decode,
    names_of,
    share_of_tone,
)

pytestmark = pytest.mark.browser

TONE_HERTZ = 1000.0
WAIT_SECONDS = 30.0
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--host-resolver-rules=MAP plain.test 127.0.0.1",
]


@pytest.fixture(scope="session")
def anas_voice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A quarter of a second of 1 kHz in each second."""
    times = numpy.arange(SAMPLE_RATE) / SAMPLE_RATE
    tone = 0.5 * numpy.sin(2 * numpy.pi * TONE_HERTZ * times) * (times < 0.25)
    path = tmp_path_factory.mktemp("voice") / "ana.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((tone * 32767).astype("<i2").tobytes())
    return path


Tell = Callable[[str], None]


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Tell:
    """Shows a measured figure, whether the test passes or not."""

    def write(text: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{text}\n")

    return write


@pytest.fixture
async def server() -> AsyncIterator[AudioServer]:
    async with AudioServer() as server:
        yield server


class Ana:
    """Her browser page, with an engine that is not yet open."""

    def __init__(self, page: Page, server: AudioServer) -> None:
        self.page = page
        self.server = server

    async def visit(self, query: str = "", host: str = "127.0.0.1") -> None:
        await self.page.goto(
            f"http://{host}:{self.server.port}/pages/engine.html{query}"
        )
        await self.until("!!window.engine")

    async def talk(self, query: str = "") -> None:
        await self.visit(query)
        await self.do("engine.open()")
        await self.do("engine.connect('/ws/echo/')")
        await self.until("seen.states.at(-1) === 'connected'")

    async def do(self, script: str) -> Any:
        return await self.page.evaluate(f"async () => {{ return await ({script}); }}")

    async def until(self, condition: str, timeout: float = WAIT_SECONDS) -> None:
        # The page's policy forbids wait_for_function, which evaluates in the page.
        await until_true(lambda: self.page.evaluate(condition), condition, timeout)

    async def hears_herself(self) -> None:
        await self.until(
            "ears.speaker && ears.speaker.loudest.decibel > -60"
            f" && Math.abs(ears.speaker.loudest.hertz - {TONE_HERTZ}) < 30"
        )

    async def report(self) -> dict[str, Any]:
        """The next report."""
        count = await self.do("seen.reports.length")
        await self.until(f"seen.reports.length > {count}")
        return dict(await self.do("seen.reports.at(-1)"))


async def until_true(
    condition: Callable[[], Any], what: str, timeout: float = WAIT_SECONDS
) -> None:
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if asyncio.iscoroutine(value):
            value = await value
        if value:
            return
        assert time.monotonic() < deadline, f"never came true: {what}"
        await asyncio.sleep(0.05)


def assert_numbered(frames: list[SentFrame]) -> None:
    """Sequence and timestamp agree; a busy machine may leave out frames, not more."""
    for earlier, later in itertools.pairwise(frames):
        steps = later.sequence - earlier.sequence
        assert steps > 0
        assert later.timestamp - earlier.timestamp == steps * 960


@asynccontextmanager
async def browser_page(chromium: Path, voice: Path) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium,
            args=[*FLAGS, f"--use-file-for-fake-audio-capture={voice}"],
        )
        try:
            context = await browser.new_context(permissions=["microphone"])
            yield await context.new_page()
        finally:
            await browser.close()


@pytest.fixture
async def ana(
    chromium: Path, anas_voice: Path, server: AudioServer
) -> AsyncIterator[Ana]:
    async with browser_page(chromium, anas_voice) as page:
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        yield Ana(page, server)
        assert errors == []
        assert await page.evaluate("window.seen?.violations ?? []") == []


@pytest.mark.parametrize(("query", "codec"), [("", "opus"), ("?codec=pcm16", "pcm16")])
async def test_what_ana_says_goes_out_and_comes_back(
    ana: Ana, server: AudioServer, tell: Tell, query: str, codec: str
) -> None:
    await ana.talk(query)
    await ana.hears_herself()
    await until_true(lambda: len(server.frames) > 150, "150 frames arrived")
    assert server.codecs == [codec]
    frames = list(server.frames)
    assert {frame.kind for frame in frames} == {1 if codec == "opus" else 2}
    assert frames[0].flags == 1
    assert not any(frame.flags for frame in frames[1:])
    assert_numbered(frames)
    heard = decode(frames)
    assert len(heard) >= (len(frames) - 1) * 960
    assert share_of_tone(heard, TONE_HERTZ) > 0.5
    report = await ana.report()
    assert report["codec"] == codec
    assert report["received"] > 0
    assert not report["microphoneFlat"]
    tell(f"{codec}: {report}")


@pytest.mark.parametrize("query", ["", "?codec=pcm16"])
async def test_the_delay_there_and_back_is_told(
    ana: Ana, tell: Tell, query: str
) -> None:
    await ana.talk(query)
    await ana.until("ears.speaker && ears.speaker.onsets.length > 8", timeout=60)
    spoken = await ana.do("ears.microphone.onsets")
    heard = await ana.do("ears.speaker.onsets")
    delays = [
        min((at - said for said in spoken if at >= said), default=0) for at in heard
    ][2:]
    middle = statistics.median(delays)
    tell(f"{query or 'opus'}: microphone to speaker {middle:.0f} ms, {delays}")
    assert 10 < middle < 900


async def test_a_stall_of_half_a_second_is_caught_up(
    ana: Ana, server: AudioServer, tell: Tell
) -> None:
    await ana.talk()
    await ana.hears_herself()
    await ana.report()
    before = await ana.report()
    await server.stall(0.5)
    await ana.until(f"seen.reports.at(-1).acceleratedMs > {before['acceleratedMs']}")
    await ana.until("seen.reports.at(-1).bufferMs < seen.reports.at(-1).targetMs + 60")
    after = await ana.report()
    tell(f"before {before}, after {after}")
    assert after["underruns"] > before["underruns"]
    assert after["lost"] == before["lost"]
    await ana.hears_herself()


async def test_a_lost_network_is_found_again(
    ana: Ana, server: AudioServer, tell: Tell
) -> None:
    await ana.talk()
    await ana.hears_herself()
    server.cut()
    await ana.until("seen.states.includes('lost')")
    lost = time.monotonic()
    await ana.until("seen.states.at(-1) === 'connected'")
    tell(f"connected again within {time.monotonic() - lost:.2f} s")
    assert await ana.do("seen.states") == [
        "connecting",
        "connected",
        "lost",
        "connected",
    ]
    assert len(server.sockets) == 2
    server.frames.clear()
    await until_true(lambda: len(server.frames) > 100, "frames arrive again")
    assert [server.first_frames[socket].flags for socket in server.sockets] == [1, 1]
    await ana.hears_herself()


@pytest.mark.parametrize(
    ("code", "state"),
    [(1000, "ended"), (4001, "replaced"), (4403, "ended"), (4404, "ended")],
)
async def test_a_socket_closed_on_purpose_stays_closed(
    ana: Ana, server: AudioServer, code: int, state: str
) -> None:
    await ana.talk()
    await server.socket.close(code)
    await ana.until(f"seen.states.at(-1) === '{state}'")
    assert await ana.do("seen.codes.at(-1)") == code
    await asyncio.sleep(1)
    assert len(server.sockets) == 1
    await ana.do("engine.connect('/ws/echo/')")
    await ana.until("seen.states.at(-1) === 'connected'")


async def test_mute_sends_silence_and_does_not_stop(
    ana: Ana, server: AudioServer
) -> None:
    await ana.talk()
    await ana.hears_herself()
    await ana.do("engine.muted = true")
    assert await ana.do("engine.muted") is True
    await until_true(
        lambda: numpy.abs(decode(list(server.frames)[-100:])).max() < 0.001,
        "only silence is sent",
    )
    count = len(server.frames)
    await until_true(lambda: len(server.frames) > count + 50, "it goes on")
    assert max(level["microphone"] for level in await ana.do("seen.levels")) > 0.01
    await ana.do("engine.muted = false")
    server.frames.clear()
    await until_true(lambda: len(server.frames) > 100, "100 frames with voice")
    assert share_of_tone(decode(list(server.frames)), TONE_HERTZ) > 0.5


async def test_losses_are_concealed(ana: Ana, server: AudioServer, tell: Tell) -> None:
    server.drop_every = 20
    await ana.talk()
    await ana.hears_herself()
    await ana.until("seen.reports.at(-1)?.lost >= 10")
    report = await ana.report()
    tell(f"one frame in twenty lost: {report}")
    # Each lost frame was made up: the player got more than arrived.
    await ana.until(
        "(({ pushes, received, lost }) => pushes > received + lost / 2)"
        "(seen.reports.at(-1))"
    )


async def test_broken_packets_do_not_end_the_sound(
    ana: Ana, server: AudioServer
) -> None:
    server.spoil_every = 10
    await ana.talk()
    await ana.hears_herself()
    await ana.until("seen.reports.at(-1)?.received >= 200")
    await ana.hears_herself()
    assert server.codecs == ["opus"]
    assert await ana.do("seen.problems") == []


async def test_an_unplugged_microphone_is_replaced(
    ana: Ana, server: AudioServer
) -> None:
    await ana.talk()
    await ana.hears_herself()
    await ana.do(
        "seen.streams[0].getAudioTracks().forEach((track) => {"
        " track.stop(); track.dispatchEvent(new Event('ended')); })"
    )
    await ana.until("seen.problems.includes('microphone-ended')")
    await ana.until("seen.streams.length === 2")
    server.frames.clear()
    await until_true(lambda: len(server.frames) > 150, "frames of the new microphone")
    assert share_of_tone(decode(list(server.frames)), TONE_HERTZ) > 0.5


async def test_another_microphone_takes_over_without_a_gap(
    ana: Ana, server: AudioServer
) -> None:
    await ana.talk()
    await ana.hears_herself()
    microphones = await ana.do(
        "navigator.mediaDevices.enumerateDevices().then((all) => all"
        ".filter(({ kind }) => kind === 'audioinput').map(({ deviceId }) => deviceId))"
    )
    count = len(server.frames)
    await ana.do(f"engine.useMicrophone('{microphones[-1]}')")
    assert await ana.do("seen.streams[0].getAudioTracks()[0].readyState") == "ended"
    await until_true(lambda: len(server.frames) > count + 100, "100 frames more")
    assert_numbered(list(server.frames))
    await ana.hears_herself()


async def test_a_speaker_that_is_gone_leaves_the_old_one_on(ana: Ana) -> None:
    await ana.talk()
    assert await ana.do("engine.useSpeaker('gone').then(() => '', (e) => e.name)")
    await ana.hears_herself()
    await ana.do("engine.useSpeaker('')")
    await ana.hears_herself()


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("NotAllowedError", "microphone-denied"),
        ("NotFoundError", "microphone-missing"),
        ("NotReadableError", "microphone-missing"),
    ],
)
async def test_why_there_is_no_microphone_is_said(
    ana: Ana, name: str, code: str
) -> None:
    await ana.visit()
    await ana.do(
        "navigator.mediaDevices.getUserMedia = async () =>"
        f" {{ throw new DOMException('no', '{name}'); }}"
    )
    said = await ana.do("engine.open().catch(({ code, message }) => [code, message])")
    assert said[0] == code
    assert said[1].endswith(".")
    assert await ana.do("engine.isOpen") is False


async def test_a_page_without_https_is_told_so(ana: Ana) -> None:
    await ana.visit(host="plain.test")
    assert await ana.do("engine.open().catch(({ code }) => code)") == "insecure"


async def test_a_worker_that_does_not_load_is_told_and_all_is_given_back(
    ana: Ana,
) -> None:
    await ana.visit()
    await ana.do("document.body.dataset.workerUrl = '/static/missing.js'")
    said = await ana.do(
        "import(document.body.dataset.engineUrl).then(({ AudioEngine }) =>"
        " new AudioEngine({ ...document.body.dataset }).open()"
        ".catch(({ code }) => code))"
    )
    assert said == "unsupported"
    live = (
        "seen.streams.some((s) => s.getTracks().some((t) => t.readyState === 'live'))"
    )
    assert await ana.do(live) is False


async def test_an_engine_closes_and_opens_again(ana: Ana, server: AudioServer) -> None:
    await ana.talk()
    await ana.do("Promise.all([engine.close(), engine.close()])")
    assert await ana.do("engine.isOpen") is False
    assert await ana.do("seen.streams[0].getAudioTracks()[0].readyState") == "ended"
    await until_true(lambda: server.socket.close_code == 1000, "the socket is closed")
    await ana.until("seen.states.at(-1) === 'idle'")
    await ana.do("Promise.all([engine.open(), engine.open()])")
    await ana.do("engine.connect('/ws/echo/')")
    await ana.until("seen.states.at(-1) === 'connected'")
    await ana.hears_herself()
    assert len(server.sockets) == 2
    assert await ana.do("seen.streams.length") == 2


async def test_a_reload_brings_the_sound_back_without_a_click(
    ana: Ana, server: AudioServer
) -> None:
    await ana.talk()
    await ana.hears_herself()
    await ana.page.goto(f"http://127.0.0.1:{server.port}/pages/engine.html?talk=1")
    # To look into the page counts as a gesture: wait for the sound at the node first.
    await until_true(lambda: len(server.first_frames) == 2, "the new page talks")
    server.frames.clear()
    await until_true(lambda: len(server.frames) > 100, "and goes on")
    await ana.hears_herself()
    assert await ana.do("seen.problems") == []


async def test_a_busy_page_does_not_stop_the_sound(
    ana: Ana, server: AudioServer
) -> None:
    await ana.talk()
    await ana.hears_herself()
    block = "(() => { const end = Date.now() + 6000; while (Date.now() < end); })()"
    busy = asyncio.create_task(ana.do(block))
    await asyncio.sleep(0.5)
    server.frames.clear()
    await until_true(lambda: len(server.frames) > 50 or busy.done(), "sound or silence")
    assert not busy.done()
    await busy
    await ana.hears_herself()


async def test_a_speaker_that_is_unplugged_gives_way_to_the_default_one(
    ana: Ana,
) -> None:
    await ana.talk()
    speakers = await ana.do(
        "navigator.mediaDevices.enumerateDevices().then((all) => all"
        ".filter(({ kind }) => kind === 'audiooutput').map(({ deviceId }) => deviceId))"
    )
    await ana.do(f"engine.useSpeaker('{speakers[-1]}')")
    await ana.hears_herself()
    await ana.do("(navigator.mediaDevices.enumerateDevices = async () => [], 0)")
    await ana.do("navigator.mediaDevices.dispatchEvent(new Event('devicechange'))")
    await ana.until("seen.problems.includes('speaker-ended')")
    await ana.hears_herself()


async def test_the_ring_tone_rings_and_stops(ana: Ana) -> None:
    await ana.visit()
    await ana.do(
        "import('/static/audio/ringer.js').then(({ Ringer }) => {"
        " window.ringer = new Ringer(); })"
    )
    await ana.until("ringer.start()")
    assert await ana.do("ringer.isRinging") is True
    await ana.do("ringer.stop()")
    assert await ana.do("ringer.isRinging") is False
    assert await ana.do("ringer.start()") is True


async def test_the_engine_works_under_hashed_names(
    chromium: Path, anas_voice: Path, tmp_path: Path
) -> None:
    names = collect(tmp_path)
    async with (
        AudioServer(static=tmp_path, names=names) as server,
        browser_page(chromium, anas_voice) as page,
    ):
        ana = Ana(page, server)
        await ana.talk()
        await ana.hears_herself()


def collect(target: Path) -> dict[str, str]:
    """The engine's files as collectstatic publishes them."""
    storage = ModuleManifestStorage(location=target, base_url="/static/")
    paths = {}
    for folder in ("audio", "worklets"):
        for file in (STATIC / folder).glob("*.js"):
            name = f"{folder}/{file.name}"
            (target / folder).mkdir(exist_ok=True)
            (target / name).write_bytes(file.read_bytes())
            paths[name] = (storage, name)
    for name, _, processed in storage.post_process(paths):
        assert processed is not False, name
        if isinstance(processed, Exception):
            raise processed
    names = names_of(target)
    for name in paths:
        (target / name).unlink()
    return names
