"""Webhooks, requests to Wati, and the nodes; read-only."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from callcenter.admin_parts import ReadOnlyAdmin, badge, link_to, when
from callcenter.shared_clock import SharedNow
from calls.models import Call, Node, WatiRequest, WebhookDelivery
from calls.reporting.filters import KindFilter
from calls.reporting.labels import kind_name
from calls.signaling.redaction import readable
from calls.webhooks import processor


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    date_hierarchy = "received_at"
    ordering = ["-received_at", "-pk"]
    list_select_related = ["account"]
    list_display = [
        when("received_at", "received"),
        "name_at_wati",
        "state",
        "problem",
        "wati_call_id",
        "copies",
        "account",
    ]
    list_filter = ["status", KindFilter, "account"]
    search_fields = ["wati_call_id", "problem"]
    search_help_text = gettext_lazy("Wati call ID or error")
    actions = ["replay"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookDelivery]:
        return super().get_queryset(request).defer("body")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [
            "name_at_wati",
            "state",
            "problem",
            "call",
            "recognized_as",
            "place",
            when("received_at", "received"),
            when("sent_at", "sent"),
            "account",
            "business_number",
            "wati_call_id",
            "copies",
            "attempts",
            when("next_attempt_at", "next attempt"),
            "remote_address",
            "whole_body" if request.user.is_superuser else "body_without_sdp",
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return self.get_fields(request, obj)

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("calls.change_webhookdelivery")

    @admin.action(
        description=gettext_lazy("Replay webhooks that need attention"),
        permissions=["replay"],
    )
    def replay(
        self, request: HttpRequest, deliveries: QuerySet[WebhookDelivery]
    ) -> None:
        dead = deliveries.filter(status=WebhookDelivery.Status.DEAD)
        chosen = list(dead.order_by("received_at", "pk").values_list("pk", flat=True))
        for pk in chosen:
            processor.replay(pk)
        replayed = WebhookDelivery.objects.filter(pk__in=chosen)
        useless = replayed.filter(status=WebhookDelivery.Status.DEAD).count()
        failed = replayed.filter(status=WebhookDelivery.Status.NEW).count()
        count = len(chosen) - useless - failed
        messages.success(request, _("{count} replayed.").format(count=count))
        if useless:
            text = _("{count} still need attention; see the error of each.")
            messages.warning(request, text.format(count=useless))
        if failed:
            text = _("{count} failed again and will be retried.")
            messages.warning(request, text.format(count=failed))

    @admin.display(description=gettext_lazy("webhook"), ordering="kind")
    def name_at_wati(self, delivery: WebhookDelivery) -> str:
        return kind_name(delivery.kind)

    @admin.display(description=gettext_lazy("recognized as"), ordering="said_kind")
    def recognized_as(self, delivery: WebhookDelivery) -> str:
        return kind_name(delivery.said_kind) or "-"

    @admin.display(description=gettext_lazy("part of the body"))
    def place(self, delivery: WebhookDelivery) -> str:
        part, parts = delivery.part + 1, delivery.parts
        return _("{part} of {parts}").format(part=part, parts=parts)

    @admin.display(description=gettext_lazy("state"), ordering="status")
    def state(self, delivery: WebhookDelivery) -> SafeString:
        return badge(delivery.status, delivery.get_status_display())

    @admin.display(description=gettext_lazy("call"))
    def call(self, delivery: WebhookDelivery) -> str | SafeString:
        call = Call.objects.logged().filter(
            account_id=delivery.account_id, wati_call_id=delivery.wati_call_id
        )
        found = (
            call.select_related("contact").first() if delivery.wati_call_id else None
        )
        return link_to(found) if found else _("None")

    @admin.display(description=gettext_lazy("body"))
    def whole_body(self, delivery: WebhookDelivery) -> SafeString:
        return _preformatted(readable(bytes(delivery.body), with_sdp=True))

    @admin.display(description=gettext_lazy("body"))
    def body_without_sdp(self, delivery: WebhookDelivery) -> SafeString:
        return _preformatted(readable(bytes(delivery.body), with_sdp=False))


def _preformatted(text: str) -> SafeString:
    return format_html('<pre class="body">{}</pre>', text)


def deliveries_of(call: Call) -> list[dict[str, Any]]:
    """Return the webhooks that named a call, for the table on its page."""
    mine = WebhookDelivery.objects.filter(
        account_id=call.account_id, wati_call_id=call.wati_call_id
    )
    rows = mine.defer("body").order_by("received_at", "pk")
    return [{"row": row, "what": kind_name(row.kind)} for row in rows]


@admin.register(WatiRequest)
class WatiRequestAdmin(ReadOnlyAdmin):
    date_hierarchy = "created_at"
    ordering = ["-created_at", "-pk"]
    list_select_related = ["call__contact", "plan__contact", "account"]
    list_display = [
        when("created_at", "created"),
        "verb",
        "state",
        "http_status",
        "error_code",
        "problem",
        "words",
        "attempts",
        "call_link",
        "account",
    ]
    list_filter = ["status", "verb", "needs_admin", "account"]
    search_fields = ["call__wati_call_id", "problem", "words"]
    search_help_text = gettext_lazy("Wati call ID or error")

    @admin.display(description=gettext_lazy("state"), ordering="status")
    def state(self, request: WatiRequest) -> SafeString:
        return badge(request.status, request.get_status_display())

    @admin.display(description=gettext_lazy("about"))
    def call_link(self, request: WatiRequest) -> SafeString | str:
        about = request.call or request.plan
        return link_to(about) if about else ""


@admin.register(Node)
class NodeAdmin(ReadOnlyAdmin):
    ordering = ["name"]
    list_display = [
        "name",
        "state",
        "load",
        when("lease_until", "lease until"),
        "epoch",
        "url",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Node]:
        nodes: QuerySet[Node] = super().get_queryset(request)
        # As `placement` judges leases: not by the clock of this machine.
        return nodes.annotate(has_lease=Q(lease_until__gt=SharedNow()))

    @admin.display(description=gettext_lazy("state"))
    def state(self, node: Any) -> SafeString:
        if not node.has_lease:
            return badge("failed", _("Not running"))
        return (
            badge("waiting", _("Draining"))
            if node.draining
            else badge("ok", _("Running"))
        )

    @admin.display(description=gettext_lazy("live calls"))
    def load(self, node: Node) -> str:
        return _("{count} of {most}").format(count=node.calls, most=node.max_calls)
