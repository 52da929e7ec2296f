"""Users who change their number, their username or what they show."""

from callcenter.simulator import meta
from callcenter.simulator.notices import PERMISSION, Notice
from callcenter.simulator.people import Ids, Person, Profile
from callcenter.simulator.world import World


def change_ids(world: World, person: Person, profile: Profile) -> None:
    """Give a user other ids. Raise ValueError where one is somebody else's.

    WhatsApp tells the business by system messages, where the behaviour says so.
    """
    line = world.account.number
    before = person.ids_for(line, world.now())
    world.people.change(person, profile)
    if world.behaviour.system_messages:
        tell(world, person, before)


def tell(world: World, person: Person, before: Ids) -> None:
    """Post Meta's messages to where a user's answers go: they are the same field."""
    line, now = world.account.number, world.now()
    notice = Notice(
        kind=PERMISSION,
        number=line,
        tenant=world.account.tenant,
        ids=person.ids_for(line, now),
        name=person.habits.name,
        at=now,
    )
    bodies = []
    if before.waid and notice.ids.waid not in ("", before.waid):
        bodies.append(meta.changed_number(notice, before))
    if notice.ids.bsuid != before.bsuid:
        bodies.append(meta.changed_user_id(notice, before))
    for body in bodies:
        world.postman.send(PERMISSION, (person.key,), body, world.behaviour)
