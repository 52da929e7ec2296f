"""The simulator's control desk: users with all their ids, and the truth about them."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from callcenter.simulator.belief import belief
from callcenter.simulator.changes import change_ids
from callcenter.simulator.errors import NoSuchCall
from callcenter.simulator.http import BadRequest, control, read_object
from callcenter.simulator.people import (
    Person,
    Profile,
    WhatsAppUser,
    profile_of,
    shown,
)
from callcenter.simulator.service import the_world


@csrf_exempt
@require_http_methods(["GET", "POST"])
@control
async def users(request: HttpRequest) -> HttpResponseBase:
    """List the users, or add one (fields of Profile, and ``habits``)."""
    people = the_world().people
    if request.method == "GET":
        return JsonResponse({"users": [shown(person) for person in people]})
    given = read_object(request)
    habits = read_habits(given, WhatsAppUser())
    person = people.add(Profile.parse(given))
    person.habits = habits
    return JsonResponse(shown(person))


@csrf_exempt
@require_http_methods(["GET", "POST"])
@control
async def user(request: HttpRequest, user: str) -> HttpResponseBase:
    """Read the ids of a user, or change some of them, and their ``habits``."""
    person = read_user(user)
    if request.method == "POST":
        given = read_object(request)
        habits = read_habits(given, person.habits)
        change_ids(the_world(), person, Profile.parse(given, profile_of(person)))
        person.habits = habits
    return JsonResponse(shown(person))


@require_GET
@control
async def truth(request: HttpRequest, user: str) -> HttpResponseBase:
    """Return all that WhatsApp knows about a user and a business ``number``."""
    world = the_world()
    line = request.GET.get("number", "") or world.account.number
    return JsonResponse(belief(world, line, read_user(user)))


def read_habits(given: dict[str, Any], base: WhatsAppUser) -> WhatsAppUser:
    habits = given.pop("habits", {})
    if not isinstance(habits, dict):
        raise BadRequest("habits must be an object")
    return WhatsAppUser.parse(habits, base)


def read_user(word: str) -> Person:
    person = the_world().people.find(word)
    if person is None:
        raise NoSuchCall("no such user", 404)
    return person
