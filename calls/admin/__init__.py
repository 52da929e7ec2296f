"""The admin's pages about calls; a page that is not imported here is not there."""

from calls.admin import (
    agents,
    business_hours,
    calls,
    floor_messages,
    planned_calls,
    prompts,
    queues,
    spool,
    wati_traffic,
)

__all__ = [
    "agents",
    "business_hours",
    "calls",
    "floor_messages",
    "planned_calls",
    "prompts",
    "queues",
    "spool",
    "wati_traffic",
]
