"""The admin's pages about contacts and call permissions."""

from permissions.admin import contacts, ledger

__all__ = ["contacts", "ledger"]
