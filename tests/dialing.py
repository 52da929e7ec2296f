"""What the stories of calls out do again and again, at a console and at the phone."""

from typing import Any

from calls.models import Call
from permissions.models import PermissionEvent
from tests.cast import CARLA
from tests.servers import wait_for
from tests.sound import Headset
from tests.stack import Console, Stack

CARLAS_TONE, ANAS_TONE = 440, 1200


def carla_will(stack: Stack, **person: Any) -> None:
    says = {"says": "tone", "frequency": CARLAS_TONE}
    stack.simulator.set_person(CARLA, **(says | person))


def carla_allows(stack: Stack, **person: Any) -> None:
    """Carla may be called, and reacts like this."""
    stack.simulator.reply(CARLA, "temporary")
    carla_will(stack, **person)


def press(console: Console, button: str, person: dict[str, Any]) -> None:
    """`call` or `ask`, beside the number that was looked up."""
    console.say(button, contact=person["contact"], line=person["line"])


def wait_for_call(console: Console) -> str:
    """Our call's id, once the console shows that it dials."""
    console.until(
        lambda: console.dialing() is not None or bool(console.problems), "the call"
    )
    assert console.problems == []
    call = console.dialing()
    assert call is not None
    return str(call["id"])


def dial(console: Console) -> str:
    """Look Carla up and press Call; returns our call's id."""
    press(console, "call", console.look_up(f"+{CARLA}"))
    return wait_for_call(console)


def talk(console: Console, call_id: str) -> Headset:
    return Headset(console.open(console.calls[call_id]["audio_url"]), ANAS_TONE)


def refusal(console: Console) -> str:
    """The next sentence that says why not."""
    console.until(lambda: bool(console.problems), "the refusal")
    return console.problems.pop(0)


def wati_id(call_id: str) -> str:
    wait_for(lambda: bool(Call.objects.get(pk=call_id).wati_call_id), "Wati's name")
    return Call.objects.get(pk=call_id).wati_call_id


def ledger() -> list[str]:
    return list(PermissionEvent.objects.order_by("id").values_list("kind", flat=True))
