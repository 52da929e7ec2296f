"""The phone page: a WhatsApp phone in the browser, with the visitor's microphone."""

import re
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_protect, ensure_csrf_cookie
from django.views.decorators.http import require_GET, require_POST

from callcenter.simulator import sdp
from callcenter.simulator.calls import Placed
from callcenter.simulator.handset import Handset, PagePhone
from callcenter.simulator.http import (
    BadRequest,
    View,
    nothing,
    plainly,
    read_object,
    read_text,
)
from callcenter.simulator.service import the_world

DIGITS = re.compile(r"[0-9]{6,15}")
NAME_BOUND = 60
SDP_BOUND = 16 * 1024
SCRIPTED_NUMBER = "15550101099"
SCRIPTED_NAME = "Carla (recording)"
# Errors of Meta's that a phone may give as its reason to hang up.
PHONE_ERRORS = (0, 138021)

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "media-src 'self' blob:; connect-src 'self' ws: wss:; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)


def plain(view: View) -> View:
    @wraps(view)
    async def plainly_answered(request: HttpRequest, **names: str) -> HttpResponseBase:
        return await plainly(view, request, **names)

    return plainly_answered


@require_GET
@ensure_csrf_cookie
async def phone(request: HttpRequest) -> HttpResponse:
    business = the_world().account.number
    reply = render(request, "simulator/phone.html", {"business": business})
    reply.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    reply.headers["Cache-Control"] = "no-store"
    return reply


@require_POST
@csrf_protect
@plain
async def open_phone(request: HttpRequest) -> HttpResponseBase:
    """Switch a phone on: it has a number from now on and can be called."""
    given = read_object(request)
    waid = re.sub(r"[\s()+./-]", "", read_text(given, "waid"))
    if not DIGITS.fullmatch(waid):
        raise BadRequest("The number needs 6 to 15 digits with the country code.")
    name = read_text(given, "name").strip()[:NAME_BOUND]
    handset = the_world().open_handset(waid, name)
    return JsonResponse({"token": handset.token} | shown(handset))


@require_GET
@plain
async def state(request: HttpRequest, token: str) -> HttpResponseBase:
    """Return what the phone shows once it is newer than ``version`` (or after a while).

    Nothing for a phone that is off: a page that changed its number still asks once.
    """
    handset = the_world().handsets.by_token(token)
    if handset is None:
        return nothing()
    await handset.wait_beyond(int(request.GET.get("version", "0")))
    reply = JsonResponse(shown(handset))
    reply.headers["Cache-Control"] = "no-store"
    return reply


@require_POST
@csrf_protect
@plain
async def act(request: HttpRequest, token: str, action: str) -> HttpResponseBase:
    """Act for the visitor, who pressed something."""
    handset = read_handset(token)
    given = read_object(request)
    match action:
        case "call":
            await place_call(handset, read_sdp(given, "offer"))
        case "answer":
            answer(handset, read_sdp(given, "answer"))
        case "decline":
            decide(handset, "reject")
        case "hang_up":
            hang_up(handset, given)
        case "reply":
            number = read_text(given, "number") or the_world().account.number
            person = the_world().people.meet(handset.waid)
            the_world().consent.reply(number, person, read_text(given, "reply"))
        case "scripted_call":
            await place_scripted_call(handset)
        case "scripted_hang_up":
            if handset.companion is not None and not handset.companion.is_over:
                the_world().hang_up(handset.companion.call_id)
        case "close":
            the_world().close_handset(handset)
            return nothing()
        case _:
            raise BadRequest("unknown action")
    return JsonResponse(shown(handset))


def shown(handset: Handset) -> dict[str, Any]:
    world = the_world()
    number = world.account.number
    permission = world.consent.of(number, handset.waid)
    kind = permission.kind_at(world.now()).value
    return handset.snapshot(world.now()) | {"permission": kind}


def read_handset(token: str) -> Handset:
    handset = the_world().handsets.by_token(token)
    if handset is None:
        raise BadRequest("This phone is off.")
    return handset


def read_sdp(given: dict[str, Any], kind: str) -> str:
    found = read_text(given, "sdp")
    if len(found) > SDP_BOUND:
        raise BadRequest("the SDP is too large")
    # A browser may know several codecs and a calling phone's answer is never lite,
    # so the checks meant for the business fit it too.
    complaint = sdp.complaint(found, kind)
    if complaint:
        raise BadRequest(complaint)
    return found


async def place_call(handset: Handset, offer: str) -> None:
    if handset.call is not None and not handset.call.is_over:
        raise BadRequest("This phone is in a call.")
    world = the_world()
    call = await world.ring_business(
        waid=handset.waid,
        name=handset.name,
        phone=PagePhone(offer),
        behaviour=world.behaviour,
    )
    handset.attach(call)


async def place_scripted_call(handset: Handset) -> None:
    if handset.companion is not None and not handset.companion.is_over:
        raise BadRequest("The scripted caller is in a call.")
    world = the_world()
    placed = Placed(waid=SCRIPTED_NUMBER, name=SCRIPTED_NAME, says="voice")
    handset.accompany(await world.place_call(placed, world.behaviour))


def answer(handset: Handset, text: str) -> None:
    call = handset.call
    if call is None or call.direction != "outbound":
        raise BadRequest("Nobody is calling.")
    assert isinstance(call.phone, PagePhone)
    call.phone.answer = text
    call.decide("answer")


def decide(handset: Handset, decision: str) -> None:
    if handset.call is not None:
        handset.call.decide(decision)


def hang_up(handset: Handset, given: dict[str, Any]) -> None:
    error = given.get("error", 0)
    if error not in PHONE_ERRORS:
        raise BadRequest("unknown reason")
    if handset.call is not None and not handset.call.is_over:
        the_world().hang_up(handset.call.call_id, error)
