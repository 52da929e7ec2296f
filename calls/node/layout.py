"""Who hears whom in a call, by its row alone."""

from calls.media.mixing.layout import Scene
from calls.media.sounds.player import Program, Sound
from calls.models import Announcement, Call
from calls.node import prompts
from calls.states import Status


def scene_of(call: Call) -> Scene:
    """For the node that holds the call; asks the database."""
    legs = call.legs.open().order_by("pk")
    of_ours = [str(agent_id) for agent_id in legs.values_list("agent_id", flat=True)]
    match call.status:
        case Status.HELD:
            # With a colleague there the two talk; alone the agent hears nothing.
            return Scene(aside=tuple(of_ours), program=_hold(call))
        case Status.ACTIVE:
            return Scene(speakers=tuple(of_ours), program=_one_moment(call))
        case Status.WAITING | Status.CONNECTING:
            return Scene(speakers=tuple(of_ours), program=waiting_program(call))
    return Scene(speakers=tuple(of_ours))


def _hold(call: Call) -> Program:
    return Program(loop=prompts.music(call.queue))


def _one_moment(call: Call) -> Program:
    """Heard only while no console of ours has the sound."""
    said = prompts.shipped(call.queue, "one-moment")
    return Program(once=(said,), loop=prompts.music(call.queue))


def waiting_program(call: Call) -> Program | None:
    if call.announcement:
        return Program(once=(goodbye(call),))
    if call.parked_at is None:
        return None  # an agent answers at once
    if call.answered_at is not None:  # they talked before
        return _hold(call)
    return prompts.welcome(call.queue)


def goodbye(call: Call) -> Sound:
    """Why the system ends this call."""
    if call.announcement == Announcement.CLOSED:
        mine = call.line.closed_prompt if call.line else None
        return prompts.sound_of(mine, prompts.path_of(call.queue, "closed"))
    return prompts.shipped(call.queue, _NAMES[Announcement(call.announcement)])


_NAMES = {Announcement.NOBODY: "nobody", Announcement.FULL: "busy"}


def has_sound(call: Call, agent_id: int) -> bool:
    """Whether this agent may open the call's sound."""
    return call.legs.open().filter(agent=agent_id).exists()
