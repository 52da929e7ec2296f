"""The sound of this process: sums that grow, and the calls of this moment."""

from collections.abc import Iterator

from prometheus_client.core import Metric

from calls.media.counters import SessionCounters
from calls.media.shared_poll import relay_delays
from calls.media.socket.listener import Dropped
from calls.node.bridge import bridge
from calls.node.metrics.families import counters, quantiles, single

FEWEST_PACKETS = 50  # a second; a loss among fewer says nothing


def families() -> Iterator[Metric]:
    hub = bridge.held.hub
    totals = hub.totals()
    yield counters(
        "audio_packets",
        "Packets of sound, from and to WhatsApp",
        "direction",
        {"in": totals.packets_in, "out": totals.packets_out},
    )
    yield counters(
        "audio_faults",
        "Packets that did not come, came late or were not passed on",
        "kind",
        {
            "lost_in": totals.lost_in,
            "late_in": totals.late_in,
            "late_out": totals.late_out,
            "too_fast_out": totals.too_fast_out,
            "dropped_out": totals.dropped_out - totals.late_out - totals.too_fast_out,
            "dropped_to_agents": Dropped.frames,
        },
    )
    yield counters(
        "audio_one_way_seconds",
        "Time for which one side did not hear the other",
        "side",
        {"either": totals.one_way_seconds},
    )
    yield quantiles("audio_relay_seconds", "A packet's time in here", relay_delays())
    yield from _of_now([session.counters for session in hub.sessions()])
    flows = [session.flow for session in hub.sessions()]
    one_way = sum(not flow.is_two_way for flow in flows)
    yield single("audio_one_way_calls", "Calls in which one side is not heard", one_way)


def _of_now(live: list[SessionCounters]) -> Iterator[Metric]:
    """Tell the live calls apart by how badly WhatsApp's sound reaches us."""
    up = [one for one in live if one.packets_in >= FEWEST_PACKETS]
    losses = [one.lost_in / (one.lost_in + one.packets_in) for one in up]
    jitters = [one.jitter_in for one in up]
    quiet = [one.quiet_seconds for one in live]
    yield quantiles("audio_loss_ratio", "Lost packets of live calls", losses)
    yield quantiles("audio_jitter_seconds", "Jitter of live calls", jitters)
    yield single(
        "audio_quiet_seconds", "Longest without a packet", max(quiet, default=0)
    )
