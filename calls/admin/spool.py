"""Webhooks that were kept on the disk, and cannot be stored."""

import json
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from callcenter.admin_parts import ReadOnlyAdmin, when
from calls.models import SetAsideLine
from calls.signaling.redaction import readable
from calls.webhooks import spool_import

MOST_SHOWN = 4096  # bytes of a line that is no webhook


@admin.register(SetAsideLine)
class SetAsideLineAdmin(ReadOnlyAdmin):
    ordering = ["-found_at", "-pk"]
    list_display = [when("found_at", "found"), "reason", "file"]
    actions = ["import_again"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[SetAsideLine]:
        return super().get_queryset(request).defer("line")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        shown = "whole_line" if request.user.is_superuser else "line_without_sdp"
        return ["reason", when("found_at", "found"), "file", shown]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return self.get_fields(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let the alert be cleared, once somebody has read what it was."""
        return request.user.has_perm("calls.delete_setasideline")

    def has_import_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("calls.change_webhookdelivery")

    @admin.action(
        description=gettext_lazy("Import webhooks from the disk again"),
        permissions=["import"],
    )
    def import_again(
        self, request: HttpRequest, chosen: QuerySet[SetAsideLine]
    ) -> None:
        tried = [spool_import.import_again(line) for line in chosen.order_by("pk")]
        done, useless = tried.count(True), tried.count(False)
        if done:
            messages.success(request, _("{count} imported.").format(count=done))
        if useless:
            text = _("{count} still cannot be stored; see the error of each.")
            messages.warning(request, text.format(count=useless))

    @admin.display(description=gettext_lazy("error"), ordering="problem")
    def reason(self, line: SetAsideLine) -> str:
        return _(line.problem)

    @admin.display(description=gettext_lazy("line"))
    def whole_line(self, line: SetAsideLine) -> SafeString:
        return _preformatted(_text_of(bytes(line.line), with_sdp=True))

    @admin.display(description=gettext_lazy("line"))
    def line_without_sdp(self, line: SetAsideLine) -> SafeString:
        return _preformatted(_text_of(bytes(line.line), with_sdp=False))


def _text_of(line: bytes, *, with_sdp: bool) -> str:
    """Return the body within a line; of what is no webhook its beginning."""
    try:
        body = bytes.fromhex(json.loads(line)["body"])
    except Exception:  # whatever a program that is not ours has written
        return line[:MOST_SHOWN].decode("utf-8", "replace") if with_sdp else ""
    return readable(body, with_sdp=with_sdp)


def _preformatted(text: str) -> SafeString:
    return format_html('<pre class="body">{}</pre>', text)
