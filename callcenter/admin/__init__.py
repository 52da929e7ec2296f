"""The admin's pages about Wati accounts and the audit log."""

from callcenter.admin import accounts, audit_log

__all__ = ["accounts", "audit_log"]
