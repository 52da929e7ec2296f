"""The openings that a demo leaves to strangers: its password, the simulator's key."""

from collections.abc import Iterator

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Q

from callcenter.models import DemoRow, WatiAccount


def demo_users() -> list[User]:
    """Return the users of the demo who still have its password, whatever their name."""
    marked = DemoRow.objects.filter(model=User._meta.label).values("key")
    known = User.objects.filter(
        Q(pk__in=marked) | Q(username__in=settings.DEMO_USERS)
    ).order_by("pk")
    return [user for user in known if user.check_password(settings.DEMO_PASSWORD)]


def open_accounts() -> list[WatiAccount]:
    """Return accounts whose webhooks anybody can write: that key is public."""
    key = settings.SIMULATOR_WEBHOOK_KEY
    return [one for one in WatiAccount.objects.all() if key in one.webhook_keys()]


def dangers() -> Iterator[str]:
    """Say in sentences what may not be there outside of a demo."""
    names = [user.get_username() for user in demo_users() if user.is_active]
    if names:
        listed = ", ".join(names)
        yield f"The demo's password, which everybody knows, signs in: {listed}."
    for account in open_accounts():
        if account.is_active:
            yield (
                f"The Wati account “{account.name}” takes webhooks with the "
                "simulator's key, which everybody knows."
            )
