"""The five requests of Wati's calling API, as a false Wati answers them."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from callcenter.simulator.behaviour import RestFault
from callcenter.simulator.errors import ApiRefusal, NoSuchCall, refused
from callcenter.simulator.http import BadRequest, bearer_is, read_object
from callcenter.simulator.ledger import Request
from callcenter.simulator.service import the_world

WAID = re.compile(r"[0-9]{6,15}")
Answer = tuple[int, dict[str, Any]]
Effect = Callable[[], Awaitable[dict[str, Any] | None]]


@csrf_exempt
@require_POST
async def accept(request: HttpRequest, tenant: str, call_id: str) -> HttpResponse:
    async def effect() -> None:
        await the_world().accept(call_id, read_sdp(request))

    return await serve(request, tenant, "accept", effect, call=call_id)


@csrf_exempt
@require_POST
async def terminate(request: HttpRequest, tenant: str, call_id: str) -> HttpResponse:
    async def effect() -> None:
        the_world().terminate(call_id)

    return await serve(request, tenant, "terminate", effect, call=call_id)


@csrf_exempt
@require_GET
async def permissions(request: HttpRequest, tenant: str, waid: str) -> HttpResponse:
    async def effect() -> dict[str, Any]:
        world = the_world()
        person = world.people.look_up(read_waid(waid))
        permission = world.consent.between(read_number(request), person)
        then = world.now() - world.behaviour.reading_lag
        return permission.as_it_was(then).as_result(world.now())

    return await serve(request, tenant, "permissions", effect, waid=waid)


@csrf_exempt
@require_POST
async def permission_request(
    request: HttpRequest, tenant: str, waid: str
) -> HttpResponse:
    async def effect() -> None:
        the_world().request_permission(read_number(request), read_waid(waid))

    return await serve(request, tenant, "permission_request", effect, waid=waid)


@csrf_exempt
@require_POST
async def outbound_call(request: HttpRequest, tenant: str, waid: str) -> HttpResponse:
    async def effect() -> dict[str, Any]:
        call = await the_world().dial(
            read_number(request), read_waid(waid), read_sdp(request)
        )
        return {"callId": call.call_id}

    return await serve(request, tenant, "outbound", effect, waid=waid)


async def serve(
    request: HttpRequest,
    tenant: str,
    verb: str,
    effect: Effect,
    *,
    call: str = "",
    waid: str = "",
) -> HttpResponse:
    """Check the token, apply the fault that waits for this request, do it, answer."""
    world = the_world()
    entry = Request(
        verb=verb,
        at=time.time(),
        call=call,
        waid=waid,
        number=request.GET.get("channelPhoneNumber", ""),
        body=request.body[:20_000].decode("utf-8", "replace"),
    )
    world.ledger.requests.append(entry)
    if tenant != world.account.tenant or not bearer_is(request, world.account.token):
        entry.status = entry.code = 401
        return unauthorised()
    fault = world.faults.take(verb=verb, call=call, waid=waid) or RestFault()
    await asyncio.sleep(world.behaviour.latency + fault.delay_before)
    if fault.outcome == "normal" or fault.done:
        entry.status, body = await perform(effect)
        entry.code = body["code"] if "code" in body else body["error"]["code"]
    else:
        body = {}
    await asyncio.sleep(fault.delay_after)
    if fault.outcome != "normal":
        return await spoil(entry, fault)
    return JsonResponse(body, status=entry.status)


async def perform(effect: Effect) -> Answer:
    shape = the_world().behaviour.error_shape
    try:
        result = await effect()
    except ApiRefusal as refusal:
        return refused(refusal, shape)
    except NoSuchCall as error:
        return error.status, {"code": error.status, "message": str(error)}
    except BadRequest as error:
        return 400, {"code": 400, "message": str(error)}
    body: dict[str, Any] = {"code": 200, "message": "Success"}
    return 200, body if result is None else body | {"result": result}


async def spoil(entry: Request, fault: RestFault) -> HttpResponse:
    """Return the reply that a fault puts in place of the true one."""
    match fault.outcome:
        case "hang":
            entry.status = 0
            await asyncio.sleep(fault.hang_for)
            return html(504)
        case "drop":
            entry.status = 0
            return broken_off()
        case "redirect":
            entry.status = 307
            return HttpResponse(status=307, headers={"Location": fault.location})
        case "code":
            entry.status, entry.code = 200, fault.code
            return JsonResponse({"code": fault.code, "message": "It did not work"})
        case "meta":
            refusal = ApiRefusal(fault.code, "It was told to say so.")
            entry.status, body = refused(refusal, the_world().behaviour.error_shape)
            entry.code = fault.code
            return again_after(fault, JsonResponse(body, status=entry.status))
        case "body":
            entry.status = entry.code = fault.status
            kind = (
                "text/plain" if fault.body[:1] not in ("{", "[") else "application/json"
            )
            reply = HttpResponse(fault.body, status=fault.status, content_type=kind)
            return again_after(fault, reply)
    entry.status = entry.code = fault.status
    return with_status(fault)


def with_status(fault: RestFault) -> HttpResponse:
    if fault.status == 401:
        return unauthorised()
    if fault.status >= 500:
        return html(fault.status)
    body = {"code": fault.status, "message": "Simulated failure"}
    return again_after(fault, JsonResponse(body, status=fault.status))


def again_after(fault: RestFault, reply: HttpResponse) -> HttpResponse:
    if fault.retry_after:
        reply.headers["Retry-After"] = str(fault.retry_after)
    return reply


def unauthorised() -> HttpResponse:
    return HttpResponse("Unauthorized", status=401, content_type="text/plain")


def html(status: int) -> HttpResponse:
    page = f"<html><body><h1>{status} Bad Gateway</h1></body></html>"
    return HttpResponse(page, status=status, content_type="text/html")


def broken_off() -> HttpResponse:
    """Return a reply that no client can read.

    A Django view can not cut the connection; a length that is no number makes any
    client drop it at once, with the outcome as unknown as after a cut.
    """
    return HttpResponse(b"", headers={"Content-Length": "broken off"})


def read_sdp(request: HttpRequest) -> str:
    """Read ``Sdp`` in any case, as Wati's server takes it."""
    given = {name.lower(): value for name, value in read_object(request).items()}
    sdp = given.get("sdp")
    if not isinstance(sdp, str):
        raise BadRequest("Sdp is required")
    return sdp


def read_number(request: HttpRequest) -> str:
    given = request.GET.get("channelPhoneNumber", "")
    return given or the_world().account.number


def read_waid(waid: str) -> str:
    """Read whom a request is about: digits, or a BSUID where this Wati takes them."""
    world = the_world()
    is_bsuid = world.behaviour.accepts_bsuid and world.people.find(waid) is not None
    if not WAID.fullmatch(waid) and not is_bsuid:
        raise BadRequest("waid must be digits with the country code")
    return waid
