"""Wati accounts: secrets that go in and never come out, and what to type into Wati."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Max, Min
from django.forms import Script
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from django.views.decorators.http import require_POST

from callcenter import connection
from callcenter.admin_parts import DistinctRows, OneToBegin, age
from callcenter.models import SecondFactor, WatiAccount
from callcenter.wati.events import Kind
from callcenter.wati.forms import Form, form_of
from calls.models import Line, WebhookDelivery
from calls.reporting.hearing import hearings
from calls.reporting.hearing_words import facts
from calls.reporting.labels import kind_name
from permissions.numbers import NotANumber, as_wati_writes_it

OLD_KEY_LASTS = timedelta(hours=24)
SECRETS = ("api_token", "webhook_key")
FOR_SUPERUSERS = ("base_url", "tenant_id")
# For the connection test while the account has no business number; it is unassigned.
SOME_NUMBER = "15550100000"


class HttpsField(forms.URLField):
    """An address; https when it does not say."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(assume_scheme="https", **kwargs)


class WatiAccountForm(forms.ModelForm):
    """Empty secrets keep what is stored."""

    class Meta:
        model = WatiAccount
        fields = ["name", "is_active", "chat_link", "base_url", "tenant_id", *SECRETS]
        field_classes = {"base_url": HttpsField}
        widgets = {
            "base_url": forms.URLInput(attrs={"class": "vLargeTextField"}),
            "chat_link": forms.TextInput(attrs={"class": "vLargeTextField"}),
        }
        help_texts = {
            "base_url": gettext_lazy(
                "The API endpoint shown in Wati, for example "
                "https://live-mt-server.wati.io; with or without the tenant ID at "
                "its end."
            )
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in SECRETS:
            if name in self.fields:
                self._make_secret(name)

    def _make_secret(self, name: str) -> None:
        field = self.fields[name]
        field.widget = forms.PasswordInput(
            render_value=False,
            attrs={"autocomplete": "new-password", "class": "vTextField"},
        )
        if name == "webhook_key":
            field.widget.attrs |= {
                "data-generate": _("Generate a key"),
                "data-copy-label": _("Copy"),
                "data-copied": _("Copied"),
            }
        field.help_text = f"{hint(getattr(self.instance, name))} {_(HELP[name])}"

    @cached_property
    def changed_data(self) -> list[str]:
        typed = {name for name in SECRETS if self.data.get(self.add_prefix(name))}
        changed = set(super().changed_data) - (set(SECRETS) - typed)
        return [name for name in self.fields if name in changed]

    def clean_api_token(self) -> str:
        return self._new_or_stored("api_token")

    def clean_webhook_key(self) -> str:
        return self._new_or_stored("webhook_key")

    def _new_or_stored(self, name: str) -> str:
        typed = str(self.cleaned_data[name]).strip()
        if typed.lower().startswith("bearer "):
            typed = typed[len("bearer ") :].strip()
        return typed or str(self.initial.get(name) or "")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if base_url := data.get("base_url"):
            tenant_id = data.get("tenant_id", "")
            data["base_url"] = connection.host_part(base_url, tenant_id)
        return data


HELP = {
    "api_token": gettext_noop(
        "From Wati: Connectors, API Tokens. Leave empty to keep the current one."
    ),
    "webhook_key": gettext_noop(
        "The ApiKey that Wati sends with every webhook. Generate it here, copy it, and "
        "enter it in Wati, too: it is not shown again. Leave empty to keep the current "
        "key. After a change, the previous key stays valid for 24 hours."
    ),
}


def hint(secret: str) -> str:
    """Return enough to tell two secrets apart, and too little to use one."""
    if not secret:
        return _("None stored.")
    if len(secret) < 12:
        return _("Stored.")
    return _("Stored, ends with …{end}.").format(end=secret[-4:])


class OneForNumber(DistinctRows):
    distinct = "number"


class LineForm(forms.ModelForm):
    """A business number, written in any form."""

    def clean_number(self) -> str:
        try:
            return as_wati_writes_it(self.cleaned_data["number"])
        except NotANumber as problem:
            raise ValidationError(str(problem)) from None


class LineInline(OneToBegin):
    model = Line
    form = LineForm
    formset = OneForNumber
    fields = ["number", "name", "queue", "schedule"]
    show_change_link = True  # to what else a line has


@admin.register(WatiAccount)
class WatiAccountAdmin(admin.ModelAdmin):
    form = WatiAccountForm
    inlines = [LineInline]
    change_form_template = "admin/callcenter/account_form.html"
    list_display = ["name", "base_url", "tenant_id", "is_active", "token", "last_heard"]

    class Media:
        js = [
            Script("admin-extra/copy.js", type="module"),
            Script("admin-extra/generate-key.js", type="module"),
        ]

    def get_queryset(self, request: HttpRequest) -> Any:
        accounts: Any = super().get_queryset(request)
        return accounts.of_people()

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        ours: list[str] = ["name", "is_active", "chat_link"]
        wati = ["base_url", "tenant_id"]
        if request.user.is_superuser:
            wati += SECRETS
        shown = [
            (_("This account"), {"fields": ours}),
            (_("At Wati"), {"fields": wati}),
        ]
        if obj is not None:
            wati += ["token", *(["old_key"] if self._has_old_key(obj) else [])]
            shown.append((_("To enter in Wati"), {"fields": ["addresses"]}))
            shown.append((_("What Wati sends"), {"fields": ["hearing"]}))
        return shown

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        shown = ["token", "old_key", "addresses", "hearing"]
        return shown if request.user.is_superuser else [*shown, *FOR_SUPERUSERS]

    def has_add_permission(self, request: HttpRequest) -> bool:
        # Without its address and secrets an account is nothing.
        return request.user.is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser

    def save_model(
        self, request: HttpRequest, obj: WatiAccount, form: Any, change: bool
    ) -> None:
        stored = form.initial.get("webhook_key")
        if stored and stored != form.cleaned_data.get("webhook_key", stored):
            obj.old_webhook_key = stored
            obj.old_webhook_key_until = timezone.now() + OLD_KEY_LASTS
        if "api_token" in form.changed_data:
            obj.unauthorised_since = obj.probe_at = obj.token_worked_at = None
        super().save_model(request, obj, form, change)

    def response_add(
        self, request: HttpRequest, obj: WatiAccount, post_url_continue: Any = None
    ) -> HttpResponse:
        """Show the page of the new account: what to enter in Wati stands there."""
        if {"_addanother", "_popup"} & request.POST.keys():
            return super().response_add(request, obj, post_url_continue)
        text = _(
            "{account} was added successfully. Enter the five addresses below in Wati."
        )
        messages.success(request, text.format(account=obj))
        page = reverse("admin:callcenter_watiaccount_change", args=[obj.pk])
        return HttpResponseRedirect(page)

    def get_urls(self) -> list[URLPattern]:
        test = self.admin_site.admin_view(require_POST(self.test_connection))
        mine = path("<int:account_id>/test/", test, name="callcenter_watiaccount_test")
        return [mine, *super().get_urls()]

    def test_connection(self, request: HttpRequest, account_id: int) -> HttpResponse:
        account = get_object_or_404(WatiAccount, pk=account_id)
        if not self.has_change_permission(request, account):
            raise PermissionDenied
        line = account.lines.order_by("pk").first()
        verdict = connection.check(account, line.number if line else SOME_NUMBER)
        level = messages.SUCCESS if verdict.good else messages.ERROR
        messages.add_message(request, level, verdict.sentence)
        page = reverse("admin:callcenter_watiaccount_change", args=[account.pk])
        return HttpResponseRedirect(page)

    @admin.display(description=gettext_lazy("API token status"))
    def token(self, account: WatiAccount) -> SafeString | str:
        if not account.api_token:
            return format_html(
                '<span class="badge badge-failed">{}</span>', _("Missing")
            )
        since = account.unauthorised_since
        if since is None:
            return _("Valid") if account.token_worked_at else _("Not tested yet")
        instant = date_format(timezone.localtime(since), _("M d, H:i"))
        text = _("Rejected since {instant}").format(instant=instant)
        return format_html('<span class="badge badge-failed">{}</span>', text)

    @admin.display(description=gettext_lazy("Previous key"))
    def old_key(self, account: WatiAccount) -> str:
        until = timezone.localtime(account.old_webhook_key_until)
        return _("The previous key is also accepted until {instant}.").format(
            instant=date_format(until, _("M d, H:i"))
        )

    def _has_old_key(self, account: WatiAccount) -> bool:
        return len(account.webhook_keys()) > 1

    @admin.display(description=gettext_lazy("last received"))
    def last_heard(self, account: WatiAccount) -> str:
        times = [one.last for one in heard_of(account).values()]
        if not times:
            return _("never")
        return date_format(timezone.localtime(max(times)), _("M d, H:i:s"))

    @admin.display(description=gettext_lazy("Webhook addresses"))
    def addresses(self, account: WatiAccount) -> SafeString:
        heard = heard_of(account)
        rows = [
            {
                "name": kind_name(kind),
                "address": f"{settings.PUBLIC_URL}{reverse(kind)}",
                "first": heard[kind].first if kind in heard else None,
                "last": heard[kind].last if kind in heard else None,
                "form": heard[kind].form(account, kind) if kind in heard else "",
            }
            for kind in Kind
        ]
        return render_to_string("admin/callcenter/addresses.html", {"rows": rows})

    @admin.display(description=gettext_lazy("Webhooks by business number"))
    def hearing(self, account: WatiAccount) -> SafeString:
        now = timezone.now()
        [heard] = hearings(now, [account])
        lines = [
            {
                "line": line.line,
                "ages": [
                    age(line.heard[kind], now) if kind in line.heard else None
                    for kind in Kind
                ],
            }
            for line in heard.lines
        ]
        kinds = [kind_name(kind) for kind in Kind]
        context = {"kinds": kinds, "lines": lines, "facts": facts(heard)}
        return render_to_string("admin/callcenter/hearing.html", context)


FORMS = {
    Form.WATI: gettext_noop("As in Wati's help"),
    Form.CAPITALS: gettext_noop("As in Wati's help, with capitals"),
    Form.WHATSAPP: gettext_noop("As from WhatsApp"),
    Form.LIST: gettext_noop("Several in a list"),
    Form.OTHER: gettext_noop("Unknown"),
}


@dataclass(frozen=True)
class Heard:
    """The webhooks of one kind, as far as they are kept."""

    first: datetime
    last: datetime

    def form(self, account: WatiAccount, kind: str) -> str:
        """Return in which form the last of them came."""
        deliveries = WebhookDelivery.objects.filter(account=account, kind=kind)
        newest = deliveries.order_by("-received_at").values_list("body", flat=True)
        return _(FORMS[form_of(bytes(newest[0]))])


def heard_of(account: WatiAccount) -> dict[str, Heard]:
    """Return it by kind; what never came is left out."""
    deliveries = WebhookDelivery.objects.filter(account=account).order_by()
    times = deliveries.values_list("kind").annotate(
        first=Min("received_at"), last=Max("received_at")
    )
    return {kind: Heard(first, last) for kind, first, last in times}


@admin.register(SecondFactor)
class SecondFactorAdmin(admin.ModelAdmin):
    """Second factors; deleting one resets it, and stands in the history."""

    list_display = ["user", "confirmed_at"]
    fields = ["user", "confirmed_at"]
    readonly_fields = ["user", "confirmed_at"]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let another superuser reset it, and nobody their own: the profile asks."""
        is_own = obj is not None and obj.user_id == request.user.pk
        return bool(request.user.is_superuser) and not is_own

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}  # one by one, so that nobody deletes their own among others
