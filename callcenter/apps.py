from typing import Any

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig
from django.core.exceptions import ImproperlyConfigured

from callcenter.names import translate_names


class AdminConfig(DjangoAdminConfig):
    default_site = "callcenter.admin_site.CallCenterAdminSite"


class CallcenterConfig(AppConfig):
    name = "callcenter"
    verbose_name = "Wati"

    def ready(self) -> None:
        from celery.signals import beat_init, worker_init

        # These set what Celery does with rows, and what `manage.py check` looks at.
        from callcenter import audit, checks, roles, worker  # noqa: F401
        from callcenter.web import (  # noqa: F401  # checks and signals
            metrics_token,
            one_time_passwords,
            sign_in_counts,
        )

        for starts in (worker_init, beat_init):
            starts.connect(_refuse_demo)
        audit.listen()
        roles.listen()
        translate_names()


def _refuse_demo(**_: Any) -> None:
    """Stop a worker; Celery would log another error of a receiver, and go on."""
    from callcenter.checks import refuse_demo

    try:
        refuse_demo()
    except ImproperlyConfigured as problem:
        raise SystemExit(str(problem)) from None
