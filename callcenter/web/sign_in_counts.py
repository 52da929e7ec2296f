"""Count sign-ins for /metrics; by Django's signals, whatever page they come from."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.dispatch import receiver

from callcenter.instruments import SIGN_INS


@receiver(user_logged_in)
def _signed_in(**_: Any) -> None:
    SIGN_INS.labels("done").inc()


@receiver(user_login_failed)
def _failed(**_: Any) -> None:
    SIGN_INS.labels("wrong").inc()
