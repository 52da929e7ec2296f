"""Edits that undo nothing by accident: the admin's forms, lists and deletions.

A form says what it showed; what others changed meanwhile is found, and such a form is
refused with their changes. Only what a person changed is written. What calls and
history rest on cannot be deleted.
"""
