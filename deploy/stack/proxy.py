"""nginx with deploy/nginx.conf as it is, but for the places that belong to a site."""

import os
from collections.abc import Mapping
from pathlib import Path

from deploy.stack.process import Process
from deploy.stack.processes import ROOT, Command, ProcessList
from deploy.stack.stores import find_program

SITE = ROOT / "deploy" / "nginx.conf"
HOST = "127.0.0.1"
# The nodes of the file, as compose.yaml and the systemd units name them: by port.
NODES = ("node-8001", "node-8002")

# What belongs into the file that distributions ship, around the site's own.
AROUND = """\
{user}daemon off;
worker_processes 2;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{
	worker_connections 4096;
}}
http {{
	access_log off;
	client_body_temp_path {folder}/body;
	proxy_temp_path {folder}/proxy;
	fastcgi_temp_path {folder}/fastcgi;
	uwsgi_temp_path {folder}/uwsgi;
	scgi_temp_path {folder}/scgi;
	include {folder}/site.conf;
	include {folder}/wati.conf;
}}
"""

# Beside the site: the false Wati, which the call center reaches by https only.
WATI = """\
server {{
	listen {host}:{port} ssl;
	ssl_certificate {certificate};
	ssl_certificate_key {key};
	location / {{
		proxy_http_version 1.1;
		proxy_set_header Host $http_host;
		proxy_set_header X-Forwarded-For $remote_addr;
		proxy_set_header X-Forwarded-Proto $scheme;
		proxy_pass http://{host}:{simulator};
	}}
}}
"""


def site_for(
    text: str,
    nodes: Mapping[str, int],
    *,
    http: int,
    https: int,
    certificate: Path,
    key: Path,
) -> str:
    """Return nginx.conf for this machine: exactly these places change.

    A place that the file does not have is an error, for then it was not tested.
    """
    letsencrypt = "/etc/letsencrypt/live/calls.example.com"
    places = {
        "listen 80;": f"listen {HOST}:{http};",
        "listen 443 ssl;": f"listen {HOST}:{https} ssl;",
        "\tlisten [::]:80;\n": "",
        "\tlisten [::]:443 ssl;\n": "",
        f"{letsencrypt}/fullchain.pem": str(certificate),
        f"{letsencrypt}/privkey.pem": str(key),
        "server_name calls.example.com;": f"server_name {HOST};",
    }
    for name, port in nodes.items():
        places[f"server 127.0.0.1:{name.removeprefix('node-')};"] = (
            f"server {HOST}:{port};"
        )
    for place, here in places.items():
        if place not in text:
            raise ValueError(f"{SITE.name} does not say {place.strip()!r}.")
        text = text.replace(place, here)
    return text


class Nginx(Process):
    """The proxy as a process of ours; a reload reads its files again."""

    ends_within = 10.0

    def __init__(self, folder: Path, *, listed: ProcessList) -> None:
        self.folder = folder
        advice = "apt-get install nginx-light"
        binary = find_program("nginx", "/usr/sbin/nginx", advice)
        command: Command = [
            binary,
            "-p",
            folder,
            "-e",
            "stderr",
            "-c",
            folder / "nginx.conf",
        ]
        log = folder.parent / "log" / "nginx.log"
        super().__init__("nginx", command, listed=listed, log=log, cwd=folder)

    def configure(self, site: str, **wati: object) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        # As root, nginx would have its workers be nobody, who may not read our folder.
        user = "user root;\n" if os.geteuid() == 0 else ""
        around = AROUND.format(user=user, folder=self.folder)
        (self.folder / "nginx.conf").write_text(around)
        (self.folder / "site.conf").write_text(site)
        (self.folder / "wati.conf").write_text(WATI.format(host=HOST, **wati))
