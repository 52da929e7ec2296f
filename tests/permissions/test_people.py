"""Who is this? Whatever a message names them by, and in whatever order."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import permutations

import pytest
from django.db import connection
from django.utils import timezone

from callcenter.models import WatiAccount
from callcenter.wati.events import Person
from permissions import merging, people
from permissions.models import Contact, ContactId, Merge
from tests.cast import CARLA, Cast

CARLAS_ID = "DE.8812345678901234568"
MEXICAN = ("5215512345678", "525512345678")
BRAZILIAN = ("5531988887766", "553188887766")
ARGENTINE = ("5491123456789", "541123456789")


def ids_of(contact: Contact) -> set[str]:
    return {one.value for one in contact.ids.all()}


def test_nobody_is_nobody(cast: Cast):
    assert people.remember(cast.account, Person(name="Carla")) is None


def test_a_caller_who_hides_the_number_is_known_again(cast: Cast):
    first = people.remember(cast.account, Person(bsuids=(CARLAS_ID,), name="Carla"))
    again = people.remember(cast.account, Person(bsuids=(CARLAS_ID,)))
    assert first == again
    assert first
    assert first.waid is None


def test_a_number_and_a_user_id_in_one_message_are_one_person(cast: Cast):
    hidden = people.remember(cast.account, Person(bsuids=(CARLAS_ID,)))
    both = people.remember(cast.account, Person(CARLA, bsuids=(CARLAS_ID,)))
    assert both == hidden == people.remember(cast.account, Person(CARLA))
    assert both
    assert both.waid == CARLA


def test_the_business_above_has_a_user_id_of_its_own(cast: Cast):
    person = Person(bsuids=(CARLAS_ID, "DE.ENT.parent"))
    carla = people.remember(cast.account, person)
    by_parent = people.remember(cast.account, Person(bsuids=("DE.ENT.parent",)))
    assert carla == by_parent


def test_a_user_id_is_of_one_account(cast: Cast):
    other = WatiAccount.objects.create(name="Other", base_url="https://wati.example")
    ours = people.remember(cast.account, Person(bsuids=("DE.1",)))
    assert people.remember(other, Person(bsuids=("DE.1",))) != ours


@pytest.mark.parametrize("forms", [MEXICAN, BRAZILIAN, ARGENTINE])
def test_two_forms_of_a_number_are_one_person(cast: Cast, forms: tuple[str, str]):
    typed = people.dialed(forms[0])
    heard = people.remember(cast.account, Person(forms[1]))
    assert typed == heard == people.dialed(forms[0])
    assert heard
    assert heard.waid == forms[1]


def test_what_a_person_types_does_not_change_the_number_to_call(cast: Cast):
    people.remember(cast.account, Person(BRAZILIAN[1]))
    assert people.dialed(BRAZILIAN[0]).waid == BRAZILIAN[1]


def test_a_brazilian_landline_is_nobody_elses_mobile(cast: Cast):
    assert people.dialed("554532782153") != people.dialed("5545932782153")


IDS = (Person(CARLA), Person(bsuids=(CARLAS_ID,)), Person(username="carla"))
MEXICAN_TWICE = (Person(MEXICAN[0]), Person(MEXICAN[1]))
JOINTS = (
    Person(CARLA, bsuids=(CARLAS_ID,)),
    Person(bsuids=(CARLAS_ID,), username="carla"),
)


def test_in_any_order_it_comes_to_one_person(cast: Cast):
    for order in permutations(IDS + JOINTS):
        for person in order:
            people.remember(cast.account, person)
        carla = Contact.objects.get()
        assert ids_of(carla) == {CARLA, CARLAS_ID, "carla"}
        assert (carla.waid, carla.bsuid, carla.username) == (CARLA, CARLAS_ID, "carla")
        carla.delete()


def test_a_username_that_passes_to_somebody_else_joins_nobody(cast: Cast):
    carla = people.remember(cast.account, Person(CARLA, username="bob"))
    bob = people.remember(cast.account, Person("4915100000002", username="Bob"))
    assert carla != bob
    assert people.remember(cast.account, Person(username="bob")) == bob
    assert carla
    assert Contact.objects.get(pk=carla.pk).username == ""


def test_a_new_number_of_a_known_user_id_is_the_one_to_call(cast: Cast):
    people.remember(cast.account, Person(CARLA, bsuids=(CARLAS_ID,)))
    moved = people.remember(cast.account, Person("4915100000002", bsuids=(CARLAS_ID,)))
    assert moved
    assert moved.waid == "4915100000002"
    assert people.remember(cast.account, Person(CARLA)) == moved


def test_a_merge_that_was_undone_is_not_made_again(cast: Cast):
    people.remember(cast.account, Person(CARLA))
    people.remember(cast.account, Person(bsuids=(CARLAS_ID,)))
    people.remember(cast.account, Person(CARLA, bsuids=(CARLAS_ID,)))
    merging.undo(Merge.objects.get(), user=cast.sofia)
    both = people.remember(cast.account, Person(CARLA, bsuids=(CARLAS_ID,)))
    assert both == people.dialed(CARLA)
    assert Contact.objects.count() == 2


def test_a_contact_that_was_merged_is_found_by_its_old_key(cast: Cast):
    carla = people.remember(cast.account, Person(CARLA))
    hidden = people.remember(cast.account, Person(bsuids=(CARLAS_ID,)))
    people.remember(cast.account, Person(CARLA, bsuids=(CARLAS_ID,)))
    assert hidden
    assert people.contact_with(hidden.pk) == carla
    assert people.contact_with(999_999) is None


def test_a_handle_is_the_title_of_who_has_no_name(cast: Cast):
    bob = people.remember(cast.account, Person(bsuids=("US.1",), username="bob"))
    assert bob
    assert str(bob) == bob.called == "@bob"


def test_a_known_caller_costs_one_statement(cast: Cast, django_assert_num_queries):
    person = Person(CARLA, "Carla", (CARLAS_ID,), "carla")
    people.remember(cast.account, person)
    with django_assert_num_queries(1):
        people.remember(cast.account, person)


def test_every_number_has_its_row(cast: Cast):
    Contact.objects.create(waid=CARLA, name="Carla")
    people.add_all([Contact(waid=BRAZILIAN[0]), Contact(waid=MEXICAN[0])])
    people.add_all([Contact(waid=BRAZILIAN[1])])
    assert ContactId.objects.count() == Contact.objects.count() == 3
    assert set(people.known_numbers([BRAZILIAN[1], CARLA])) == {BRAZILIAN[1], CARLA}


def test_the_older_contact_is_kept(cast: Cast):
    old = people.remember(cast.account, Person(bsuids=(CARLAS_ID,)))
    Contact.objects.update(created_at=timezone.now() - timedelta(days=9))
    people.remember(cast.account, Person(CARLA))
    assert people.remember(cast.account, Person(CARLA, bsuids=(CARLAS_ID,))) == old


def test_messages_at_once_make_one_contact(cast: Cast):
    said = [*IDS, *JOINTS, *MEXICAN_TWICE] * 2

    def hear(person: Person) -> None:
        try:
            people.remember(cast.account, person)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(hear, said))
    for person in said:  # what could not be joined in the tumult is joined now
        people.remember(cast.account, person)
    assert Contact.objects.count() == 2


def test_whoever_gets_a_new_number_stays_the_same_person(cast: Cast):
    carla = people.remember(cast.account, Person(CARLA, "Carla"))
    new = Person("4915100000002")
    assert people.changed(cast.account, new, Person(CARLA)) == carla
    assert people.remember(cast.account, new) == carla
    assert people.dialed(CARLA).waid == "4915100000002"


def test_whoever_gets_a_new_user_id_stays_the_same_person(cast: Cast):
    old, new = Person(bsuids=("DE.1",)), Person(bsuids=("DE.2",), username="carla")
    carla = people.remember(cast.account, old)
    assert people.changed(cast.account, new, old) == carla
    assert people.remember(cast.account, Person(bsuids=("DE.2",))) == carla
