"""Is a Wati account set up right? One harmless question, answered in a sentence."""

from dataclasses import dataclass
from functools import partial

import httpx2
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from callcenter.models import WatiAccount
from callcenter.wati.client import WatiClient
from callcenter.wati.errors import Outcome, WatiError
from callcenter.wati_thread import ask_wati

# Shorter codes stand in any page of HTML, such as the "not found" of another server.
WHATSAPP_CODES = range(131_000, 139_000)

GOOD = gettext_noop("Connection successful: the URL and the token are valid.")
SENTENCES = {
    Outcome.REFUSED: gettext_noop(
        "Wati responded, but rejected the request: {message} Check the base URL "
        "and the tenant ID."
    ),
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
        verdict = judge(error)
        _remember(
            account, refused=error.outcome == Outcome.UNAUTHORISED, verdict=verdict
        )
        return verdict
    verdict = TokenCheck(True, _(GOOD))
    _remember(account, refused=False, verdict=verdict)
    return verdict


def judge(error: WatiError) -> TokenCheck:
    """Say what an error means for the setup. WhatsApp's codes prove a valid token."""
    if error.outcome == Outcome.REFUSED and error.code in WHATSAPP_CODES:
        more = _("WhatsApp says: {message}").format(message=_(error.message))
        return TokenCheck(True, f"{_(GOOD)} {more}")
    text = _(SENTENCES[error.outcome]).format(message=_(error.message))
    return TokenCheck(False, text)


def host_part(base_url: str, tenant_id: str) -> str:
    """Return the address without the tenant, which Wati shows as one with it."""
    root = base_url.rstrip("/")
    head, found, _ = f"{root}/".partition(f"/{tenant_id}/")
    return head if tenant_id and found else root


async def _ask(account: WatiAccount, number: str, http: httpx2.AsyncClient) -> None:
    client = WatiClient(account.base_url, account.tenant_id, account.api_token, http)
    await client.read_permission(number)


def _remember(account: WatiAccount, *, refused: bool, verdict: TokenCheck) -> None:
    mine = WatiAccount.objects.filter(pk=account.pk)
    if refused:
        mine.filter(unauthorised_since=None).update(unauthorised_since=timezone.now())
    elif verdict.good:
        mine.update(unauthorised_since=None)
