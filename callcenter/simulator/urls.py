"""Doors of the simulator: included under /simulator/ when SIMULATOR=1."""

from django.urls import path

from callcenter.simulator import views_control, views_page, views_users, views_wati

CALLS = "wati/<str:tenant>/api/v1/openapi/whatsapp/calls"

app_name = "simulator"
urlpatterns = [
    path("", views_page.phone, name="phone"),
    path("page/open", views_page.open_phone, name="page-open"),
    path("page/<str:token>/state", views_page.state),
    path("page/<str:token>/<str:action>", views_page.act),
    # Wati's calling API. Call ids may hold slashes.
    path(f"{CALLS}/permissions/<str:waid>", views_wati.permissions),
    path(f"{CALLS}/call-permission-request/<str:waid>", views_wati.permission_request),
    path(f"{CALLS}/outbound-call/<str:waid>", views_wati.outbound_call),
    path(f"{CALLS}/<path:call_id>/accept", views_wati.accept),
    path(f"{CALLS}/<path:call_id>/terminate", views_wati.terminate),
    # Control, for tests and demos.
    path("api/calls", views_control.calls),
    path("api/call", views_control.call),
    path("api/call/<str:action>", views_control.act),
    path("api/heard", views_control.heard),
    path("api/heard.wav", views_control.heard_wav),
    path("api/people/<str:waid>", views_control.person),
    path("api/permissions/<str:waid>", views_control.permission),
    path("api/users", views_users.users),
    path("api/users/<str:user>", views_users.user),
    path("api/belief/<str:user>", views_users.truth),
    path("api/behaviour", views_control.behaviour),
    path("api/faults/rest", views_control.rest_fault),
    path("api/faults/webhook", views_control.webhook_fault),
    path("api/faults/clear", views_control.clear_faults),
    path("api/requests", views_control.requests),
    path("api/webhooks", views_control.webhooks),
    path("api/clock", views_control.clock),
    path("api/settle", views_control.settle),
    path("api/reset", views_control.reset),
]
