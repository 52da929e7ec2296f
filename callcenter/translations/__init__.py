"""For developers: keeps locale/ true to the sources (docs/translations.md)."""
