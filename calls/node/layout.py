"""The layout of a call, by its row alone."""

from calls.media.mixing.layout import Layout
from calls.media.sounds.player import Playback, Sound
from calls.models import Announcement, Call
from calls.node import prompts
from calls.states import Status


def layout_of(call: Call) -> Layout:
    """Return the layout, for the node that holds the call; asks the database."""
    legs = call.legs.open().order_by("pk")
    of_ours = [str(agent_id) for agent_id in legs.values_list("agent_id", flat=True)]
    match call.status:
        case Status.HELD:
            # With a consulted agent the two talk; alone the agent hears nothing.
            return Layout(consult=tuple(of_ours), playback=_hold_music(call))
        case Status.ACTIVE:
            return Layout(speakers=tuple(of_ours), playback=_one_moment(call))
        case Status.WAITING | Status.CONNECTING:
            return Layout(speakers=tuple(of_ours), playback=hold_playback(call))
    return Layout(speakers=tuple(of_ours))


def _hold_music(call: Call) -> Playback:
    return Playback(loop=prompts.music(call.queue))


def _one_moment(call: Call) -> Playback:
    """Return the prompt for a caller whose agent's console is gone."""
    said = prompts.shipped(call.queue, "one-moment")
    return Playback(once=(said,), loop=prompts.music(call.queue))


def hold_playback(call: Call) -> Playback | None:
    if call.announcement:
        return Playback(once=(announcement(call),))
    if call.queued_with_audio_at is None:
        return None  # an agent answers at once
    if call.answered_at is not None:  # they talked before
        return _hold_music(call)
    return prompts.welcome(call.queue)


def announcement(call: Call) -> Sound:
    """Return the prompt that says why the system ends this call."""
    if call.announcement == Announcement.CLOSED:
        mine = call.line.closed_prompt if call.line else None
        return prompts.sound_of(mine, prompts.path_of(call.queue, "closed"))
    return prompts.shipped(call.queue, _NAMES[Announcement(call.announcement)])


_NAMES = {Announcement.NOBODY: "nobody", Announcement.FULL: "busy"}


def may_hear(call: Call, agent_id: int) -> bool:
    """Say whether this agent may open the call's audio."""
    return call.legs.open().filter(agent=agent_id).exists()
