"""The simulator's control desk: JSON over HTTP, for tests and demos."""

import asyncio
from dataclasses import asdict
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from callcenter.simulator import sound
from callcenter.simulator.behaviour import Behaviour, RestFault, WebhookFault
from callcenter.simulator.calls import PhoneCall, Placed
from callcenter.simulator.http import BadRequest, control, nothing, read_object
from callcenter.simulator.http import read_text as text
from callcenter.simulator.notices import KINDS
from callcenter.simulator.people import WhatsAppUser
from callcenter.simulator.phone import ScriptedPhone
from callcenter.simulator.service import the_world


@csrf_exempt
@require_http_methods(["GET", "POST"])
@control
async def calls(request: HttpRequest) -> HttpResponseBase:
    """List the calls, or place one (fields of Placed, and ``behaviour``)."""
    world = the_world()
    if request.method == "GET":
        found = [call.summary() for call in world.calls.values()]
        return JsonResponse({"calls": found})
    given = read_object(request)
    overrides = given.pop("behaviour", {})
    if not isinstance(overrides, dict):
        raise BadRequest("behaviour must be an object")
    behaviour = Behaviour.parse(overrides, world.behaviour)
    call = await world.place_call(Placed.parse(given), behaviour)
    return JsonResponse(call.summary() | {"offer": call.offer})


@require_GET
@control
async def call(request: HttpRequest) -> HttpResponseBase:
    found = asked_call(request)
    return JsonResponse(
        found.summary() | {"offer": found.offer, "answer": found.answer}
    )


@csrf_exempt
@require_POST
@control
async def act(request: HttpRequest, action: str) -> HttpResponseBase:
    """Act for the user on the call named in ``call``."""
    given = read_object(request)
    world = the_world()
    found = world.find(text(given, "call"))
    if action == "hang_up":
        world.hang_up(found.call_id)
    elif action in ("answer", "reject"):
        found.decide(action)
    elif action == "ring_out":
        found.decide("")
    else:
        act_on_phone(scripted(found), action, given)
    return nothing()


def act_on_phone(phone: ScriptedPhone, action: str, given: dict[str, Any]) -> None:
    match action:
        case "mute":
            # "silence" keeps packets flowing, "stop" does not, empty unmutes.
            phone.muted = text(given, "how")
        case "dtmf":
            phone.send_digits(text(given, "digits"))
        case "network":
            phone.network_lost = given.get("lost") is True
        case _:
            raise BadRequest("unknown action")


@require_GET
@control
async def heard(request: HttpRequest) -> HttpResponseBase:
    """Measure what a phone heard in the last ``seconds``, and at each ``frequency``."""
    ear = scripted(asked_call(request)).ear
    seconds = float(request.GET.get("seconds", "1"))
    wanted = [float(word) for word in request.GET.getlist("frequency")[:32]]

    def measure() -> dict[str, Any]:
        samples = ear.samples(min(max(seconds, 0.02), 60.0))
        return {
            "rms": sound.loudness(samples),
            "frequency": sound.dominant_frequency(samples),
            "levels": [sound.level(samples, frequency) for frequency in wanted],
        }

    measured = await asyncio.to_thread(measure)
    return JsonResponse(
        measured
        | {
            "seconds": ear.packets / sound.PACKETS_PER_SECOND,
            "packets": ear.packets,
            "lost": ear.lost,
            "late": ear.late,
            "longest_gap": ear.longest_gap,
            "until": ear.heard_until,
            "payload_types": dict(ear.payload_types),
            "sources": dict(ear.sources),
            "connected": scripted(asked_call(request)).connected,
        }
    )


@require_GET
@control
async def heard_wav(request: HttpRequest) -> HttpResponseBase:
    """Return the last minute as a WAV file."""
    ear = scripted(asked_call(request)).ear
    data = await asyncio.to_thread(lambda: sound.as_wav(ear.samples()))
    headers = {"Content-Disposition": 'attachment; filename="heard.wav"'}
    return HttpResponse(data, content_type="audio/wav", headers=headers)


@csrf_exempt
@require_POST
@control
async def person(request: HttpRequest, waid: str) -> HttpResponseBase:
    """Set how a user without a phone page reacts (fields of WhatsAppUser)."""
    habits = WhatsAppUser.parse(read_object(request))
    the_world().people.meet(waid).habits = habits
    return nothing()


@csrf_exempt
@require_http_methods(["GET", "POST"])
@control
async def permission(request: HttpRequest, waid: str) -> HttpResponseBase:
    """Read a user's permission, or let the user ``reply`` on their own."""
    world = the_world()
    if request.method == "POST":
        given = read_object(request)
        number = text(given, "number") or world.account.number
        world.consent.reply(number, world.people.meet(waid), text(given, "reply"))
        return nothing()
    number = request.GET.get("number", "") or world.account.number
    found = world.consent.of(number, waid)
    return JsonResponse(asdict(found) | {"kind": found.kind_at(world.now()).value})


@csrf_exempt
@require_http_methods(["GET", "POST"])
@control
async def behaviour(request: HttpRequest) -> HttpResponseBase:
    """Read or change what the world does from now on (fields of Behaviour)."""
    world = the_world()
    if request.method == "POST":
        world.behaviour = Behaviour.parse(read_object(request), world.behaviour)
    return JsonResponse(asdict(world.behaviour))


@csrf_exempt
@require_POST
@control
async def rest_fault(request: HttpRequest) -> HttpResponseBase:
    the_world().faults.add(RestFault.parse(read_object(request)))
    return nothing()


@csrf_exempt
@require_POST
@control
async def webhook_fault(request: HttpRequest) -> HttpResponseBase:
    the_world().postman.faults.add(WebhookFault.parse(read_object(request)))
    return nothing()


@csrf_exempt
@require_POST
@control
async def clear_faults(request: HttpRequest) -> HttpResponseBase:
    the_world().faults.clear()
    the_world().postman.faults.clear()
    return nothing()


@require_GET
@control
async def requests(request: HttpRequest) -> HttpResponseBase:
    """List the business's requests, oldest first, of a verb, call or number."""
    wanted = {name: request.GET.get(name, "") for name in ("verb", "call", "waid")}
    return JsonResponse({"requests": the_world().ledger.find_requests(**wanted)})


@csrf_exempt
@require_http_methods(["GET", "POST"])
@control
async def webhooks(request: HttpRequest) -> HttpResponseBase:
    """List the webhooks sent, oldest first; or send one with any ``body``."""
    world = the_world()
    if request.method == "GET":
        wanted = {name: request.GET.get(name, "") for name in ("kind", "call")}
        return JsonResponse({"webhooks": world.ledger.find_deliveries(**wanted)})
    given = read_object(request)
    kind, body = text(given, "kind"), given.get("body")
    if kind not in KINDS or not isinstance(body, dict):
        raise BadRequest(f"kind must be one of {', '.join(KINDS)}")
    world.postman.send(kind, (text(given, "call"),), body, world.behaviour)
    return nothing()


@csrf_exempt
@require_POST
@control
async def clock(request: HttpRequest) -> HttpResponseBase:
    """Let ``advance`` seconds pass, or ``hold`` the clock at an instant."""
    given, world = read_object(request), the_world()
    if "hold" in given:
        world.clock.hold(seconds(given, "hold", 1e10))
    else:
        world.clock.advance(seconds(given, "advance", 1e9))
    return JsonResponse({"now": world.now()})


def seconds(given: dict[str, Any], name: str, most: float) -> float:
    value = given.get(name)
    if not isinstance(value, (int, float)) or not 0 <= value < most:
        raise BadRequest(f"{name} must be a number of seconds")
    return float(value)


@csrf_exempt
@require_POST
@control
async def settle(request: HttpRequest) -> HttpResponseBase:
    """Answer once no webhook is on its way."""
    await the_world().postman.settle()
    return nothing()


@csrf_exempt
@require_POST
@control
async def reset(request: HttpRequest) -> HttpResponseBase:
    await the_world().reset()
    return nothing()


def asked_call(request: HttpRequest) -> PhoneCall:
    return the_world().find(request.GET.get("call", ""))


def scripted(call: PhoneCall) -> ScriptedPhone:
    if not isinstance(call.phone, ScriptedPhone):
        raise BadRequest("this call has no scripted phone with sound")
    return call.phone
