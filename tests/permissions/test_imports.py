"""Contacts from a file: nobody is lost on the way without a word."""

from datetime import time

import pytest
from django.db import DatabaseError

from permissions.imports import MOST_BYTES, NotUsable, import_contacts
from permissions.models import Contact
from tests.cast import CARLA

pytestmark = pytest.mark.django_db


def file(*lines: str, header: str = "number,name") -> bytes:
    return "\r\n".join([header, *lines]).encode()


def test_people_of_a_file_become_contacts():
    report = import_contacts(file("+49 1511 2345678,Carla", "+1 (415) 555-2671,Dario"))
    assert (report.rows, report.new, report.bad) == (2, 2, [])
    assert Contact.objects.get(waid=CARLA).name == "Carla"
    assert Contact.objects.get(waid="14155552671").name == "Dario"


def test_calling_hours_come_along():
    header = "Name;Phone;Time zone;Calls from;Calls until"
    import_contacts(
        file("Carla;+4915112345678;Europe/Berlin;9:00;18:30", header=header)
    )
    carla = Contact.objects.get()
    assert carla.time_zone == "Europe/Berlin"
    assert (carla.calls_from, carla.calls_until) == (time(9), time(18, 30))


def test_a_number_without_its_country_is_one_of_ours():
    import_contacts(file("01511 2345678,Carla"), near="4930123456")
    assert Contact.objects.get().waid == CARLA


@pytest.mark.parametrize(
    ("line", "cell", "reason"),
    [
        ("4930123456", CARLA, "+49 491 5112345678 / +49 1511 2345678"),
        ("34912345678", "6598765432", "+65 9876 5432"),
    ],
)
def test_a_number_that_may_be_another_is_not_imported_and_both_are_told(
    line: str, cell: str, reason: str
):
    [bad] = import_contacts(file(f"{cell},Carla"), near=line).bad
    assert bad.reason == (
        f"This number may be {reason}. Write it with + and its country code."
    )
    assert not Contact.objects.exists()


def test_a_file_may_say_that_its_numbers_have_their_country_code():
    rows = file(f"{CARLA},Carla", "34612345678,Dario", "01511 2345679,Nobody")
    report = import_contacts(rows, near="4930123456", has_country=True)
    assert report.new == 2
    assert [bad.line for bad in report.bad] == [4]
    assert Contact.objects.filter(waid__in=[CARLA, "34612345678"]).count() == 2


@pytest.mark.parametrize(
    ("line", "cell", "waid"),
    [
        ("34912345678", "612345678.0", "34612345678"),
        ("34912345678", "6.12345678E+08", "34612345678"),
        ("552134567890", "11987654321.0", "5511987654321"),
        ("4930123456", '"=""01511 2345678"""', CARLA),
        ("4930123456", "15112345678", CARLA),
    ],
)
def test_what_a_spreadsheet_makes_of_a_number_is_still_that_number(
    line: str, cell: str, waid: str
):
    import_contacts(file(f"{cell},Carla"), near=line)
    assert Contact.objects.get().waid == waid


def test_digits_that_a_spreadsheet_cut_off_are_not_made_up():
    [bad] = import_contacts(file("6.12E+08,Carla"), near="34912345678").bad
    assert "cut digits off" in bad.reason


@pytest.mark.parametrize(
    ("known", "cell"),
    [
        ("553188887766", "+55 31 98888-7766"),
        ("5531988887766", "+55 31 8888-7766"),
        ("5215512345678", "+52 55 1234 5678"),
        ("5491155554444", "+54 11 5555-4444"),
        ("541155554444", "+54 9 11 5555-4444"),
    ],
)
def test_a_number_is_one_person_in_each_form_that_whatsapp_writes(
    known: str, cell: str
):
    Contact.objects.create(waid=known)
    report = import_contacts(file(f"{cell},Carla", f"+{known},Carla again"))
    assert (report.new, report.completed, len(report.bad)) == (0, 1, 1)
    assert report.bad[0].reason == "The same number is on line 2."
    contact = Contact.objects.get()
    assert (contact.waid, contact.name) == (known, "Carla")


def test_what_is_known_is_never_changed_and_what_is_empty_is_filled_in():
    Contact.objects.create(waid=CARLA, name="Carla Ferreira")
    Contact.objects.create(waid="14155552671")
    data = file("+14155552671,Dario", f"{CARLA},Somebody else")
    report = import_contacts(data)
    assert (report.new, report.completed, report.known) == (0, 1, 1)
    assert set(Contact.objects.values_list("name", flat=True)) == {
        "Carla Ferreira",
        "Dario",
    }
    again = import_contacts(data)
    assert (again.new, again.completed, again.known) == (0, 0, 2)


def test_a_rehearsal_tells_the_same_and_writes_nothing():
    data = file("+4915112345678,Carla", "nonsense,Nobody")
    told = import_contacts(data, rehearse=True)
    assert not Contact.objects.exists()
    done = import_contacts(data)
    assert (told.new, told.bad) == (done.new, done.bad)
    assert told.is_rehearsal
    assert not done.is_rehearsal


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("call me,Carla", "country code"),
        ("+1 415,Carla", "not a complete phone number"),
        (",Carla", "country code"),
        ("+4915112345678,", "name is missing"),
        ("+4915112345678", "name is missing"),
        ("+4915112345678,Car\0la", "cannot be stored"),
        (f"+4915112345678,{'C' * 201}", "at most 200"),
        ("+4915112345678,Carla,Berlin", "not a time zone"),
        ("+4915112345678,Carla,,9:00", "both ends"),
        ("+4915112345678,Carla,,nine,ten", "HH:MM"),
    ],
)
def test_a_bad_row_is_told_with_its_line_and_why(row: str, words: str):
    header = "number,name,time_zone,calls_from,calls_until"
    report = import_contacts(file("", "+14155552671,Dario", row, header=header))
    [bad] = report.bad
    assert bad.line == 4
    assert words in bad.reason
    assert report.new == 1
    assert Contact.objects.get().name == "Dario"


def test_a_number_that_comes_twice_counts_once():
    report = import_contacts(file("+4915112345678,Carla", "004915112345678,Carlotta"))
    [bad] = report.bad
    assert bad.reason == "The same number is on line 2."
    assert Contact.objects.get().name == "Carla"


def test_text_marks_of_spreadsheets_do_no_harm():
    import_contacts("\ufeffNumber\tName\r\n'+4915112345678\tCarla".encode())
    assert Contact.objects.get().waid == CARLA


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "must be the column headings"),
        (b"+4915112345678,Carla", "must be the column headings"),
        (b"number\r\n+4915112345678", "“name”"),
        ("number,name\r\n1,Amélie".encode("latin-1"), "UTF-8"),
        (b"\x89PNG\r\n\x1a\n\0", "UTF-8"),
        (b"x" * (MOST_BYTES + 1), "1 MB"),
        (b"number,name\r\n" + b"1,x\r\n" * 10_001, "10000 rows"),
        (b'number,name\r\n1,"' + b"x" * 200_000, "not CSV"),
    ],
)
def test_a_file_that_is_none_is_refused_as_a_whole(data: bytes, words: str):
    with pytest.raises(NotUsable, match=words):
        import_contacts(data)
    assert not Contact.objects.exists()


def test_many_people_are_written_together():
    rows = [f"+49151{number:08},Person {number}" for number in range(1200)]
    assert import_contacts(file(*rows)).new == 1200
    assert Contact.objects.count() == 1200


def test_when_the_server_fails_half_way_nobody_is_imported(monkeypatch):
    done = []
    really = Contact.objects.bulk_create

    def fail_second_time(*args, **kwargs):
        done.append(1)
        if len(done) == 2:
            raise DatabaseError("gone")
        return really(*args, **kwargs)

    monkeypatch.setattr(Contact.objects, "bulk_create", fail_second_time)
    rows = [f"+49151{number:08},Person {number}" for number in range(700)]
    with pytest.raises(DatabaseError):
        import_contacts(file(*rows))
    assert not Contact.objects.exists()
