"""The glossary, the labels and the CSV files use one word for one thing."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any

import pytest

from agents import exports as agent_time
from agents.models import AgentState
from agents.routing import Strategy
from callcenter.exporting import audit_export
from callcenter.names import our_models
from callcenter.translations.sources import all_texts
from calls.models import Direction
from calls.reporting import call_export
from calls.states import Result, Status
from permissions import exports as permission_history
from permissions.facts import PermissionStatus
from tests.paths import ROOT

DOCUMENTS = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"]
DOCUMENTS += sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))
ROW = re.compile(r"^\| (?!label|---)(.*) \|$", re.MULTILINE)
CHOICES = [AgentState, Strategy, Direction, Result, Status, PermissionStatus]

# Words that the product said before it spoke as contact centers do. Each is a pattern,
# read without regard to case.
QUAINT = [
    r"\bcalls? (in|out)\b(?=[.,;:)]| since|$)",
    r"\ba call out\b",
    r"(?<!microphone )\bpicked up\b",
    r"\bring everybody\b",
    r"\bidle for longest\b",
    r"\bone after the other\b",
    r"\bseconds (for (one|that) agent|until asked|to the next level)",
    r"^seconds of ringing$",
    r"\bheaviest\b",
    r"\bhours to remember\b",
    r"\banswer with music\b",
    r"\bmost callers\b",
    r"\bother queue\b",
    r"\b(nobody|somebody) (is |was )?on duty\b",
    r"\bon duty\b",
    r"\blet it ring\b",
    r"\bsay so\b",
    r"\bempty: ",
    r"\bshipped\b",
    r"\bseconds between positions\b",
    r"\bcall somebody\b",
    r"\b(give|gives|gave|given|giving) (it )?up\b",
    r"\bask first\b",
    r"\b(asked by|question of) a colleague\b",
    r"\btake \w+ out\b",
    r"\byou talk with\b",
    r"\bsound is good\b",
    r"\bcallers? waits\b",
    r"\bwhom you call\b",
    r"\b(they|we) called\.?$",
    r"\bname this person\b",
    r"\bcannot ring\b(?! (and|here))",
    r"\b(run|runs|ran) out\b",
    r"\b(take|takes|took|taken) back\b",
    r"\bfor good\b",
    r"\ballowed for a week\b",
    r"\bnever allowed\b",
    r"\bturned away\b",
    r"\btook it\b",
    r"\bsound flow",
    r"\bheard us\b",
    r"\bwhatsapp agreed\b",
    r"\bsays whatsapp\b",
    r"^on the way$",
    r"\brang at$",
    r"\bwhy it rang\b",
    r"\bwhy not me\b",
    r"\bwe asked of\b",
    r"\bwati told\b",
    r"\bpassed? (this|the) (call|caller) on\b",
    r"\bstayed away\b",
    r"\bagents' days?\b",
    r"\bstretch\b|\bthe stretches\b",
    r"\bfiner\b",
    r"\bneeds? a look\b",
    r"\bfirst heard\b",
    r"\bsound(s|ed)?\b(?! (and a|file))",
    r"\bplanned calls?\b",
    r"\bplan it\b",
    r"\bformer key\b",
    r"\btold (by|of)\b",
    r"\bown count\b",
    r"\blog out\b",
    r"\bgood-?bye\b",
    r"\bsomebody\b",
    r"\bof ours\b",
    r"\bshall\b",
    r"\bmoot\b",
    r"\bas ever\b",
    r"(?<!next )\bin line\b",
]
# A ring tone is a sound, and so is what a ringing phone makes.
FINE = {"The next caller rings here, with a sound and a desktop notification."}


def entries() -> Iterator[tuple[str, str, str, str]]:
    for row in ROW.findall((ROOT / "docs/glossary.md").read_text()):
        label, code, csv, meaning = (cell.strip() for cell in f"{row} ".split("|"))
        yield label, code.strip("`"), csv.strip("`"), meaning


@cache
def labels() -> frozenset[str]:
    """Every text of the catalogue and every label of a choice, in small letters."""
    texts = set(all_texts())
    texts |= {str(label) for choices in CHOICES for label in choices.labels}
    return frozenset(text.lower() for text in texts)


@cache
def named() -> dict[str, Any]:
    models: dict[str, Any] = {model.__name__: model for model in our_models()}
    return models | {choices.__name__: choices for choices in CHOICES}


def headings() -> set[str]:
    exports = (call_export, agent_time, permission_history, audit_export)
    return {name for export in exports for name, _ in export.COLUMNS}


def found(code: str) -> bool:
    """Tell whether a model, a choice, a module, or what lies in it has this name."""
    first, *rest = code.split(".")
    here = named().get(first)
    if here is None:
        return _in_module(code.split("."))
    return _has(here, rest)


def _in_module(path: list[str]) -> bool:
    for length in range(len(path), 0, -1):
        try:
            module = import_module(".".join(path[:length]))
        except ModuleNotFoundError:
            continue
        return _has(module, path[length:])
    return False


def _has(here: Any, path: list[str]) -> bool:
    for name in path:
        fields = getattr(here, "__dataclass_fields__", {})
        if name in fields:
            return True
        if not hasattr(here, name):
            return False
        here = getattr(here, name)
    return True


@pytest.mark.parametrize(
    "entry", list(entries()), ids=lambda entry: entry[0] or entry[1]
)
def test_each_line_of_the_glossary_is_true(entry):
    label, code, csv, meaning = entry
    assert found(code), code
    assert not label or label.lower() in labels(), label
    assert not csv or csv in headings(), csv
    assert meaning.endswith(".")


def test_the_glossary_names_a_thing_once():
    lines = list(entries())
    assert len(lines) > 90
    for column in (0, 3):
        said = [line[column] for line in lines if line[column]]
        assert sorted(said) == sorted(set(said))


def test_each_column_of_the_files_is_described():
    described = re.findall(r"`(\w+)`", (ROOT / "docs/exports.md").read_text())
    assert headings() <= set(described)


def quaint_in(text: str) -> list[str]:
    return [word for word in QUAINT if re.search(word, text, re.IGNORECASE)]


def test_the_catalogue_is_free_of_quaint_words():
    texts = set(all_texts()) - FINE
    assert {text: quaint_in(text) for text in texts if quaint_in(text)} == {}


def test_the_csv_headings_are_free_of_quaint_words():
    spoken = [name.replace("_", " ") for name in headings()]
    assert [name for name in spoken if quaint_in(name)] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_documents_are_free_of_quaint_words(document):
    text = re.sub(r"`[^`\n]*`|^ {4}.*$", "", (ROOT / document).read_text(), flags=re.M)
    text = re.sub(r"\s+", " ", text)
    found_here = {m[0] for w in QUAINT for m in re.finditer(w, text, re.IGNORECASE)}
    assert found_here == set()


# --- Docstrings -----------------------------------------------------------------------

# Every function's docstring in these opens with its verb.
ROOMS = ["agents", "bench", "callcenter", "calls", "permissions"]
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
RELATIVES = re.compile(r"(Who|Whom|Whose|What|Whether|How|Whoever|When|Where|Why)\b")
OPENINGS = re.compile(
    rf"{RELATIVES.pattern}|(If|Should"
    r"|The|An?|It|Its|They|Our|Each|Every|All|Any|Some|One|No|None|Nobody|Nothing"
    r"|Something|Of|At|By|As|From|Like|For|With|Without|To"
    r"|[A-Z]\w*[^s\W]s|[A-Z]+)\b"  # Returns, Samples; RFC
    r"|[^A-Z]"
)


@pytest.mark.parametrize("room", ROOMS)
def test_docstrings_open_with_their_verb(room):
    opened = {
        f"{path.relative_to(ROOT)}: {text.splitlines()[0]}"
        for path in (ROOT / room).rglob("*.py")
        if path.parent.name != "migrations"
        for text in docstrings_of(path.read_text(), FUNCTIONS)
        if OPENINGS.match(text)
    }
    assert opened == set()


@pytest.mark.parametrize("room", ROOMS)
def test_modules_and_classes_are_described_by_a_noun_or_a_verb(room):
    opened = {
        f"{path.relative_to(ROOT)}: {text.splitlines()[0]}"
        for path in (ROOT / room).rglob("*.py")
        if path.parent.name != "migrations"
        for text in docstrings_of(path.read_text(), (ast.Module, ast.ClassDef))
        if RELATIVES.match(text)
    }
    assert opened == set()


@pytest.mark.parametrize(
    "text",
    ["Whether it rings.", "Returns it.", "The rows.", "RFC 4180.", "`at`: when."],
)
def test_a_docstring_without_its_verb_is_seen(text):
    assert OPENINGS.match(text)


def docstrings_of(source: str, kinds: tuple[type[ast.AST], ...]) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(
            node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        ) and isinstance(node, kinds):
            yield from filter(None, [ast.get_docstring(node)])
