"""What the documents say is so: commands, paths, variables, links, states, imports."""

import inspect
import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import pytest
from django.utils import timezone

from calls.console import caller_card
from calls.console.consumer import OF_THE_SOCKET
from calls.console.requests import REQUESTS
from calls.lifecycle import transfer
from calls.models import Call, Leg, Offer, Plan
from calls.outbound import lookup
from calls.snapshots import console_snapshot
from calls.states import TABLE
from permissions.models import Contact
from tests.cast import CARLA, Cast, on_duty
from tests.console import PROOF
from tests.paths import ROOT
from tests.windows import open_window

DOCUMENTS = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"]
DOCUMENTS += sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))
GUIDES = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/operations.md"]

CODE = re.compile(r"`([^`\n]+)`")
A_PATH = re.compile(
    r"(?!/)[\w@./-]*(?:/|\.(?:py|md|js|toml|yaml|conf|sh|css|html|lock|service))"
)
A_LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")
A_VARIABLE = re.compile(r"(?<!\.)\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b")
# Directories of this machine, and addresses that only package tools should know.
OF_A_MACHINE = r"(^|[^a-z])/(work|farm|root|home)/"
# Written so that it does not find itself.
OF_A_REGISTRY = (
    r"regist[r]y[.]npm|pythonhoste[d]|pyp[i][.]org|inde[x]-url|\"resolve[d]\":"
)


def text_of(document: str) -> str:
    return (ROOT / document).read_text()


def code_in(document: str) -> Iterator[str]:
    yield from CODE.findall(text_of(document))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_make_target_that_is_named_exists(document):
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))
    named = re.findall(r"(?:`|^ {4}|=\d+ )make ([a-z]+)", text_of(document), re.M)
    assert set(named) <= targets


def test_the_readme_tells_of_every_make_target():
    targets = set(re.findall(r"^([a-z]+):.*##", text_of("Makefile"), re.MULTILINE))
    assert targets - {"help"} <= set(
        re.findall(r"`make ([a-z]+)`", text_of("README.md"))
    )


@pytest.mark.parametrize("document", GUIDES)
def test_every_path_that_is_named_exists(document):
    named = {code for code in code_in(document) if A_PATH.fullmatch(code)}
    missing = {path for path in named if not (ROOT / path).exists()}
    assert not missing - ignored(missing)


def ignored(paths: set[str]) -> set[str]:
    """Return those that git ignores: running makes them, so a fresh clone has none."""
    found = subprocess.run(
        ["git", "check-ignore", "--stdin"],
        cwd=ROOT,
        input="\n".join(paths),
        capture_output=True,
        text=True,
    )
    assert found.returncode in (0, 1), found.stderr
    return set(found.stdout.splitlines())


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_relative_link_leads_somewhere(document):
    links = A_LINK.findall(text_of(document))
    near = [link for link in links if not link.startswith(("http:", "https:"))]
    here = (ROOT / document).parent
    assert not [link for link in near if not (here / link).exists()]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_variable_that_is_named_stands_in_the_example(document):
    described = set(re.findall(r"^(\w+)=$", text_of(".env.example"), re.MULTILINE))
    # What only the containers of others read.
    described |= set(A_VARIABLE.findall(text_of("deploy/compose.yaml")))
    # And what only the tests read.
    described |= set(A_VARIABLE.findall(text_of("tests/orders.py")))
    # What the stack reads, and what libraries do, as it sets it.
    for part in ("__main__", "stack"):
        described |= set(A_VARIABLE.findall(text_of(f"deploy/stack/{part}.py")))
    described = {name.removesuffix("_FILE") for name in described}
    named = {name.removesuffix("_FILE") for name in variables_in(document)}
    assert not named - described


def variables_in(document: str) -> set[str]:
    return {name for code in code_in(document) for name in A_VARIABLE.findall(code)}


def test_the_table_of_states_is_the_one_in_the_code():
    assert state_table() in text_of("docs/states.md"), (
        f"docs/states.md needs this table:\n\n{state_table()}\n"
    )


def state_table() -> str:
    """calls.states.TABLE as Markdown, the events of one move in one row."""
    lines = ["| from | when | to |", "|---|---|---|"]
    for status, moves in TABLE.items():
        by_target = sorted(moves.items(), key=lambda move: list(TABLE).index(move[1]))
        for target, events in groupby(by_target, key=lambda move: move[1]):
            names = ", ".join(f"`{event}`" for event, _ in events)
            lines.append(f"| {status} | {names} | {target} |")
    return "\n".join(lines)


def test_the_import_rules_are_those_that_are_enforced():
    assert import_rules() in text_of("ARCHITECTURE.md"), (
        f"ARCHITECTURE.md needs these rules:\n\n{import_rules()}\n"
    )


def import_rules() -> str:
    """The layers of import-linter, one contract after the other."""
    project = tomllib.loads(text_of("pyproject.toml"))
    contracts = project["tool"]["importlinter"]["contracts"]
    layered = [contract for contract in contracts if contract["type"] == "layers"]
    return "\n\n".join("\n".join(contract["layers"]) for contract in layered)


@pytest.mark.parametrize("pattern", [OF_A_MACHINE, OF_A_REGISTRY])
def test_no_file_names_a_machine_or_a_registry(pattern):
    # Not this one, which must hold the patterns.
    files = ["--", ".", ":!tests/test_documents.py"]
    found = subprocess.run(
        ["git", "grep", "-nIE", pattern, *files],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert found.returncode == 1, found.stdout or found.stderr


def test_the_containers_know_every_package_of_the_project():
    layers = tomllib.loads(text_of("pyproject.toml"))["tool"]["importlinter"]
    dockerfile = text_of("deploy/Dockerfile")
    for package in (*layers["root_packages"], "templates", "static"):
        assert f"COPY {package} {package}\n" in dockerfile


def test_the_licence_is_one_and_travels_with_the_code():
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    assert text_of("LICENSE").startswith("BSD 3-Clause License\n")
    assert project["license"] == "BSD-3-Clause"
    assert json.loads(text_of("package.json"))["license"] == project["license"]
    assert "COPY LICENSE ./\n" in text_of("deploy/Dockerfile")
    assert "!LICENSE\n" in text_of("deploy/Dockerfile.dockerignore")


def test_every_file_of_others_is_listed_with_its_licence():
    vendored = (ROOT / "static" / "vendor").glob("*.js")
    rows = text_of("static/vendor/README.md").splitlines()
    for path in vendored:
        (row,) = [row for row in rows if row.startswith(f"| `{path.name}` |")]
        assert "see `LICENSE`" in row


def test_the_proxies_route_to_the_nodes_that_compose_starts():
    nodes = re.findall(r"NODE_NAME: (\S+)", text_of("deploy/compose.yaml"))
    assert nodes
    for node in nodes:
        port = node.removeprefix("node-")
        for proxy in ("deploy/nginx.conf", "deploy/Caddyfile"):
            assert f"/ws/nodes/{node}/" in text_of(proxy)
            assert f"127.0.0.1:{port}" in text_of(proxy)


def test_the_sentences_of_the_troubleshooting_are_those_in_the_code():
    quoted = re.findall(
        r'"([A-Z][^"]+ [^"]+ [^"]+)"', text_of("docs/troubleshooting.md")
    )
    said = everything_said()
    assert len(quoted) > 30
    assert not [text for text in quoted if text.rstrip(".") not in said]


def test_the_lines_of_the_log_in_the_troubleshooting_are_those_in_the_code():
    quoted = [
        code for code in code_in("docs/troubleshooting.md") if code.count(" ") > 1
    ]
    said = re.sub(r"%\.?\d*\w|\{[^}]*\}", "#", everything_said())
    assert len(quoted) > 8
    assert not [
        line for line in quoted if re.sub(r"\d+(\.\d+)?|…", "#", line) not in said
    ]


def everything_said() -> str:
    """The text of all sources on one line, with strings over several lines joined."""
    patterns = ["*.py", "*.js", "*.html"]
    tracked = subprocess.run(
        ["git", "ls-files", "--", *patterns, ":!tests"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    sources = [ROOT / name for name in tracked.stdout.split()]
    text = "\n".join(path.read_text() for path in sources if path.exists())
    joined = re.sub(r'"\s*\+?\s*f?"', "", text)
    # Whoever is named in a document stands for the name that the code puts there.
    return re.sub(r"\s+", " ", joined).replace("{agent}", "Bruno")


# --- The console websocket ----------------------------------------------------------

CONSOLE = "docs/console-websocket.md"
A_TYPE = re.compile(r"\bmessage\(\s*\"(\w+)\"|\"type\": \"(\w+)\"")
A_FIELD = re.compile(r"\bmessage\.get\(\"(\w+)\"|uuid_of\(message, \"(\w+)\"\)")
# Between processes only: the layer's own names for what it carries.
OF_THE_LAYER = {"pushes", "calls", "changed"}


def section(heading: str) -> str:
    """What stands in the console's document under one heading."""
    _, found, rest = text_of(CONSOLE).partition(f"# {heading}\n")
    assert found, heading
    return re.split(r"^#+ ", rest, flags=re.M)[0]


def cells(heading: str) -> list[list[str]]:
    """The first table there, without its head."""
    table = section(heading).split("|---", 1)[1].split("\n\n")[0].splitlines()[1:]
    return [[cell.strip() for cell in row.split("|")[1:-1]] for row in table]


def fields(heading: str) -> set[str]:
    return {name for row in cells(heading) for name in CODE.findall(row[0])}


def named_in(text: str) -> set[str]:
    """The names in backticks, but for what parentheses explain."""
    return set(CODE.findall(re.sub(r"\([^)]*\)", "", text)))


def test_every_request_of_a_console_is_described_with_its_fields():
    described = {
        kind: named_in(row[1])
        for row in cells("From the browser")
        for kind in CODE.findall(row[0])
    }
    assert described == {
        kind: fields_read_by(handler)
        for kind, handler in (OF_THE_SOCKET | REQUESTS).items()
    }


def fields_read_by(handler: Any) -> set[str]:
    source = inspect.getsource(handler)
    read = {one or other for one, other in A_FIELD.findall(source)}
    return read | ({"call"} if "call_of(message)" in source else set())


def test_every_message_to_a_console_is_described():
    sources = [ROOT / "calls/notify.py", *(ROOT / "calls/snapshots").glob("*.py")]
    sources += (ROOT / "calls/console").rglob("*.py")
    sent = {
        one or other
        for source in sources
        for one, other in A_TYPE.findall(source.read_text())
    }
    described = {CODE.findall(row[0])[0] for row in cells("From the server")}
    assert described == sent - OF_THE_LAYER


def test_the_proof_is_described():
    assert fields("proof") == set(PROOF)


@pytest.fixture
def told(cast: Cast) -> dict[str, dict[str, Any]]:
    """One of each thing that a console is told, by its heading in the document."""
    on_duty(cast.bruno)
    open_window(cast.ana, "Ana's")
    now = timezone.now()
    carla = Contact.objects.create(waid=CARLA, name="Carla")
    call = Call.objects.create(
        account=cast.account,
        wati_call_id="wacid.1",
        direction="inbound",
        line=cast.line,
        queue=cast.queue,
        contact=carla,
        agent=cast.ana,
        status="active",
    )
    Leg.objects.create(call=call, agent=cast.ana, started_at=now)
    Leg.objects.create(
        call=call, agent=cast.bruno, mode="consult", started_at=now, ended_at=now
    )
    Offer.objects.create(call=call, agent=cast.bruno, kind=Offer.Kind.CONSULT)
    Plan.objects.create(contact=carla, line=cast.line, agent=cast.ana)
    console = console_snapshot(cast.ana.pk) | {"primary": True, "since": ""}
    person = lookup.look_up(cast.ana, CARLA, None)
    return {
        "console": console,
        "agent": console["agent"],
        "call": console["calls"][0],
        "leg": console["calls"][0]["legs"][0],
        "plan": console["plans"][0],
        "work": console["work"],
        "window": console["window"],
        "person": person,
        "verdict": person["call"],
        "reading": lookup.describe_readings((CARLA,))[0],
        "belief": person["belief"],
        "The card's person": caller_card.card(call.pk, cast.ana),
    } | transfer.targets(cast.ana)


@pytest.mark.parametrize(
    "thing",
    [
        "console",
        "agent",
        "window",
        "work",
        "person",
        "verdict",
        "reading",
        "belief",
        "The card's person",
        "plan",
        "call",
        "leg",
    ],
)
def test_what_a_console_is_told_is_described(told, thing: str):
    assert fields(thing) == set(told[thing])


def test_the_small_things_a_console_is_told_are_described(told):
    console = told["console"]
    assert set(CODE.findall(section("line"))) == set(console["lines"][0])
    reasons = {*Leg.Left, "because", "agent", "mode", "at", "seconds"}
    assert set(CODE.findall(section("left"))) == reasons
    assert set(console["calls"][0]["left"][0]) == reasons - set(Leg.Left)
    agents, queues = section("targets").split("`queues`")
    assert set(CODE.findall(agents)) - {"agents"} == set(told["agents"][0])
    assert set(CODE.findall(queues)) == set(told["queues"][0])
