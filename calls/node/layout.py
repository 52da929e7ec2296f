"""The layout of a call, by its row alone."""

from calls.media.mixing.layout import Layout
from calls.media.sounds.player import Playback, Sound
from calls.models import Announcement, Call, Supervision
from calls.node import prompts
from calls.states import Status

Mode = Supervision.Mode


def layout_of(call: Call) -> Layout:
    """Return the layout, for the node that holds the call; asks the database."""
    legs = call.legs.open().order_by("pk")
    agents = [str(agent_id) for agent_id in legs.values_list("agent_id", flat=True)]
    there = _supervisors(call)
    ours = (*agents, *there[Mode.BARGE], *there[Mode.TAKE_OVER])
    on_hold = call.status == Status.HELD
    return Layout(
        # On hold our side talks among itself; one alone hears nothing.
        speakers=() if on_hold else ours,
        consult=ours if on_hold else (),
        playback=_playback(call),
        listeners=tuple(there[Mode.LISTEN]),
        whisperers=tuple(there[Mode.WHISPER]),
        whispered_to=str(call.agent_id or ""),
    )


def _supervisors(call: Call) -> dict[str, list[str]]:
    """Return by mode the participants who are supervisors."""
    found: dict[str, list[str]] = {mode: [] for mode in Mode}
    spans = call.supervisions.open().order_by("pk")
    for user_id, mode in spans.values_list("user_id", "mode"):
        if user_id is not None:
            found[mode].append(supervisor(user_id))
    return found


def _playback(call: Call) -> Playback | None:
    match call.status:
        case Status.HELD:
            return _hold_music(call)
        case Status.ACTIVE:
            return _one_moment(call)
        case Status.WAITING | Status.CONNECTING:
            return hold_playback(call)
    return None


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


def has_stepped_in(call: Call, user_id: int) -> bool:
    """Say whether this supervisor may open the call's audio."""
    return call.supervisions.open().filter(user=user_id).exists()


# --- Names of participants -----------------------------------------------------------

_SUPERVISOR = "supervisor-"


def supervisor(user_id: int) -> str:
    """Return what a supervisor is called in the call's audio; an agent by their ID."""
    return f"{_SUPERVISOR}{user_id}"


def user_of(participant: str) -> int | None:
    """Return which user this supervisor is, None for an agent."""
    found = participant.removeprefix(_SUPERVISOR)
    return int(found) if found != participant else None
