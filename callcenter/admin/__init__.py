"""The admin's pages about Wati accounts, users and the audit log."""

from callcenter.admin import accounts, audit_log, users

__all__ = ["accounts", "audit_log", "users"]
