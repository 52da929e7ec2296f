from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig

from callcenter.names import translate_names


class AdminConfig(DjangoAdminConfig):
    default_site = "callcenter.admin_site.CallCenterAdminSite"


class CallcenterConfig(AppConfig):
    name = "callcenter"
    verbose_name = "Wati"

    def ready(self) -> None:
        from callcenter import (
            audit,
            worker,  # noqa: F401  # sets what Celery does with rows
        )
        from callcenter.web import one_time_passwords  # noqa: F401  # a signal

        audit.listen()
        translate_names()
