from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from callcenter import admin_parts
from permissions.models import Contact
from permissions.numbers import display

FIRST_HEARD = admin_parts.when("created_at", "first heard of")


@admin.register(Contact)
class ContactAdmin(admin.ModelAdmin):
    """People on WhatsApp. Their id is WhatsApp's; only the name is ours to mend."""

    list_display = [
        "__str__",
        "number_as_read",
        "calls_link",
        FIRST_HEARD,
    ]
    search_fields = ["name", "waid", "bsuid"]
    search_help_text = "Name or number"
    date_hierarchy = "created_at"
    show_full_result_count = False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return ["name", *self.get_readonly_fields(request, obj)]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return ["number_as_read", "waid", "bsuid", "calls_link", FIRST_HEARD]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Contact]:
        contacts: QuerySet[Contact] = super().get_queryset(request)
        return contacts.annotate(call_count=Count("calls"))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Contact], search_term: str
    ) -> tuple[QuerySet[Contact], bool]:
        term = admin_parts.search_term(search_term)
        return super().get_search_results(request, queryset, term)

    @admin.display(description="number", ordering="waid")
    def number_as_read(self, contact: Contact) -> str:
        return display(contact.waid or "")

    @admin.display(description="calls", ordering="call_count")
    def calls_link(self, contact: Any) -> SafeString:
        log = reverse("admin:calls_call_changelist")
        return format_html(
            '<a href="{}?contact__id__exact={}">{}</a>',
            log,
            contact.pk,
            contact.call_count,
        )
