"""What Wati's replies do to calls and plans, in the transaction that keeps them."""

from callcenter.wati.client import Answer
from callcenter.wati.errors import WatiError
from calls import dialing, outbox, plans
from calls.models import WatiRequest


def placed(
    request: WatiRequest, answer: Answer | None, error: WatiError | None
) -> None:
    if request.call is None:
        return
    if answer is not None:
        dialing.placed(request.call, answer.call_id)
    elif error is not None:
        dialing.not_placed(request.call, error)


def asked(request: WatiRequest, answer: Answer | None, error: WatiError | None) -> None:
    if request.plan is not None:
        plans.asked(request.plan, error)


outbox.effects.update({WatiRequest.Verb.OUTBOUND: placed, WatiRequest.Verb.ASK: asked})
