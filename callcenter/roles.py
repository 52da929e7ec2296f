"""Roles of people, as groups: what each may see and do in the admin.

The table here is the whole of it. The groups are made by a migration, and completed
after each one, when the permissions of new models are there; nobody edits them. Who
needs other rights makes a group of their own.
"""

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.db import connections, transaction
from django.db.models import QuerySet
from django.db.models.signals import m2m_changed, post_migrate

AGENT = "Agent"
TEAM_LEAD = "Team lead"
SUPERVISOR = "Supervisor"
AUDITOR = "Auditor"
ADMINISTRATOR = "Administrator"
# To be given to whom it belongs, besides a role that has it not.
LISTENER = "Live listening"

OUR_APPS = ("agents", "calls", "callcenter", "permissions")
PEOPLE = ("auth.user", "auth.group")
# Of the live board: to see it, to step into a call that is on it, and to set states of
# agents, move callers and write to agents.
WATCHES, LISTENS = {"calls.watch_board"}, {"calls.listen_call"}
DIRECTS = {"agents.direct_floor"}
# Rights that a role has only if it is named here: not because it has all of a model.
APART = LISTENS


def _all(verbs: str, *models: str) -> set[str]:
    """Return rights on models: v, a, c and d are to view, add, change and delete."""
    words = {"v": "view", "a": "add", "c": "change", "d": "delete"}
    found = set()
    for label in models:
        app, _, model = label.partition(".")
        found |= {f"{app}.{words[verb]}_{model}" for verb in verbs}
    return found


# What belongs to a queue: a team lead has it of the queues that they lead.
OF_QUEUES = _all(
    "v",
    "agents.agent",
    "agents.agentstatespan",
    "agents.breakreason",
    "agents.floormessage",
    "agents.prompt",
    "agents.schedule",
    "agents.openhours",
    "agents.holiday",
    "calls.line",
    "calls.disposition",
    "permissions.contact",
)
LEADS = (
    OF_QUEUES
    | _all("vc", "agents.queue", "calls.call", "calls.plan")
    | _all("vacd", "agents.membership")
    | WATCHES
    | LISTENS
    | DIRECTS
)
SETUP = _all(
    "vacd",
    "agents.agent",
    "agents.queue",
    "agents.membership",
    "agents.breakreason",
    "agents.prompt",
    "agents.schedule",
    "agents.openhours",
    "agents.holiday",
    "calls.disposition",
)
SUPERVISES = (
    SETUP
    | _all("vc", "calls.call", "calls.plan", "calls.line", "calls.webhookdelivery")
    | _all("vc", "permissions.callpermission")
    | _all("vac", "permissions.contact", "auth.user")
    | _all("v", "calls.node", "calls.watirequest", "permissions.permissionevent")
    | _all("vd", "calls.setasideline")
    | _all("v", "agents.agentstatespan", "callcenter.auditentry")
    | _all("v", "agents.floormessage")
    | _all("v", "callcenter.watiaccount", "auth.group")
    | {"permissions.export_contact"}
    | WATCHES
    | LISTENS
    | DIRECTS
)

# By role; of a right that is not there yet, the role gets it when it is.
RIGHTS: dict[str, set[str]] = {
    AGENT: set(),
    TEAM_LEAD: LEADS,
    SUPERVISOR: SUPERVISES,
    LISTENER: LISTENS,
}
# Their rights follow the models: of each to view, or all. Neither listens.
VIEWS_ALL, HAS_ALL = {AUDITOR}, {ADMINISTRATOR}
ROLES = (AGENT, TEAM_LEAD, SUPERVISOR, AUDITOR, ADMINISTRATOR, LISTENER)
# Those who work in the admin.
AT_A_DESK = {TEAM_LEAD, SUPERVISOR, AUDITOR, ADMINISTRATOR}


def rights_of(role: str) -> set[str]:
    """Return the rights of a role by their names, such as calls.view_call."""
    if role in RIGHTS:
        return RIGHTS[role]
    rights = set(_of_our_models("v" if role in VIEWS_ALL else "vacd"))
    return rights | (WATCHES if role in VIEWS_ALL else _more_rights() - APART)


def _of_our_models(verbs: str) -> Iterable[str]:
    ours = [
        model for app in OUR_APPS for model in apps.get_app_config(app).get_models()
    ]
    labels = [one._meta.label_lower for one in ours if one._meta.default_permissions]
    return _all(verbs, *labels, *PEOPLE)


def _more_rights() -> set[str]:
    """Return the rights that models name themselves."""
    return {
        f"{model._meta.app_label}.{codename}"
        for app in OUR_APPS
        for model in apps.get_app_config(app).get_models()
        for codename, _name in model._meta.permissions
    }


def complete() -> None:
    """Make the roles, and give each its rights and no others."""
    found = {
        f"{one.content_type.app_label}.{one.codename}": one
        for one in Permission.objects.select_related("content_type")
    }
    for role in ROLES:
        group, _ = Group.objects.get_or_create(name=role)
        wanted = {found[name] for name in rights_of(role) if name in found}
        if wanted != set(group.permissions.all()):
            _set(group, wanted)


def _set(group: Group, wanted: set[Permission]) -> None:
    """Give a group these rights; past the signals: nobody has changed anything."""
    rows = Group.permissions.through._default_manager.filter(group=group)
    with transaction.atomic():
        rows.delete()
        rows.bulk_create([rows.model(group=group, permission=one) for one in wanted])


def give(user: User, *roles: str) -> None:
    """Let a user have these roles, besides those that they have."""
    for role in roles:
        user.groups.add(Group.objects.get_or_create(name=role)[0])


def roles_of(user: Any) -> set[str]:
    """Return the roles of a user; read once for each request."""
    if not hasattr(user, "_roles"):
        names = user.groups.filter(name__in=ROLES).values_list("name", flat=True)
        user._roles = set(names)
    found: set[str] = user._roles
    return found


def leads_only(user: Any) -> bool:
    """Say whether a user has but the queues that they lead."""
    if user.is_superuser or not user.is_authenticated:
        return False
    return roles_of(user) & AT_A_DESK == {TEAM_LEAD}


def team_leads_without(*others: str) -> QuerySet[User]:
    """Select the team leads who have none of these roles besides."""
    leads = User.objects.filter(groups__name=TEAM_LEAD, is_superuser=False)
    return leads.exclude(groups__name__in=others)


def who_lead_only() -> QuerySet[User]:
    """Select the users of whom `leads_only` is true."""
    return team_leads_without(*AT_A_DESK - {TEAM_LEAD})


def given_by(user: Any) -> set[str]:
    """Return the rights that a user can give to others: those that they have.

    An administrator gives the roles of others, too, who listen to calls.
    """
    mine = set(user.get_all_permissions())
    return mine | APART if ADMINISTRATOR in roles_of(user) else mine


# --- What follows by itself -----------------------------------------------------------


def _completed(sender: Any, using: str, **_: Any) -> None:
    """Give the rights that are new; the permissions were made just before."""
    tables = {Permission._meta.db_table, Group._meta.db_table}
    is_last = sender == list(apps.get_app_configs())[-1]
    if is_last and tables <= set(connections[using].introspection.table_names()):
        complete()


def _given(sender: Any, instance: Any, action: str, pk_set: Any, **_: Any) -> None:
    """Let those into the admin who have a role there."""
    if not action.startswith("post_"):
        return
    users = [instance] if isinstance(instance, User) else []
    if not users and action == "post_add":
        users = list(User.objects.filter(pk__in=pk_set or ()))
    for user in users:
        user.__dict__.pop("_roles", None)
        if action == "post_add" and roles_of(user) & AT_A_DESK and not user.is_staff:
            user.is_staff = True
            user.save(update_fields=["is_staff"])


def listen() -> None:
    post_migrate.connect(_completed, dispatch_uid="roles")
    m2m_changed.connect(_given, User.groups.through, dispatch_uid="roles")
