"""The image's files, as `deploy/Dockerfile` makes them, served with DEBUG=0."""

import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from http.cookiejar import CookieJar, DefaultCookiePolicy
from itertools import pairwise
from pathlib import Path
from typing import Self
from urllib.parse import urljoin

import httpx2
import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.core.files.storage import FileSystemStorage

from agents.models import Agent
from callcenter.web.storage import ModuleManifestStorage
from deploy.stack.image import collect_static, copy_files
from deploy.stack.ports import free_port
from tests.servers import wait_for
from tests.stack import ROOT, NodeServer, database_url

HOST = "calls.example.com"
PASSWORD = secrets.token_urlsafe(12)
HASH = make_password(PASSWORD)  # once: it is slow on purpose

HASHED = re.compile(r"^(/static/.*)\.[0-9a-f]{12}(\.\w+)$")
A_COMMENT = re.compile(r"/\*.*?\*/|^\s*//.*?$", re.DOTALL | re.MULTILINE)
# `import x from "y"`, `export * from "y"`, `import "y"`, `import("y")`.
AN_IMPORT = re.compile(r'(?:\bfrom|\bimport)\s*\(?\s*"([./][^"\n]+)"')
A_URL = re.compile(r"""url\(["']?(?!data:|#)([^"')]+)""")
# Every module that the console is made of; its page must lead to each.
MODULES = [
    f"/static/{path.relative_to(ROOT / 'static')}"
    for folder in ("console", "audio", "worklets")
    for path in (ROOT / "static" / folder).rglob("*.js")
]
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


def production(**environment: str) -> dict[str, str]:
    """What an operator sets; what the tests set for themselves is unset."""
    return {
        "DEBUG": "0",
        "SIMULATOR": "0",
        "MEDIA_ALLOW_PRIVATE_CANDIDATES": "0",
        "PASSWORD_ITERATIONS": "",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ENCRYPTION_KEYS": settings.SECRET_KEY,
        "ALLOWED_HOSTS": HOST,
        "PUBLIC_URL": f"https://{HOST}",
        "SECOND_FACTOR": "optional",
        "DATABASE_URL": database_url(os.environ["DATABASE_URL"]),
    } | environment


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the image starts in, made by the Dockerfile's own lines."""
    folder = tmp_path_factory.mktemp("image") / "callcenter"
    copy_files(folder)
    collect_static(folder)
    return folder


class ProductionNode(NodeServer):
    def __init__(self, image: Path, var_dir: Path) -> None:
        self.cwd = image
        port = free_port()
        super().__init__("production", port, **production(VAR_DIR=str(var_dir)))

    def is_alive(self) -> bool:
        """Ask as the container's health check does."""
        assert self.runs, self.log.read_text()
        check = [sys.executable, "deploy/healthcheck.py"]
        return not subprocess.run(check, cwd=self.cwd, env=self.environment).returncode


@pytest.fixture
def node(
    transactional_db: None, image: Path, tmp_path: Path
) -> Iterator[ProductionNode]:
    node = ProductionNode(image, tmp_path)
    try:
        wait_for(node.is_alive, "the node in production")
        yield node
    finally:
        node.stop()
        sys.stdout.write(node.news())


class Visitor:
    """Somebody's browser behind the proxy that does TLS: pages, and what they load."""

    def __init__(self, url: str) -> None:
        policy = DefaultCookiePolicy(secure_protocols=("http", "https"))
        self.loaded: dict[str, str] = {}
        self.http = httpx2.Client(
            base_url=url,
            headers={
                "Host": HOST,
                "Origin": f"https://{HOST}",
                "X-Forwarded-Proto": "https",
            },
            cookies=CookieJar(policy),
            trust_env=False,
            timeout=30,
        )

    def sign_in(self, username: str) -> Self:
        token = re.search(
            r'name="csrfmiddlewaretoken" value="(\w+)"', self.http.get("/sign-in/").text
        )
        assert token
        form = {"username": username, "password": PASSWORD}
        form["csrfmiddlewaretoken"] = token[1]
        answer = self.http.post("/sign-in/", data=form)
        assert answer.status_code == 302, answer.text
        assert_guarded(answer.headers.get_list("Set-Cookie"))
        return self

    def open(self, address: str) -> str:
        """Load a page with everything that it names, and what that names in turn."""
        page = self.http.get(address)
        assert page.status_code == 200, page.text
        for name in addresses_in(page.text):
            self.load(name)
        return page.text

    def load(self, address: str) -> None:
        hashed = HASHED.match(address)
        assert hashed, f"{address} has no hash in its name"
        plain = "".join(hashed.groups())
        if plain in self.loaded:
            assert self.loaded[plain] == address, "one file, two names"
            return
        self.loaded[plain] = address
        answer = self.http.get(address)
        assert answer.status_code == 200, address
        assert answer.headers["Content-Type"].startswith(TYPES[hashed[2]]), address
        assert "immutable" in answer.headers["Cache-Control"], address
        for name in named_in(answer.text, hashed[2]):
            self.load(urljoin(address, name))


def assert_guarded(cookies: list[str]) -> None:
    """No script, no other site and no other host of the domain gets or sets these."""
    names = {cookie.partition("=")[0] for cookie in cookies}
    assert {"__Host-session", "__Host-csrftoken"} <= names
    for cookie in cookies:
        said = {one.strip().partition("=")[0].lower() for one in cookie.split(";")[1:]}
        assert {"secure", "httponly", "path", "samesite"} <= said, cookie
        assert "domain" not in said
        assert "SameSite=Lax" in cookie


def named_in(text: str, suffix: str) -> list[str]:
    """Return what a module imports or a style sheet shows, as it says it."""
    patterns = {".js": AN_IMPORT, ".css": A_URL}
    if suffix not in patterns:
        return []
    return patterns[suffix].findall(A_COMMENT.sub("", text))


def addresses_in(page: str) -> list[str]:
    """Return every static file that an attribute of the page names, links or data."""
    return re.findall(r'="(/static/[^"]+)"', page)


@pytest.mark.stackless
def test_the_console_and_the_admin_load_with_everything_they_name(node):
    ana, sofia = (User(username=name, password=HASH) for name in ("ana", "sofia"))
    ana.save()
    Agent.objects.create(user=ana, name="Ana")
    sofia.is_staff = sofia.is_superuser = True
    sofia.save()

    agent = Visitor(node.url).sign_in("ana")
    assert 'id="console"' in agent.open("/console/")
    agent.open("/profile/")
    assert set(MODULES) <= set(agent.loaded)

    supervisor = Visitor(node.url).sign_in("sofia")
    for address in (
        "/admin/",
        "/admin/board/",
        "/admin/calls/call/",
        "/admin/agents/agent/",
    ):
        supervisor.open(address)
    assert "/static/admin/css/base.css" in supervisor.loaded
    assert "/static/admin-extra/admin.css" in supervisor.loaded


def test_imports_in_a_circle_are_named_when_the_files_are_collected(tmp_path):
    """Such files can have no hashed names: each one's hash would hold the other's."""
    first, second = tmp_path / "first.js", tmp_path / "second.js"
    first.write_text('import { b } from "./second.js";\n')
    second.write_text('import { a } from "./first.js";\n')
    source, target = FileSystemStorage(tmp_path), tmp_path / "collected"
    storage = ModuleManifestStorage(location=target)
    files = {name: (source, name) for name in ("first.js", "second.js")}
    with pytest.raises(ValueError, match=r"first\.js → second\.js|second\.js → first"):
        list(storage.post_process(files))


def test_a_chain_of_modules_may_be_longer_than_django_repeats(tmp_path):
    names = [f"module-{number}.js" for number in range(20)]
    (tmp_path / names[-1]).write_text("export const answer = 42;\n")
    for name, next_name in pairwise(names):
        text = f'export {{ answer }} from "./{next_name}";\n'
        (tmp_path / name).write_text(text)
    target = tmp_path / "collected"
    source, storage = FileSystemStorage(tmp_path), ModuleManifestStorage(target)
    done = list(storage.post_process({name: (source, name) for name in names}))
    assert not [problem for *_, problem in done if isinstance(problem, Exception)]
    for name, next_name in pairwise(names):
        text = (target / storage.stored_name(name)).read_text()
        assert f'"./{storage.stored_name(next_name)}"' in text
