"""The agents' own choices, which hold in all their consoles."""

from collections.abc import Iterable

from django.db import models
from django.utils.translation import gettext_lazy as _


class KeyMode(models.TextChoices):
    """The ways in which a key press in the console counts."""

    MODIFIER = "modifier", _("With Alt and Shift")
    SINGLE = "single", _("Single keys")
    OFF = "off", _("No keys")


class NoticeKind(models.TextChoices):
    """The events that a desktop notification may be about."""

    CALLS = "calls", _("Calls that ring")
    SCHEDULED = "scheduled", _("Contacts who may be called now")
    TROUBLE = "trouble", _("When no call can ring here")


class Preferences(models.Model):
    """One row for each agent who has changed anything."""

    agent = models.OneToOneField("agents.Agent", models.CASCADE)
    keys = models.CharField(max_length=20, choices=KeyMode, default=KeyMode.MODIFIER)
    # Those that the agent does not want, so that a new kind is shown at first.
    silenced = models.JSONField(default=list)

    class Meta:
        verbose_name = _("preferences")
        verbose_name_plural = _("preferences")

    def __str__(self) -> str:
        return str(self.agent)

    @property
    def notifies(self) -> list[str]:
        return [kind for kind in NoticeKind.values if kind not in self.silenced]


def preferences_of(agent_id: int) -> Preferences:
    """Return the agent's, or those that hold until they choose."""
    kept = Preferences.objects.filter(agent_id=agent_id).first()
    return kept or Preferences(agent_id=agent_id)


def choose_keys(agent_id: int, mode: str) -> None:
    """Keep what makes a key count; `mode` is one of KeyMode."""
    _keep(agent_id, keys=mode)


def choose_notices(agent_id: int, wanted: Iterable[str]) -> None:
    """Keep what to notify of; whatever is not among NoticeKind is left out."""
    wanted = set(wanted)
    silenced = [kind for kind in NoticeKind.values if kind not in wanted]
    _keep(agent_id, silenced=silenced)


def _keep(agent_id: int, **fields: object) -> None:
    Preferences.objects.update_or_create(agent_id=agent_id, defaults=fields)
