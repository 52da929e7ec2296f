"""Is a Wati account set up right? One harmless question, answered in a sentence."""

import logging
from dataclasses import dataclass
from functools import partial

import httpx2
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from callcenter.models import WatiAccount
from callcenter.wati.errors import Outcome, WatiError
from callcenter.wati_thread import ask_wati

logger = logging.getLogger(__name__)

GOOD = gettext_noop("Connection successful: the URL and the token are valid.")
BUT = gettext_noop("The URL and the token are valid, but calls do not work.")
NOT_PERMITTED = gettext_noop(
    "Wati responded, but does not permit this. Check in Wati that your plan includes "
    "calling and that the API token may use it."
)
SENTENCES = {
    Outcome.REFUSED: gettext_noop(
        "Wati responded, but rejected the request: {message} Check the base URL "
        "and the tenant ID."
    ),
    Outcome.WAIT: "{message}",
    Outcome.UNAUTHORISED: gettext_noop(
        "Wati rejects the API token. Create a new one in Wati under Connectors, "
        "API Tokens and paste it here."
    ),
    Outcome.UNREACHABLE: gettext_noop(
        "The base URL does not respond. Check the URL and the network of this "
        "server. {message}"
    ),
    Outcome.UNKNOWN: gettext_noop(
        "The response was not one that Wati sends: {message} Check the base URL or"
        " try again in a minute."
    ),
}


@dataclass(frozen=True)
class TokenCheck:
    good: bool
    sentence: str


def check(account: WatiAccount, number: str) -> TokenCheck:
    """Ask Wati whether `number` may be called. Blocks for as long as Wati thinks.

    Remembers on the account whether the token was refused.
    """
    try:
        ask_wati(partial(_ask, account, number))
    except WatiError as error:
        note_token(account, error)
        return judge(error)
    note_token(account, None)
    return TokenCheck(True, _(GOOD))


def note_token(account: WatiAccount, error: WatiError | None) -> None:
    """Keep what a reply says about the account's token; many say nothing.

    `error`: None for a success. `account`: with the token that was sent.
    """
    if error is None or error.proves_token:
        account.token_works()
    elif error.outcome == Outcome.UNAUTHORISED and account.token_refused():
        logger.error("account %s: Wati refuses the API token", account.pk)


def judge(error: WatiError) -> TokenCheck:
    """Say what an error means for the setup. WhatsApp's codes prove a valid token."""
    parts, is_no = [], error.outcome in (Outcome.REFUSED, Outcome.WAIT)
    good = error.proves_token and is_no and not error.needs_admin
    if error.proves_token:
        said = _("WhatsApp says: {message}").format(message=_(error.message))
        parts += [_(GOOD if good else BUT), said]
    elif error.needs_admin:
        parts.append(_(NOT_PERMITTED))
    else:
        text = _(SENTENCES[error.outcome])
        parts.append(text.format(message=_(error.message)))
    if error.words:
        parts.append(_("In its own words: “{words}”").format(words=error.words))
    return TokenCheck(good, " ".join(parts))


def host_part(base_url: str, tenant_id: str) -> str:
    """Return the address without the tenant, which Wati shows as one with it."""
    root = base_url.rstrip("/")
    head, found, _ = f"{root}/".partition(f"/{tenant_id}/")
    return head if tenant_id and found else root


async def _ask(account: WatiAccount, number: str, http: httpx2.AsyncClient) -> None:
    await account.client(http).read_permission(number)
