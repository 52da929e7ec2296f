"""Every form of a webhook that the simulator writes is named as what it is."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.simulator.behaviour import Behaviour
from callcenter.simulator.notices import KINDS, Notice
from callcenter.simulator.payloads import write
from callcenter.wati.forms import Form, form_of

FORMS = {
    "minimal": Form.WATI,
    "full": Form.WATI,
    "meta": Form.WHATSAPP,
    "pascal": Form.CAPITALS,
}


def body(kind: str, dialect: str) -> Any:
    notice = Notice(
        kind, "15550100000", "tenant", call="wacid.1", sdp="v=0", status="RINGING"
    )
    return write(notice, Behaviour(dialect=dialect))


@pytest.mark.parametrize("dialect", FORMS)
@pytest.mark.parametrize("kind", KINDS)
def test_each_dialect_is_known_by_its_form(kind: str, dialect: str):
    written = body(kind, dialect)
    assert form_of(json.dumps(written).encode()) == FORMS[dialect]
    assert form_of(json.dumps([written, written]).encode()) == Form.LIST


@pytest.mark.parametrize("raw", [b"", b"{", b"{}", b"1", b'"x"', b"null", b"\xff"])
def test_what_is_no_webhook_has_no_form(raw: bytes):
    assert form_of(raw) == Form.OTHER


anything = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(said=anything, raw=st.binary())
def test_any_body_has_a_form(said: Any, raw: bytes):
    assert form_of(json.dumps(said).encode()) in Form
    assert form_of(raw) in Form
