"""Every door, on one screen."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.i18n import set_language

from agents import exports as agent_time
from callcenter import health, views
from callcenter.exporting import audit_export
from callcenter.exporting.views import SUFFIXES, download
from callcenter.web import instead_views, sign_in_views
from callcenter.web.profile import profile
from calls.reporting import call_export
from calls.urls import urlpatterns as call_urls
from calls.urls import websocket_rights as call_rights
from calls.urls import websocket_urlpatterns as call_sockets
from permissions import exports as ledger

EXPORTS = (
    call_export.EXPORT,
    agent_time.EXPORT,
    ledger.EXPORT,
    audit_export.EXPORT,
)

urlpatterns = [
    path("", views.home, name="home"),
    path(
        "sign-in/",
        sign_in_views.SignIn.as_view(),
        name="login",
    ),
    path("sign-in/code/", sign_in_views.code, name="sign-in-code"),
    path("sign-in/instead/", instead_views.instead, name="sign-in-instead"),
    path("sign-in/set-up/", sign_in_views.set_up, name="sign-in-set-up"),
    path("profile/", profile, name="profile"),
    path("language/", set_language, name="language"),
    path("sign-out/", sign_in_views.SignOut.as_view(), name="logout"),
    path("admin/", admin.site.urls),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
    *[
        path(
            f"{export.address}.{suffix}",
            download,
            {"export": export, "suffix": suffix},
            name=export.url_name(suffix),
        )
        for export in EXPORTS
        for suffix in SUFFIXES
    ],
    *call_urls,
]

if settings.SIMULATOR:
    urlpatterns.append(path("simulator/", include("callcenter.simulator.urls")))

websocket_urlpatterns = call_sockets
websocket_rights = call_rights
