"""Words in pages that no translator would see."""

import re
from collections.abc import Iterator
from html import unescape

from callcenter.translations import javascript

TAG = re.compile(r"<(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>")
SPOKEN = re.compile(r"""[\s"](?:aria-label|label|title|placeholder|alt)=["']([^"']*)""")
WORD = re.compile(r"[^\W\d_]{2,}")
UNSEEN = re.compile(r"<!--.*?-->|<style.*?</style>", re.DOTALL)
TRANSLATED = re.compile(
    r"{% blocktranslate.*?{% endblocktranslate %}|{# .*?#}|{% comment.*?endcomment %}"
    r"|{% block body(?:class|_attributes) %}.*?{% endblock %}",
    re.DOTALL,
)
DJANGO = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)
# Names and file formats are the same everywhere; <code> is what a machine reads.
CODE = re.compile(r"<code>.*?</code>", re.DOTALL)


def in_template(source: str) -> list[str]:
    """Return the bare words of a Django template."""
    return list(_bare(DJANGO.sub("\0", TRANSLATED.sub("\0", source))))


def in_module(source: str) -> list[str]:
    """Return the bare words of the HTML in a module of the console."""
    templates = javascript.templates_of(source)
    return [bare for template in templates for bare in _bare(template)]


def _bare(html: str) -> Iterator[str]:
    seen = CODE.sub("", UNSEEN.sub("", unescape(html)))
    spoken = [text for tag in TAG.findall(seen) for text in SPOKEN.findall(tag)]
    for text in [*spoken, *TAG.sub("\n", seen).splitlines()]:
        if WORD.search(text) and "<" in html:
            yield text.strip()
