import secrets
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import IntegrityError, transaction

from callcenter import roles
from callcenter.models import ONE_TIME_PASSWORD_LASTS, OneTimePassword

# Without what looks alike; 16 of them have 79 bits.
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
GROUPS, GROUP = 4, 4


class Command(BaseCommand):
    help = (
        "Create a supervisor with all rights and print a one-time password, which must "
        "be changed at the first sign-in."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="The username.")
        parser.add_argument(
            "--reset",
            action="store_true",
            help="Give a supervisor that exists a new one-time password.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        name, password = options["name"], new_password()
        with transaction.atomic():
            user = find(name) if options["reset"] else create(name)
            user.set_password(password)
            user.save()
            roles.give(user, roles.SUPERVISOR, roles.ADMINISTRATOR, roles.LISTENER)
            OneTimePassword.objects.create(user=user)
        done = "New password for" if options["reset"] else "Created"
        days = ONE_TIME_PASSWORD_LASTS.days
        self.stdout.write(
            f"{done} the supervisor {name}.\n"
            f"One-time password: {password}\n"
            f"It is shown only now, is valid for {days} days, and must be changed at "
            "the first sign-in."
        )


def new_password() -> str:
    letters = [secrets.choice(LETTERS) for _ in range(GROUPS * GROUP)]
    groups = ["".join(letters[at::GROUPS]) for at in range(GROUPS)]
    return "-".join(groups)


def create(name: str) -> User:
    user = User(username=User.normalize_username(name))
    user.is_staff = user.is_superuser = True
    try:
        user.full_clean(exclude=["password"], validate_unique=False)
    except ValidationError as problem:
        raise CommandError(" ".join(problem.messages)) from None
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:
        raise CommandError(
            f"There is a user {name} already. For a new one-time password: "
            f"create_supervisor {name} --reset"
        ) from None
    return user


def find(name: str) -> User:
    user = User.objects.filter(username=name).first()
    if user is None:
        raise CommandError(f"There is no user {name}.")
    if not user.is_superuser:
        raise CommandError(
            f"{name} is no supervisor with all rights; one of those can set this "
            "password in the admin."
        )
    if not user.is_active:
        raise CommandError(
            f"{name} is deactivated. Create another supervisor, who can change that."
        )
    return user
