"""Users who let a business call them, or do not, and how the business hears of it."""

import asyncio
from collections import Counter
from collections.abc import Callable

from callcenter.simulator.errors import ApiRefusal
from callcenter.simulator.handset import Handsets
from callcenter.simulator.notices import PERMISSION, Notice
from callcenter.simulator.numbers import key_of
from callcenter.simulator.people import Directory, Person
from callcenter.simulator.rules import Consequence, Permission, PermissionKind

Tell = Callable[[Notice], object]


class Consent:
    """The permissions of each (business number, user), and the users' replies.

    ``refused`` counts what WhatsApp had to refuse, by line, user, ``call`` or
    ``request``, and code: a business that knows the rules leaves it empty.
    """

    def __init__(
        self,
        tenant: str,
        now: Callable[[], float],
        tell: Tell,
        handsets: Handsets,
        people: Directory,
    ) -> None:
        self._tenant = tenant
        self._now = now
        self._tell = tell
        self._handsets = handsets
        self._people = people
        self._permissions: dict[tuple[str, str], Permission] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.refused: Counter[tuple[str, str, str, int]] = Counter()

    def of(self, number: str, user: str) -> Permission:
        """Return the permission of a user, by any of their ids, for a line."""
        return self.between(number, self._people.meet(user))

    def between(self, number: str, person: Person) -> Permission:
        pair = (key_of(number), person.key)
        return self._permissions.setdefault(pair, Permission())

    def check_call(self, number: str, person: Person) -> None:
        """Raise ApiRefusal when the business may not call this user now."""
        code = self.between(number, person).refuses_call(self._now())
        if code:
            self._refuse(number, person, "call", code)

    def _refuse(self, number: str, person: Person, what: str, code: int) -> None:
        self.refused[key_of(number), person.key, what, code] += 1
        raise ApiRefusal(code, f"no {what} to this user is allowed now")

    def request(self, number: str, person: Person) -> None:
        """Ask the user. Raise ApiRefusal when the business may not ask now."""
        permission = self.between(number, person)
        refusal = permission.refuses_request(self._now())
        if refusal:
            self._refuse(number, person, "request", refusal)
        permission.request(self._now())
        person.meet(number, self._now())
        handset = self._handsets.by_number(person.waid)
        if handset is not None:
            handset.ask(number)
            return
        task = asyncio.create_task(self._reply_later(number, person))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _reply_later(self, number: str, person: Person) -> None:
        habits = person.habits
        await asyncio.sleep(habits.reply_after)
        is_asked = self.between(number, person).is_asked(self._now())
        if habits.reply != "ignore" and is_asked:
            self.reply(number, person, habits.reply)

    def reply(self, number: str, person: Person, reply: str) -> None:
        """Reply for the user: grant (``temporary``, ``permanent``) or ``reject``.

        Works without a request too, as from the business's profile in WhatsApp.
        """
        permission = self.between(number, person)
        had = permission.kind_at(self._now()) is not PermissionKind.NONE
        if reply == "reject":
            permission.withdraw(self._now())
        elif reply in ("temporary", "permanent"):
            permission.grant(self._now(), permanent=reply == "permanent")
        else:
            raise ValueError("a reply is temporary, permanent or reject")
        self._announce(number, person, by_user=True, had=had)

    def count_unanswered(self, number: str, person: Person) -> None:
        consequence = self.between(number, person).call_unanswered(self._now())
        handset = self._handsets.by_number(person.waid)
        if consequence is Consequence.NUDGE and handset is not None:
            handset.nudge()
        if consequence is Consequence.REVOKE:
            self._announce(number, person, by_user=False, had=True)

    def _announce(
        self, number: str, person: Person, *, by_user: bool, had: bool
    ) -> None:
        permission = self.between(number, person)
        granted = permission.kind is not PermissionKind.NONE
        notice = Notice(
            kind=PERMISSION,
            number=number,
            tenant=self._tenant,
            ids=person.ids_for(number, self._now()),
            name=person.habits.name,
            at=self._now(),
            granted=granted,
            permanent=permission.kind is PermissionKind.PERMANENT,
            until=permission.until,
            by_user=by_user,
            revoked=had and not granted,
        )
        self._tell(notice)
        handset = self._handsets.by_number(person.waid)
        if handset is not None:
            handset.asked_by = ""
            handset.changed()

    async def reset(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._permissions.clear()
        self.refused.clear()
