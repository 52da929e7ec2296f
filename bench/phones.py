"""WhatsApp phones: `python -m bench.phones KIND PORT CALLS`.

They offer as ICE-lite, like the real relay, and send packets encoded beforehand. For
pass-through each packet carries its time of sending instead of sound; what decodes and
encodes is timed by bursts of noise between silence. What is mixed, or hears music, is
not timed.
"""

import asyncio
import re
import struct
import sys
import time
import urllib.request
from typing import Any, cast

import numpy as np
from aioice.ice import CandidatePair
from aiortc import (
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpReceiver,
    RTCSessionDescription,
)

from bench.load import BURST_EVERY, BURST_FRAMES, Rhythm, Tally, Window, report, run
from bench.voices import encode, voice
from calls.media import shared_poll
from calls.media.transport.ice import IceGuard
from calls.media.transport.passthrough import Passthrough, SilentTrack
from calls.media.transport.rtp import FRAME_SAMPLES, OPUS_SILENCE, Packet

PAYLOAD_BYTES = 50
LOUD_BYTES = 60
_INSTANT = struct.Struct("!d")


class Phone:
    def __init__(self, number: int, kind: str, tally: Tally, window: Window) -> None:
        self.number, self.kind, self.tally, self.window = number, kind, tally, window
        self.is_up = asyncio.Event()
        self.connection: Any = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        transceiver = self.connection.addTransceiver(SilentTrack())
        capabilities: Any = RTCRtpReceiver.getCapabilities("audio")
        transceiver.setCodecPreferences(
            [codec for codec in capabilities.codecs if codec.mimeType == "audio/opus"]
        )
        self.ice = cast(Any, transceiver.receiver.transport.transport._connection)
        self.ice.check_start_task = _answer_only
        self.guard = IceGuard(self.ice, ())
        self.guard.release()
        self.sound = Passthrough(
            transceiver,
            self.guard,
            on_up=self.is_up.set,
            on_packet=self.hear,
            on_heard=lambda: None,
        )
        self.was_loud = False
        tally.sent_bursts[number], tally.heard_bursts[number] = [], []

    async def call(self, port: int) -> None:
        await self.connection.setLocalDescription(await self.connection.createOffer())
        self.ice.ice_controlling = False
        address = f"http://127.0.0.1:{port}/calls/{self.number}"
        offer = as_whatsapp(self.connection.localDescription.sdp)
        answer = await asyncio.to_thread(post, address, offer)
        await self.connection.setRemoteDescription(
            RTCSessionDescription(answer, "answer")
        )
        await self.is_up.wait()

    def speak(self, frame: int) -> None:
        now = time.monotonic()
        stream = self.sound.outgoing
        if stream is None:
            return
        if self.kind == "passthrough":
            payload = _INSTANT.pack(now).ljust(PAYLOAD_BYTES, b"\xaa")
        elif self.kind != "transcode":
            payload = VOICE[frame % len(VOICE)]
        else:
            payload = SOUND[frame % len(SOUND)]
            if frame % BURST_EVERY == 0 and self.window.holds(now):
                self.tally.sent_bursts[self.number].append(now)
        if self.window.holds(now):
            self.tally.sent += 1
        rtp = stream.frame(frame & 0xFFFF, frame * FRAME_SAMPLES, payload, now)
        if rtp is not None:
            self.sound.send(rtp)

    def hear(self, packet: Packet) -> None:
        now = time.monotonic()
        if self.kind == "passthrough" and packet.payload == OPUS_SILENCE:
            return
        if self.kind == "passthrough":
            (sent,) = _INSTANT.unpack_from(packet.payload)
            if self.window.holds(sent):
                self.tally.received += 1
                self.tally.delays.append(now - sent)
            return
        if self.window.holds(now):
            self.tally.received += 1
        is_loud = len(packet.payload) > LOUD_BYTES
        if is_loud and not self.was_loud and self.window.holds(now):
            self.tally.heard_bursts[self.number].append(now)
        self.was_loud = is_loud


def _answer_only(pair: CandidatePair) -> None:
    """Count a pair as usable at once: an ICE-lite end answers checks and sends none."""
    pair.state = CandidatePair.State.SUCCEEDED


def as_whatsapp(sdp: str) -> str:
    sdp = re.sub(r"a=fingerprint:sha-(384|512).*\r\n", "", sdp)
    sdp = sdp.replace("a=end-of-candidates\r\n", "").replace(" 96\r\n", " 111\r\n")
    sdp = re.sub(r"a=(rtpmap|fmtp|rtcp-fb):96", r"a=\1:111", sdp)
    return sdp.replace("a=msid-semantic", "a=ice-lite\r\na=msid-semantic", 1)


def post(address: str, body: str) -> str:
    with urllib.request.urlopen(address, body.encode()) as response:
        return str(response.read().decode())


def encode_bursts() -> list[bytes]:
    """Encode one second: a burst of noise, then silence."""
    noise = np.random.default_rng(1).integers(-20000, 20000, 960, dtype=np.int16)
    quiet = [np.zeros(960, np.int16)] * (BURST_EVERY - BURST_FRAMES)
    return encode([noise] * BURST_FRAMES + quiet, 20000)


SOUND = encode_bursts()
VOICE = voice()


async def main(kind: str, port: int, calls: int) -> None:
    tally, window = Tally(), Window()
    phones = [Phone(number, kind, tally, window) for number in range(calls)]
    for phone in phones:
        await phone.call(port)
    rhythms = [
        Rhythm(0.02 * phone.number / calls, phone.speak, tally.late) for phone in phones
    ]
    await report(window, tally)
    for rhythm in rhythms:
        rhythm.stop()
    for phone in phones:
        await phone.connection.close()


if __name__ == "__main__":
    # What arrives is timed, so it is looked at at once.
    shared_poll.REST_SECONDS = 0.0
    run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
