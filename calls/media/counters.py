"""A call's sound in numbers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SessionCounters:
    """Up to now; instants are monotonic loop seconds."""

    media_up_at: float | None
    first_packet_in_at: float | None
    first_frame_out_at: float | None
    two_way_at: float | None
    """When both sides had been heard for the first time."""
    packets_in: int
    bytes_in: int
    lost_in: int
    late_in: int
    jitter_in: float
    """Seconds by which packets from WhatsApp come unevenly, as of now."""
    not_audio_in: int
    refused_in: int
    packets_out: int
    bytes_out: int
    silences_out: int
    dropped_out: int
    late_out: int
    too_fast_out: int
    """Of those that were dropped: behind their turn, and more than real time."""
    quiet_seconds: float
    one_way_seconds: float
