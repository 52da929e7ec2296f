"""The admin's navigation: its pages by task, in one table."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.admin import AdminSite
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy

from calls.board.scope import WATCH


@dataclass(frozen=True)
class Place:
    """A page: the list of a model, named as the model is, or one with its own URL."""

    model: str = ""
    label: Any = ""
    url_name: str = "index"
    query: str = ""
    right: str = ""  # for a page that is no list

    @property
    def title(self) -> Any:
        return self.label or capfirst(self._model._meta.verbose_name_plural)

    @property
    def _model(self) -> type[Model]:
        return apps.get_model(self.model)

    @property
    def url(self) -> str:
        name = f"{self.model.replace('.', '_')}_changelist" if self.model else ""
        return reverse(f"admin:{name or self.url_name}")

    def is_open_to(self, site: AdminSite, request: HttpRequest) -> bool:
        if not self.model:
            return not self.right or request.user.has_perm(self.right)
        page = site.get_model_admin(self._model)
        return page.has_view_or_change_permission(request)


@dataclass(frozen=True)
class Task:
    """A supervisor's task, with the pages for it."""

    label: Any
    places: tuple[Place, ...]


TASKS = (
    Task(
        gettext_lazy("Floor"),
        (
            Place(label=gettext_lazy("Today")),
            Place(label=gettext_lazy("Live board"), url_name="board", right=WATCH),
            Place("agents.floormessage"),
        ),
    ),
    Task(
        gettext_lazy("Calls"),
        (
            Place("calls.call", gettext_lazy("Call log")),
            Place("calls.plan", query="?state=open"),
        ),
    ),
    Task(
        gettext_lazy("Contacts"),
        (
            Place("permissions.contact"),
            Place("permissions.callpermission"),
            Place("permissions.permissionevent"),
        ),
    ),
    Task(
        gettext_lazy("Setup"),
        (
            Place("agents.queue"),
            Place("agents.agent"),
            Place("calls.line"),
            Place("agents.schedule"),
            Place("agents.prompt"),
            Place("calls.disposition"),
            Place("agents.breakreason"),
            Place("callcenter.watiaccount"),
        ),
    ),
    Task(
        gettext_lazy("Reports"),
        (
            Place("agents.agentstatespan"),
            Place("callcenter.auditentry", gettext_lazy("Audit log")),
        ),
    ),
    Task(
        gettext_lazy("System"),
        (
            Place("auth.user"),
            Place("auth.group"),
            Place("callcenter.secondfactor"),
            Place("calls.webhookdelivery"),
            Place("calls.setasideline"),
            Place("calls.watirequest"),
            Place("calls.node"),
        ),
    ),
)


def navigation(site: AdminSite, request: HttpRequest) -> Iterator[dict[str, Any]]:
    """Yield the tasks with the pages that this user may open, and where they are."""
    for task in TASKS:
        if places := [one for one in task.places if one.is_open_to(site, request)]:
            yield {
                "label": task.label,
                "places": [
                    {
                        "label": one.title,
                        "url": one.url + one.query,
                        "is_here": _is_at(one.url, request.path),
                    }
                    for one in places
                ],
            }


def _is_at(url: str, path: str) -> bool:
    return path == url or (url != reverse("admin:index") and path.startswith(url))
