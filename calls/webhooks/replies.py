"""Effects of Wati's replies on calls and plans, in the transaction that stores them."""

from callcenter.wati.client import Answer
from callcenter.wati.errors import WatiError
from calls.models import WatiRequest
from calls.outbound import dialing, permission_news
from calls.signaling import outbox


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
        permission_news.asked(request.plan, error)


def none(request: WatiRequest, answer: Answer | None, error: WatiError | None) -> None:
    """Do nothing: accepts are the node's own, and nothing follows a terminate."""


EFFECTS: dict[str, outbox.Effect] = {
    WatiRequest.Verb.ACCEPT: none,
    WatiRequest.Verb.TERMINATE: none,
    WatiRequest.Verb.OUTBOUND: placed,
    WatiRequest.Verb.ASK: asked,
}
