"""People on WhatsApp: what we may do, what happened, and the list of do-not-call."""

import logging
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import (
    HttpRequest,
    HttpResponse,
    QueryDict,
)
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from callcenter.admin_parts import DetailedAdmin, badge, when
from callcenter.long_lists import LongList
from callcenter.models import WatiAccount
from callcenter.users import shown_name
from callcenter.web.uploads import upload_of
from permissions import people, services, words
from permissions.admin.ledger import WithHistory
from permissions.admin.merges import WithMerges, to_page_of
from permissions.admin.privacy import WithErasure
from permissions.filters import ContactStateFilter, FirstContactFilter
from permissions.forms import (
    LONGEST_REASON,
    CheckedForm,
    ImportForm,
    NewContactForm,
    ReasonActionForm,
    ReasonForm,
)
from permissions.imports import NotUsable, Report, import_contacts
from permissions.models import CallPermission, Contact
from permissions.numbers import country_of, display
from permissions.story import standing, story_of

logger = logging.getLogger(__name__)

FIRST_HEARD = when("created_at", "first contact")


@admin.register(Contact)
class ContactAdmin(LongList, WithMerges, WithErasure, WithHistory, DetailedAdmin):
    """Their IDs are WhatsApp's; the name and the calling hours are ours to mend.

    People come from calls and files, and by hand.
    """

    list_title = gettext_lazy("Contacts")
    export_of = "contacts"
    change_list_template = "admin/permissions/contact_list.html"
    change_form_template = "admin/permissions/contact_detail.html"
    action_form = ReasonActionForm
    actions = ["put_on_do_not_call", "take_off_do_not_call", "merge"]
    list_display = [
        "__str__",
        "number_as_read",
        "country_code",
        "permission_states",
        "streak",
        "calls_link",
        FIRST_HEARD,
    ]
    list_filter = [FirstContactFilter, ContactStateFilter, "do_not_call"]
    contact_field = "pk"
    search_help_text = gettext_lazy("Name or number")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            new = ["number", "name", "time_zone", ("calls_from", "calls_until")]
            return [(None, {"fields": new})]
        who = ["name", "number_as_read", "country_code", "do_not_call_story"]
        hours = ["time_zone", ("calls_from", "calls_until")]
        ids = ["waid", "bsuid", "username", FIRST_HEARD]
        return [
            (None, {"fields": who}),
            (_("Calling hours"), {"fields": hours}),
            (_("Technical details"), {"classes": ["collapse"], "fields": ids}),
        ]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is None:
            here = {"near": _home_number(), "__module__": __name__}
            kwargs["form"] = type("NewContact", (NewContactForm,), here)
        return super().get_form(request, obj, change=change, **kwargs)

    def save_model(
        self, request: HttpRequest, obj: Contact, form: Any, change: bool
    ) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        people.add_all([obj])
        if obj.pk is None:  # the person called in the meantime
            [obj.pk] = [
                one.pk for one in people.known_numbers([obj.waid or ""]).values()
            ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        if obj is None:
            return []
        shown = ["number_as_read", "country_code", "do_not_call_story"]
        return [*shown, "waid", "bsuid", "username", FIRST_HEARD]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_override_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("permissions.change_callpermission")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Contact]:
        contacts: QuerySet[Contact] = super().get_queryset(request)
        # Counted for the rows of a page only: a join would count for all contacts.
        same = Contact.objects.filter(pk=OuterRef("pk"))
        count = Subquery(same.annotate(count=Count("calls")).values("count"))
        contacts = contacts.annotate(call_count=count)
        return contacts.prefetch_related(f"permissions__{words.WITH_LINES}")

    def details_of(self, request: HttpRequest, row: Contact) -> dict[str, Any]:
        return story_of(row, timezone.now()) | {
            "title": _("Contact"),
            "may_block": self.has_change_permission(request, row),
            "may_override": self.has_override_permission(request),
            "may_export": request.user.has_perm("permissions.export_contact"),
            "may_erase": self.has_erase_permission(request),
            "erasures": row.erasures.select_related("asked_by"),
        }

    # --- Columns -------------------------------------------------------------------

    @admin.display(description=gettext_lazy("number"), ordering="waid")
    def number_as_read(self, contact: Contact) -> SafeString:
        number = display(contact.waid or "")
        return format_html('<span class="number">{}</span>', number)

    @admin.display(description=gettext_lazy("country"))
    def country_code(self, contact: Contact) -> str:
        return contact.country

    @admin.display(description=gettext_lazy("permission"))
    def permission_states(self, contact: Contact) -> SafeString:
        now = timezone.now()
        lines = [
            (words.state_badge(permission, now), words.line_of(permission))
            for permission in contact.permissions.all()
        ] or [(badge("none", _("None yet")), "")]
        if contact.do_not_call:
            lines.insert(0, (badge("blocked", _("Do not call")), ""))
        shape = '<div class="standing">{} <span class="line">{}</span></div>'
        return format_html_join("", shape, lines)

    @admin.display(description=gettext_lazy("unanswered"))
    def streak(self, contact: Contact) -> str | SafeString:
        streaks = [permission.streak for permission in contact.permissions.all()]
        return words.streak_badge(max(streaks, default=0))

    @admin.display(description=gettext_lazy("do not call"))
    def do_not_call_story(self, contact: Contact) -> str | SafeString:
        at = contact.do_not_call_at
        if not contact.do_not_call or at is None:
            return _("Not on the list.")
        by = contact.do_not_call_by
        told = {"instant": words.moment(at), "reason": contact.do_not_call_reason}
        if by:
            who = shown_name(by)
            since = _("Since {instant}, by {who}: {reason}").format(who=who, **told)
        else:
            since = _("Since {instant}: {reason}").format(**told)
        return format_html("{} {}", badge("blocked", _("Do not call")), since)

    @admin.display(description=gettext_lazy("calls"), ordering="call_count")
    def calls_link(self, contact: Any) -> SafeString:
        log = reverse("admin:calls_call_changelist")
        return format_html(
            '<a href="{}?contact__id__exact={}">{}</a>',
            log,
            contact.pk,
            contact.call_count,
        )

    # --- Actions on several --------------------------------------------------------

    @admin.action(
        description=gettext_lazy("Add to do-not-call"), permissions=["change"]
    )
    def put_on_do_not_call(
        self, request: HttpRequest, contacts: QuerySet[Contact]
    ) -> None:
        self._set_do_not_call(request, list(contacts), on=True)

    @admin.action(
        description=gettext_lazy("Remove from do-not-call"), permissions=["change"]
    )
    def take_off_do_not_call(
        self, request: HttpRequest, contacts: QuerySet[Contact]
    ) -> None:
        self._set_do_not_call(request, list(contacts), on=False)

    def _set_do_not_call(
        self, request: HttpRequest, contacts: list[Contact], *, on: bool
    ) -> None:
        reason = request.POST.get("reason", "").strip()[:LONGEST_REASON]
        if not reason:
            messages.error(request, _("Enter a reason. It is saved with the contact."))
            return
        changed = [
            contact
            for contact in contacts
            if _set_do_not_call(contact, on, cast(User, request.user), reason)
        ]
        text = (
            _("{count} added to the do-not-call list.")
            if on
            else _("{count} removed from the do-not-call list.")
        )
        messages.success(request, text.format(count=len(changed)))
        if same := len(contacts) - len(changed):
            text = _("{count} unchanged.").format(count=same)
            messages.info(request, text)

    # --- Pages of their own --------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path(
                "import/",
                view(self.import_file),
                name="permissions_contact_import",
            ),
            path(
                "<int:contact_id>/do-not-call/",
                view(self.do_not_call),
                name="permissions_contact_do_not_call",
            ),
            path(
                "<int:contact_id>/override/<int:permission_id>/",
                view(self.override),
                name="permissions_contact_override",
            ),
            *super().get_urls(),
        ]

    def do_not_call(self, request: HttpRequest, contact_id: int) -> HttpResponse:
        contact = get_object_or_404(self.get_queryset(request), pk=contact_id)
        if not self.has_change_permission(request, contact):
            raise PermissionDenied
        on = not contact.do_not_call
        form = ReasonForm(_posted(request))
        if form.is_valid():
            # As the page showed it, though another user may have been quicker.
            on = request.POST.get("on") == "1"
            reason, user = form.cleaned_data["reason"], cast(User, request.user)
            changed = _set_do_not_call(contact, on, user, reason)
            text = (
                _("{person} was added to the do-not-call list.")
                if on
                else _("{person} was removed from the do-not-call list.")
            ).format(person=contact)
            unchanged = _("Not changed: {text}").format(text=text)
            messages.success(request, text if changed else unchanged)
            return to_page_of(contact.pk)
        context = {
            "on": on,
            "button": _("Add to do-not-call") if on else _("Remove from do-not-call"),
            "explanation": _(
                "Agents cannot call this contact or request permission while the "
                "contact is on the list."
            )
            if on
            else _("Reason on the list: {reason}").format(
                reason=contact.do_not_call_reason
            ),
        }
        return self._ask_why(request, contact, form, context)

    def override(
        self, request: HttpRequest, contact_id: int, permission_id: int
    ) -> HttpResponse:
        """Let one more call through, though the streak says no."""
        if not self.has_override_permission(request):
            raise PermissionDenied
        mine = self.get_queryset(request).values("pk")
        permissions = CallPermission.objects.filter(
            contact=contact_id, contact__in=mine
        )
        permissions = permissions.select_related("contact", "account")
        permission = get_object_or_404(permissions, pk=permission_id)
        now_is = standing(permission, timezone.now())
        if not now_is.call.can_override:
            messages.warning(
                request, _("The next call is not blocked by unanswered calls.")
            )
            return to_page_of(permission.contact_id)
        form = ReasonForm(_posted(request))
        if form.is_valid():
            reason, user = form.cleaned_data["reason"], cast(User, request.user)
            services.override(now_is.pair, user=user, reason=reason)
            messages.success(request, _("The next call is allowed for 24 hours."))
            return to_page_of(permission.contact_id)
        context = {
            "button": _("Allow the next call"),
            "explanation": _(
                "{sentence} Message them first: if you allow the call and it is "
                "not answered, WhatsApp revokes the permission."
            ).format(sentence=_(now_is.call.sentence)),
        }
        return self._ask_why(request, permission.contact, form, context)

    def import_file(self, request: HttpRequest) -> HttpResponse:
        """Show what a file would do, and have it done once somebody has seen it."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        asked = _posted(request)
        form, checked = ImportForm(), CheckedForm(asked)
        report, again = None, None
        if asked is not None and checked.is_valid():
            file, has_country = checked.cleaned_data["checked"]
            report = self._report_of(form, request, file, has_country, rehearse=False)
        elif asked is not None:
            form = ImportForm(asked, request.FILES)
            if form.is_valid():
                file, has_country = (
                    form.cleaned_data[n] for n in ("file", "has_country")
                )
                report = self._report_of(
                    form, request, file, has_country, rehearse=True
                )
                again = CheckedForm.of(file, has_country=has_country)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "form": form,
            "report": report,
            "checked": again if report and report.new + report.completed else None,
            "title": _("Import contacts"),
        }
        return render(request, "admin/permissions/import.html", context)

    def _report_of(
        self,
        form: ImportForm,
        request: HttpRequest,
        file: bytes,
        has_country: bool,
        *,
        rehearse: bool,
    ) -> Report | None:
        user_id = request.user.pk
        try:
            with upload_of(user_id):
                report = import_contacts(
                    file,
                    near=_home_number(),
                    has_country=has_country,
                    rehearse=rehearse,
                )
        except NotUsable as problem:
            form.add_error("file", str(problem))
            return None
        except ValidationError as refusal:
            form.add_error("file", refusal)
            return None
        if not rehearse:
            logger.info("user %s imports contacts: %s new", user_id, report.new)
        return report

    def _ask_why(
        self,
        request: HttpRequest,
        contact: Contact,
        form: ReasonForm,
        context: dict[str, Any],
    ) -> HttpResponse:
        shared = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": contact,
            "form": form,
            "title": context["button"],
        }
        return render(request, "admin/permissions/reason.html", shared | context)


def _home_number() -> str:
    """Return a business number if all are of one country; empty: ask for each code."""
    accounts = WatiAccount.objects.exclude(lines=None)
    numbers = accounts.values_list("lines__number", flat=True)
    homes = {country_of(number): number for number in numbers}
    homes.pop("", None)
    return homes.popitem()[1] if len(homes) == 1 else ""


def _set_do_not_call(contact: Contact, on: bool, user: User, reason: str) -> bool:
    verb = services.block if on else services.unblock
    return verb(contact, user=user, reason=reason)


def _posted(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None
