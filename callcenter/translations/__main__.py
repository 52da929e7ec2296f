"""Bring locale/ up to the sources: what is new waits there for its translation."""

import django

django.setup()

from callcenter.translations import catalogue  # noqa: E402 - the models must be there first

catalogue.update_all()
