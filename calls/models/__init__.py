"""The rows of calls; one module for each noun, all of them under this name."""

from calls.models.call import (
    Announcement,
    AnsweredBy,
    Call,
    CallChange,
    CallQuerySet,
    Direction,
    Line,
    Unheard,
)
from calls.models.canned import CannedNote
from calls.models.legs import (
    LEG_IN_WRAP_UP,
    OPEN_LEG,
    Disposition,
    Leg,
    LegQuerySet,
    NoteWord,
    Offer,
    RoutingDecision,
)
from calls.models.node import ClockJump, Node
from calls.models.plan import Plan, PlanQuerySet
from calls.models.spool import SetAsideLine, SpoolFile
from calls.models.supervision import Supervision, SupervisionQuerySet
from calls.models.sweep import SweepRun
from calls.models.wati import LineHeard, WatiRequest, WebhookDelivery

__all__ = [
    "LEG_IN_WRAP_UP",
    "OPEN_LEG",
    "Announcement",
    "AnsweredBy",
    "Call",
    "CallChange",
    "CallQuerySet",
    "CannedNote",
    "Direction",
    "Disposition",
    "Leg",
    "LegQuerySet",
    "Line",
    "LineHeard",
    "ClockJump",
    "Node",
    "NoteWord",
    "Offer",
    "Plan",
    "PlanQuerySet",
    "RoutingDecision",
    "SetAsideLine",
    "SpoolFile",
    "Supervision",
    "SupervisionQuerySet",
    "SweepRun",
    "Unheard",
    "WatiRequest",
    "WebhookDelivery",
]
