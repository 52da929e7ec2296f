"""What deploy/ describes four times is one thing: stack, compose, systemd, proxies."""

import re
import shlex

import pytest

from callcenter import limits
from deploy.stack import proxy, stack
from deploy.stack.process import Process
from tests.paths import ROOT

DEPLOY = ROOT / "deploy"
COMPOSE = (DEPLOY / "compose.yaml").read_text()
NGINX = (DEPLOY / "nginx.conf").read_text()
CADDY = (DEPLOY / "Caddyfile").read_text()
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
SETTINGS = (ROOT / "callcenter" / "settings.py").read_text()
MIB = 1024 * 1024
PORTS = {name: int(name.removeprefix("node-")) for name in proxy.NODES}
HOLDS_CALLS = ("node-8001", "node-8002", "worker")


def service(name: str) -> str:
    """Return what compose.yaml says about one service."""
    [text] = re.findall(rf"^  {name}:\n((?: {{4}}.*\n|\n)+)", COMPOSE, re.M)
    return str(text)


def unit(name: str) -> str:
    text = (DEPLOY / "systemd" / f"callcenter-{name}.service").read_text()
    return text.replace("\\\n", " ")


def setting(text: str, name: str) -> str:
    """Return the value of a line of a unit, or of a service."""
    [value] = re.findall(rf"^\s*{name}[=:]\s*(.*)$", text, re.M)
    return str(value)


def plain(command: list[str]) -> list[str]:
    """Leave out how a program is called here, and the name of this machine."""
    words = [word.rsplit("/", 1)[-1] for word in command]
    for extra in (["--hostname", "worker@%l"], ["-m"]):
        for at in range(len(words)):
            if words[at : at + len(extra)] == extra:
                del words[at : at + len(extra)]
    return words


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("worker", [*stack.WORKER, *stack.WARNINGS_ONLY]),
        ("beat", [*stack.BEAT, *stack.WARNINGS_ONLY]),
    ],
)
def test_worker_and_beat_are_the_same_command_everywhere(name, command):
    assert plain(command) == plain(shlex.split(setting(service(name), "command")))
    assert plain(command) == plain(shlex.split(setting(unit(name), "ExecStart")))


def test_a_node_is_the_same_command_everywhere():
    serve = ["python", "manage.py", "serve"]
    [words] = re.findall(r"^CMD \[(.*)\]$", DOCKERFILE, re.M)
    assert re.findall(r'"([^"]+)"', words) == serve
    started = shlex.split(setting(unit("node@"), "ExecStart"))
    assert plain(started) == [*serve, "--port", "%i"]
    for name in PORTS:
        assert "command" not in service(name)


def test_every_description_has_the_same_nodes():
    assert set(re.findall(r"^  (node-\d+):$", COMPOSE, re.M)) == set(PORTS)
    for name, port in PORTS.items():
        assert setting(service(name), "NODE_NAME") == name
        assert setting(service(name), "PORT") == f'"{port}"'
    assert "NODE_NAME=node-%i" in unit("node@")


def test_audio_goes_to_its_own_node_and_everything_else_to_any():
    upstreams = dict(re.findall(r"upstream (\w+) \{\n([^}]*)\}", NGINX))
    servers = {
        name: [int(port) for port in re.findall(r"server 127\.0\.0\.1:(\d+);", text)]
        for name, text in upstreams.items()
    }
    routes = dict(re.findall(r"~\^/ws/nodes/([\w-]+)/ (\w+);", NGINX))
    assert {node: servers[routes[node]] for node in routes} == {
        node: [port] for node, port in PORTS.items()
    }
    [default] = re.findall(r"default (callcenter_\w+);", NGINX)
    assert servers[default] == list(PORTS.values())

    routed = re.findall(
        r"@([\w-]+) path /ws/nodes/([\w-]+)/\*\n"
        r"\treverse_proxy @([\w-]+) 127\.0\.0\.1:(\d+) ",
        CADDY,
    )
    assert {node: int(port) for _, node, _, port in routed} == PORTS
    assert all(name == node == used for name, node, used, _ in routed)
    everywhere = " ".join(f"127.0.0.1:{port}" for port in PORTS.values())
    assert f"\treverse_proxy {everywhere} {{" in CADDY


def test_metrics_do_not_pass_the_proxy():
    assert re.search(r"location = /metrics \{\s*return 404;", NGINX)
    assert "\trespond /metrics 404\n" in CADDY


def test_proxies_take_the_bodies_that_the_product_takes():
    """In whole MiB: what is a little larger the product refuses itself."""
    large = {
        address: -(-size // MIB)
        for address, size in limits.BODIES.items()
        if size > limits.ANY_BODY
    }
    found = re.findall(r"location (/\S+) \{\s*client_max_body_size (\d+)m;", NGINX)
    assert {address: int(size) for address, size in found} == large
    [any_body] = re.findall(r"^\tclient_max_body_size (\d+)m;", NGINX, re.M)
    assert int(any_body) * MIB == limits.ANY_BODY

    for address, size in large.items():
        [name] = re.findall(rf"@([\w-]+) path {address}\*\n", CADDY)
        assert re.search(rf"request_body @{name} \{{\s*max_size {size}MiB\s*\}}", CADDY)
        assert f"not path {address}*" in CADDY
    everything_else = f"{limits.ANY_BODY // MIB}MiB"
    assert re.search(
        rf"request_body @all-else \{{\s*max_size {everything_else}\s*\}}", CADDY
    )


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Host", "$host"),
        ("X-Forwarded-For", "$remote_addr"),  # never what the client claims
        ("X-Forwarded-Proto", "$scheme"),
        ("Upgrade", "$http_upgrade"),
        ("Connection", "$callcenter_connection"),
    ],
)
def test_nginx_sets_what_the_product_trusts(header, value):
    """Caddy does so by itself."""
    assert re.findall(rf"proxy_set_header {header} (\S+);", NGINX) == [value]


def test_nothing_is_turned_on_that_production_must_not_have():
    assert setting(COMPOSE.split("services:")[0], "DEBUG") == '"0"'
    for text in (COMPOSE, *map(unit, ("node@", "worker", "beat"))):
        assert not re.search(r"SIMULATOR|ALLOW_PRIVATE|DEBUG[=:] *\"?1", text)


def test_a_node_and_the_worker_of_a_machine_share_the_folder_of_the_spool():
    [shared] = re.findall(r"^    VAR_DIR: (\S+)$", COMPOSE, re.M)
    assert f"- spool:{shared}\n" in COMPOSE
    for name in HOLDS_CALLS:
        assert "<<: *application" in service(name)
        assert "VAR_DIR" not in service(name)
    for name in ("node@", "worker"):
        assert f"VAR_DIR={shared}" in unit(name)
        assert f"/var/lib/{setting(unit(name), 'StateDirectory')}" == shared


def seconds(of_service: list[str], of_unit: str) -> int:
    """Return the one time to stop that compose.yaml and systemd give."""
    times = {setting(service(name), "stop_grace_period") for name in of_service}
    times.add(f"{setting(unit(of_unit), 'TimeoutStopSec')}s")
    [time] = times
    return int(time.removesuffix("s"))


def test_nodes_may_wait_for_their_calls_and_everything_ends_within_the_time():
    to_end = seconds(["worker"], "worker")
    [drain] = re.findall(r'"NODE_DRAIN_SECONDS", .* else (\d+)', SETTINGS)
    assert seconds([*PORTS], "node@") == int(drain) + to_end
    assert Process.ends_within >= to_end


def test_the_stack_runs_nginx_conf_itself_and_refuses_one_that_lacks_a_place(tmp_path):
    here = {"http": 1, "https": 2, "certificate": tmp_path, "key": tmp_path}
    ports = {"node-8001": 3, "node-8002": 4}
    site = proxy.site_for(NGINX, ports, **here)
    changed = set(NGINX.splitlines()) - set(site.splitlines())
    for line in changed:
        assert re.search(r"listen|server_name|server 127|ssl_certificate", line), line
    with pytest.raises(ValueError, match="server 127.0.0.1:8002"):
        proxy.site_for(NGINX.replace(":8002", ":8003"), ports, **here)
