"""The choices of an agent for the profile page, which belongs to all users."""

from typing import Any

from django import template
from django.contrib.auth.models import User

from agents.models import Agent
from agents.preferences import KeyMode, NoticeKind, Preferences, preferences_of

register = template.Library()


@register.simple_tag
def agent_of(user: User) -> Agent | None:
    """Return the user's agent; most supervisors have none."""
    return Agent.objects.filter(user=user).first()


@register.simple_tag
def chosen_by(agent: Agent) -> Preferences:
    return preferences_of(agent.pk)


@register.simple_tag
def key_modes() -> Any:
    return KeyMode.choices


@register.simple_tag
def notice_kinds() -> Any:
    return NoticeKind.choices
