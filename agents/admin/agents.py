"""People: who answers calls, and what they may be on a break for."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms.models import ModelChoiceField
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agents.models import Agent, BreakReason, Membership
from callcenter import roles
from callcenter.admin_parts import DistinctRows, OneToBegin, badge, when

User = get_user_model()

NOW = ["state_badge", when("state_since", "since"), when("seen_at", "last seen")]


class OneForQueue(DistinctRows):
    distinct = "queue"


class QueueOfAgentInline(OneToBegin):
    model = Membership
    formset = OneForQueue
    verbose_name = gettext_lazy("queue")
    verbose_name_plural = gettext_lazy("queues of this agent")


class AgentOfUserForm(forms.ModelForm):
    """An agent for a user who exists."""

    class Meta:
        model = Agent
        fields = ["name", "user"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        user = self.fields["user"]
        if isinstance(user, ModelChoiceField):
            user.queryset = User.objects.filter(agent=None, is_active=True)
            user.label = _("Existing user")


class NewAgentForm(AgentOfUserForm):
    """An agent for a user who exists, or for a new one made in the same step."""

    username = forms.CharField(
        max_length=150,
        required=False,
        label=gettext_lazy("New username"),
        validators=[User.username_validator],
        help_text=gettext_lazy(
            "Creates a new user for this agent. The user can open the console, but"
            " not the admin."
        ),
    )
    password = forms.CharField(
        required=False,
        label=gettext_lazy("New password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].required = False

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        username = data.get("username", "")
        if bool(data.get("user")) == bool(username):
            raise ValidationError(_("Choose an existing user or enter a new username."))
        if username:
            self._check_new_user(username, data.get("password", ""))
        return data

    def _check_new_user(self, username: str, password: str) -> None:
        if User.objects.filter(username__iexact=username).exists():
            self.add_error("username", _("This username is already taken."))
        try:
            validate_password(password, User(username=username))
        except ValidationError as error:
            self.add_error("password", error)


class AgentAdmin(admin.ModelAdmin):
    """Registered with what calls know of agents: see calls.admin.agents."""

    list_display = [
        "name",
        "user",
        "state_badge",
        when("state_since", "since"),
        when("seen_at", "last seen"),
        "serves",
    ]
    list_filter = ["state", "queues"]
    list_select_related = ["user"]
    search_fields = ["name", "user__username"]
    inlines = [QueueOfAgentInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Agent]:
        agents: Any = super().get_queryset(request)
        return agents.people().prefetch_related("queues")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            fields = ["name", "user"]
            if request.user.has_perm("auth.add_user"):
                fields += ["username", "password"]
            return [(None, {"fields": fields})]
        return [(None, {"fields": ["name", "user"]}), (_("Now"), {"fields": NOW})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [*NOW, "user"] if obj else []

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is None:
            may_add_user = request.user.has_perm("auth.add_user")
            kwargs["form"] = NewAgentForm if may_add_user else AgentOfUserForm
        return super().get_form(request, obj, change=change, **kwargs)

    def save_model(
        self, request: HttpRequest, obj: Agent, form: Any, change: bool
    ) -> None:
        if username := form.cleaned_data.get("username"):
            obj.user = User.objects.create_user(
                username, password=form.cleaned_data["password"]
            )
            roles.give(obj.user, roles.AGENT)
        super().save_model(request, obj, form, change)

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def state_badge(self, agent: Agent) -> SafeString:
        return badge(agent.state, agent.get_state_display())

    @admin.display(description=gettext_lazy("queues"))
    def serves(self, agent: Agent) -> str:
        return ", ".join(queue.name for queue in agent.queues.all()) or _("none")


@admin.register(BreakReason)
class BreakReasonAdmin(admin.ModelAdmin):
    list_display = [
        "name",
        "limit",
        "minutes_per_day",
        "is_work",
        "is_active",
        "position",
    ]
    list_editable = ["position"]

    @admin.display(description=gettext_lazy("time limit"), ordering="minutes")
    def limit(self, reason: BreakReason) -> str:
        if reason.minutes is None:
            return _("No limit")
        return _("{count} min").format(count=reason.minutes)
