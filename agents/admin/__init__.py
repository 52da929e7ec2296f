"""The admin's pages about agents; Django finds them by this import."""

from agents.admin import activity, agents

__all__ = ["activity", "agents"]
