"""The second factor: a code of an authenticator app, or a recovery code, each once."""

import time
from hashlib import sha256
from hmac import compare_digest

import pyotp
import segno
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.utils import timezone

from callcenter import audit
from callcenter.models import SecondFactor

GIVEN = "second_factor"  # in a session that was opened with both
STEP = 30  # seconds
RECOVERY_CODES = 10
ISSUER = "Call center"


def is_required(*, is_staff: bool) -> bool:
    policy = settings.SECOND_FACTOR
    return policy == "everyone" or (policy == "staff" and is_staff)


def is_missing(user: AbstractBaseUser | AnonymousUser, session: SessionBase) -> bool:
    """Say whether this session may do nothing before a second factor is shown."""
    is_staff = getattr(user, "is_staff", False)
    return (
        user.is_authenticated
        and is_required(is_staff=is_staff)
        and not session.get(GIVEN)
    )


def of(user: User) -> SecondFactor | None:
    """Return the second factor to ask for at sign-in."""
    if settings.SECOND_FACTOR == "off":
        return None
    return SecondFactor.objects.filter(user=user).exclude(confirmed_at=None).first()


def begin(user: User) -> SecondFactor:
    """Return one to be set up; its secret stays the same until that is done."""
    factor, _ = SecondFactor.objects.get_or_create(
        user=user, defaults={"secret": pyotp.random_base32()}
    )
    if not factor.secret:  # no key opens it any more
        factor.secret = pyotp.random_base32()
        factor.save()
    return factor


def address_of(factor: SecondFactor) -> str:
    """Return what the QR code says to the app."""
    app = pyotp.TOTP(factor.secret)
    name = factor.user.get_username()
    return app.provisioning_uri(name=name, issuer_name=ISSUER)


def qr_code(factor: SecondFactor) -> str:
    """Return it as SVG with attributes alone, which our content policy allows."""
    code = segno.make(address_of(factor), error="m")
    return str(code.svg_inline(scale=5, dark="#000", light="#fff", svgclass="qr"))


def confirm(user: User, code: str) -> list[str] | None:
    """Finish the set-up with its first code. Return recovery codes, shown once."""
    if not _is_right_now(user, code, confirmed=False):
        return None
    SecondFactor.objects.filter(user=user).update(confirmed_at=timezone.now())
    _record(user, "set up")
    return new_recovery_codes(user)


def new_recovery_codes(user: User) -> list[str]:
    """Make recovery codes in place of the old ones; only their hashes are kept."""
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    hashes = [_hash(code) for code in codes]
    SecondFactor.objects.filter(user=user).update(recovery_hashes=hashes)
    _record(user, "new recovery codes")
    return codes


def remove(user: User) -> None:
    SecondFactor.objects.filter(user=user).delete()
    _record(user, "removed")


def _record(user: User, details: str) -> None:
    audit.record(audit.Action.SECOND_FACTOR, user, details, user=user)


def is_right(user: User, code: str) -> bool:
    """Use up a code of either kind; it counts once."""
    return _is_right_now(user, code, confirmed=True) or _use_recovery(user, code)


def _is_right_now(user: User, code: str, *, confirmed: bool) -> bool:
    code = "".join(code.split())
    now = int(time.time()) // STEP
    with transaction.atomic():
        factor = _locked(user)
        if factor is None or (factor.confirmed_at is not None) != confirmed:
            return False
        app = pyotp.TOTP(factor.secret)
        for step in (now - 1, now, now + 1):  # clocks differ, and people are slow
            known = app.generate_otp(step)
            if step > factor.last_step and compare_digest(
                known.encode(), code.encode()
            ):
                factor.last_step = step
                factor.save(update_fields=["last_step"])
                return True
    return False


def _use_recovery(user: User, code: str) -> bool:
    with transaction.atomic():
        factor = _locked(user)
        if factor is None or _hash(code) not in factor.recovery_hashes:
            return False
        factor.recovery_hashes.remove(_hash(code))
        factor.save(update_fields=["recovery_hashes"])
        _record(user, "recovery code used")
        return True


def _locked(user: User) -> SecondFactor | None:
    return SecondFactor.objects.select_for_update().filter(user=user).first()


def _recovery_code() -> str:
    text = pyotp.random_base32()[:16].lower()
    return "-".join(text[at : at + 4] for at in range(0, 16, 4))


def _hash(code: str) -> str:
    """Hash a code of 80 random bits, which needs no slow hash."""
    plain = "".join(code.lower().replace("-", " ").split())
    return sha256(plain.encode()).hexdigest()
