"""The licences of what the product is made of: each is known, and lets us ship it."""

import re
from importlib.metadata import PackageMetadata, metadata

import pytest
from packaging.requirements import Requirement

from tests.paths import ROOT

pytestmark = pytest.mark.stackless

# SPDX identifiers. LGPL: used as it is, by import, and it can be replaced.
ACCEPTED = {
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "LGPL-3.0-only",
    "MIT",
    "MIT-0",
    "PSF-2.0",
    "TCL",
    "ZPL-2.1",
}
CLASSIFIERS = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
}
# What a package says only in a file, read there.
READ = {"channels-redis": "BSD-3-Clause"}
LOCKED = [
    Requirement(line.rstrip("\\ \n"))
    for line in re.findall(
        r"^[\w.-]+.*==.*$", (ROOT / "requirements.lock").read_text(), re.M
    )
]
# What other systems and other Pythons need is not installed here.
PRODUCT = [one.name for one in LOCKED if not one.marker or one.marker.evaluate()]


def licences(about: PackageMetadata) -> set[str]:
    """Return the identifiers that a package names for itself."""
    if expression := about.get("License-Expression"):
        return set(re.split(r" (?:AND|OR) ", expression.strip("()")))
    named = [text.rsplit(" :: ", 1)[-1] for text in about.get_all("Classifier", [])]
    if known := {CLASSIFIERS[text] for text in named if text in CLASSIFIERS}:
        return known
    return {about.get("License") or "none"}


@pytest.mark.parametrize("package", PRODUCT)
def test_a_package_of_the_product_may_be_shipped(package: str):
    named = {READ[package]} if package in READ else licences(metadata(package))
    assert named <= ACCEPTED


def test_the_product_is_read_from_the_lock():
    assert {"django", "aiortc", "psycopg"} <= set(PRODUCT)
