"""The browser's audio engine against an echoing node: real Chromium, real codecs."""

import asyncio
import functools
import itertools
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from callcenter.web.storage import ModuleManifestStorage
from tests.browser.audio_server import (
    PAGES,
    STATIC,
    AudioServer,
    SentFrame,
    decode,
    names_of,
    share_of_tone,
)
from tests.browser.conftest import Tell
from tests.browser.windows import flags, same_words, told, write_voice

pytestmark = [
    pytest.mark.browser,
    pytest.mark.stackless,
    pytest.mark.asyncio(loop_scope="module"),
]

TONE_HERTZ = 1000.0
WAIT_SECONDS = 30.0
FINAL_CODES = {1000: "ended", 4001: "replaced", 4403: "ended", 4404: "ended"}
NO_MICROPHONE = {
    "NotAllowedError": "microphone-denied",
    "NotFoundError": "microphone-missing",
    "NotReadableError": "microphone-busy",
}
PLAIN_HOST = ["--host-resolver-rules=MAP plain.test 127.0.0.1"]

shared = functools.partial(pytest_asyncio.fixture, loop_scope="module")


@pytest.fixture(scope="module")
def anas_voice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_voice(tmp_path_factory.mktemp("voice") / "ana.wav", TONE_HERTZ)


@shared(scope="module")
async def browser(chromium: Path, anas_voice: Path) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=[*flags(anas_voice), *PLAIN_HOST]
        )
        yield browser
        await browser.close()


@shared
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
async def new_page(browser: Browser) -> AsyncIterator[Page]:
    context = await browser.new_context(permissions=["microphone"])
    await context.add_init_script(path=PAGES / "ears.js")
    yield await context.new_page()
    await context.close()


@shared
async def ana(browser: Browser, server: AudioServer) -> AsyncIterator[Ana]:
    async with new_page(browser) as page:
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
    await ana.until("ears.speaker.onsets.length > 5")
    delays = same_words(
        await ana.do("ears.microphone.onsets"), await ana.do("ears.speaker.onsets")
    )
    tell(f"{codec}: {report}\n{told('there and back', delays)}")


async def test_a_stall_of_half_a_second_is_caught_up(
    ana: Ana, server: AudioServer, tell: Tell
) -> None:
    await ana.talk()
    await ana.hears_herself()
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


async def test_a_socket_closed_on_purpose_stays_closed(
    ana: Ana, server: AudioServer
) -> None:
    await ana.talk()
    for number, (code, state) in enumerate(FINAL_CODES.items(), 1):
        await server.socket.close(code)
        await ana.until(f"seen.states.at(-1) === '{state}'")
        assert await ana.do("seen.codes.at(-1)") == code
        await asyncio.sleep(1)
        assert len(server.sockets) == number
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
    server.drop_every = 10
    await ana.talk()
    await ana.hears_herself()
    await ana.until("seen.reports.at(-1)?.lost >= 10")
    report = await ana.report()
    tell(f"one frame in ten lost: {report}")
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
    await ana.until("seen.reports.at(-1)?.received >= 100")
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


async def test_why_there_is_no_microphone_is_said(ana: Ana) -> None:
    await ana.visit()
    for name, code in NO_MICROPHONE.items():
        await ana.do(
            "navigator.mediaDevices.getUserMedia = async () =>"
            f" {{ throw new DOMException('no', '{name}'); }}"
        )
        said = await ana.do(
            "engine.open().catch(({ code, message }) => [code, message])"
        )
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
    block = "(() => { const end = Date.now() + 4000; while (Date.now() < end); })()"
    busy = asyncio.create_task(ana.do(block))
    await asyncio.sleep(0.5)
    server.frames.clear()
    await until_true(lambda: len(server.frames) > 10 or busy.done(), "sound or silence")
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
    await ana.do(
        "navigator.mediaDevices.enumerateDevices().then((all) => {"
        f" const left = all.filter(({{ deviceId }}) => deviceId !== '{speakers[-1]}');"
        " navigator.mediaDevices.enumerateDevices = async () => left; })"
    )
    await ana.do("navigator.mediaDevices.dispatchEvent(new Event('devicechange'))")
    await ana.until("seen.devices.includes('speaker-switched')")
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
    browser: Browser, tmp_path: Path
) -> None:
    names = collect(tmp_path)
    async with (
        AudioServer(static=tmp_path, names=names) as server,
        new_page(browser) as page,
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


@pytest.mark.parametrize("query", ["", "?codec=pcm16"])
async def test_what_was_heard_is_soon_played_again_and_then_forgotten(
    ana: Ana, tell: Tell, query: str
) -> None:
    await ana.talk(query)
    await ana.until("seen.levels.at(-1)?.keptMs === 0")
    await ana.do("engine.keep('on')")
    await ana.until("seen.levels.at(-1).keptMs >= 3000")
    again = await ana.do(
        """new Promise((resolve) => {
          const asked = performance.now();
          engine.addEventListener("rewind", ({ detail }) =>
            resolve({ ...detail, ms: performance.now() - asked }), { once: true });
          engine.rewind();
        })"""
    )
    tell(f"{again['seconds']:.2f} s are heard again after {again['ms']:.0f} ms")
    assert again["playing"]
    assert again["seconds"] >= 3
    assert 0 < await ana.do("engine.rewindLeftMs") <= round(again["seconds"] * 1000)
    await ana.hears_herself()

    await ana.do("engine.disconnect()")
    assert await ana.do("engine.rewindLeftMs") == 0
    await ana.until("seen.levels.at(-1).keptMs === 0")
    await ana.until("ears.speaker.quietMs > 500")
