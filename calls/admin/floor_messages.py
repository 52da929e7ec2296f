"""Messages of supervisors to agents, and who has read them."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from agents import messaging
from agents.models import FloorMessage
from callcenter.admin_parts import ReadOnlyAdmin, badge, when
from calls import notify
from calls.lifecycle.directing import RIGHT


@admin.register(FloorMessage)
class FloorMessageAdmin(ReadOnlyAdmin):
    list_display = [
        "text",
        "sender_name",
        "sent_to",
        when("sent_at", "sent"),
        "state",
        "readers",
    ]
    search_fields = ["text", "sender_name", "sent_to"]
    search_help_text = gettext_lazy("Text, sender, queue or agent")
    date_hierarchy = "sent_at"
    actions = ["withdraw"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[FloorMessage]:
        counts = {
            "recipients": Count("receipts"),
            "read": Count("receipts__read_at"),
        }
        return super().get_queryset(request).annotate(**counts)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [
            "text",
            "sender_name",
            "sent_to",
            when("sent_at", "sent"),
            when("until", "shown until"),
            "state",
            "read_by",
            "not_read_by",
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return self.get_fields(request, obj)

    def has_withdraw_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(RIGHT)

    @admin.action(description=gettext_lazy("Withdraw"), permissions=["withdraw"])
    def withdraw(self, request: HttpRequest, chosen: QuerySet[FloorMessage]) -> None:
        count = 0
        for message in chosen:
            if message.is_current:
                notify.messages_changed(messaging.withdraw(message))
                self.log_change(request, message, "Withdrawn.")
                count += 1
        text = ngettext("{count} withdrawn.", "{count} withdrawn.", count)
        messages.success(request, text.format(count=count))

    @admin.display(description=gettext_lazy("state"), ordering="until")
    def state(self, message: FloorMessage) -> SafeString:
        if message.is_current:
            return badge("available", _("Shown"))
        return badge("offline", _("Over"))

    @admin.display(description=gettext_lazy("read"))
    def readers(self, message: Any) -> str:
        text = _("{read} of {count}")
        return text.format(read=message.read, count=message.recipients)

    @admin.display(description=gettext_lazy("read by"))
    def read_by(self, message: FloorMessage) -> str:
        return _names(message, is_read=True)

    @admin.display(description=gettext_lazy("not read by"))
    def not_read_by(self, message: FloorMessage) -> str:
        return _names(message, is_read=False)


def _names(message: FloorMessage, *, is_read: bool) -> str:
    receipts = message.receipts.filter(read_at__isnull=not is_read)
    names = receipts.order_by("agent__name").values_list("agent__name", flat=True)
    return ", ".join(names) or _("nobody")
