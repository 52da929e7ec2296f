"""The table of limits in the documents is the one in the code."""

import re

from callcenter import limits
from callcenter.buckets import Rate
from tests.paths import ROOT

ROW = re.compile(r"^\| `([a-z_]+)` \| ([^|]+) \|", re.MULTILINE)


def shown(value: object) -> str:
    if isinstance(value, Rate):
        return f"{value.burst:g} at once, one more in {value.seconds:g} s"
    return f"{value:.7g}"


def test_operators_read_the_limits_that_hold():
    chapter = (ROOT / "docs/operations.md").read_text().split("## Limits")[1]
    described = dict(ROW.findall(chapter.split("\n## ")[0]))
    numbers = {
        name.lower(): shown(value)
        for name, value in vars(limits).items()
        if name.isupper() and not isinstance(value, dict)
    }
    assert described == numbers
