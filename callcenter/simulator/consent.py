"""Users who let a business call them, or do not, and how the business hears of it."""

import asyncio
from collections.abc import Callable

from callcenter.simulator import payloads
from callcenter.simulator.calls import WhatsAppUser
from callcenter.simulator.errors import ApiRefusal
from callcenter.simulator.handset import Handsets
from callcenter.simulator.payloads import Notice
from callcenter.simulator.rules import Consequence, Permission, PermissionKind

Tell = Callable[[Notice], object]


class Consent:
    """The permissions of each (business number, user), and the users' replies."""

    def __init__(
        self, tenant: str, now: Callable[[], float], tell: Tell, handsets: Handsets
    ) -> None:
        self._tenant = tenant
        self._now = now
        self._tell = tell
        self._handsets = handsets
        self._permissions: dict[tuple[str, str], Permission] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def of(self, number: str, waid: str) -> Permission:
        return self._permissions.setdefault((number, waid), Permission())

    def request(self, number: str, waid: str, person: WhatsAppUser) -> None:
        """Ask the user. Raise ApiRefusal when the business may not ask now."""
        permission = self.of(number, waid)
        refusal = permission.refuses_request(self._now())
        if refusal:
            raise ApiRefusal(refusal, "the business may not ask this user now")
        permission.request(self._now())
        handset = self._handsets.by_number(waid)
        if handset is not None:
            handset.ask(number)
            return
        task = asyncio.create_task(self._reply_later(number, waid, person))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _reply_later(self, number: str, waid: str, person: WhatsAppUser) -> None:
        await asyncio.sleep(person.reply_after)
        if person.reply != "ignore" and self.of(number, waid).is_asked(self._now()):
            self.reply(number, waid, person.reply)

    def reply(self, number: str, waid: str, reply: str) -> None:
        """Reply for the user: grant (``temporary``, ``permanent``) or ``reject``.

        Works without a request too, as from the business's profile in WhatsApp.
        """
        permission = self.of(number, waid)
        if reply == "reject":
            permission.withdraw()
        elif reply in ("temporary", "permanent"):
            permission.grant(self._now(), permanent=reply == "permanent")
        else:
            raise ValueError("a reply is temporary, permanent or reject")
        self._announce(number, waid, by_user=True)

    def count_unanswered(self, number: str, waid: str) -> None:
        consequence = self.of(number, waid).call_unanswered(self._now())
        handset = self._handsets.by_number(waid)
        if consequence is Consequence.NUDGE and handset is not None:
            handset.nudge()
        if consequence is Consequence.REVOKE:
            self._announce(number, waid, by_user=False)

    def _announce(self, number: str, waid: str, *, by_user: bool) -> None:
        permission = self.of(number, waid)
        notice = Notice(
            kind=payloads.PERMISSION,
            number=number,
            tenant=self._tenant,
            waid=waid,
            at=self._now(),
            granted=permission.kind is not PermissionKind.NONE,
            permanent=permission.kind is PermissionKind.PERMANENT,
            until=permission.until,
            by_user=by_user,
        )
        self._tell(notice)
        handset = self._handsets.by_number(waid)
        if handset is not None:
            handset.asked_by = ""
            handset.changed()

    async def reset(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._permissions.clear()
