"""The people who sign in, as others read of them."""

from django.contrib.auth.models import User


def shown_name(user: User) -> str:
    """Return the full name, or the username where there is none."""
    return user.get_full_name() or user.get_username()
