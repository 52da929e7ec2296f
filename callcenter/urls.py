"""Every door, on one screen."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path
from django.views.i18n import set_language

from agents import views as agent_views
from callcenter import health, views
from calls.urls import urlpatterns as call_urls
from calls.urls import websocket_urlpatterns as call_sockets
from permissions import views as permission_views

urlpatterns = [
    path("", views.home, name="home"),
    path(
        "sign-in/", LoginView.as_view(extra_context=views.demo_logins()), name="login"
    ),
    path("language/", set_language, name="language"),
    path("sign-out/", LogoutView.as_view(), name="logout"),
    path("admin/", admin.site.urls),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
    path("permissions/export.csv", permission_views.export, name="export-permissions"),
    path("agents/time.csv", agent_views.export, name="export-agent-time"),
    *call_urls,
]

if settings.SIMULATOR:
    urlpatterns.append(path("simulator/", include("callcenter.simulator.urls")))

websocket_urlpatterns = call_sockets
