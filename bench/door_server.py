"""The process that is measured at the door for webhooks.

`door_server.py product|usual PORT`: `manage.py serve`, with room for the calls of the
load generators in the same event loop. The usual way is a view that Django calls as any
other, which authenticates by a row and stores by another. `mark` on standard input
begins a measurement, `report` has it printed as a line of JSON.
"""

import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

import django

TICKS_PER_SECOND = 100


def cpu_of_threads() -> dict[str, float]:
    """Return the CPU time of each kind of thread that lives, in seconds."""
    spent: dict[str, float] = {}
    for thread in threading.enumerate():
        try:
            stat = Path(f"/proc/self/task/{thread.native_id}/stat").read_text()
        except OSError:
            continue
        fields = stat.rsplit(")", 1)[1].split()
        name = thread.name.rstrip("0123456789_-")
        seconds = (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND
        spent[name] = spent.get(name, 0.0) + seconds
    return spent


class Measure(threading.Thread):
    """Answers what the other end of standard input asks."""

    def __init__(self, late: Any) -> None:
        super().__init__(name="measure", daemon=True)
        self.late = late

    def run(self) -> None:
        for line in sys.stdin:
            if line.strip() == "mark":
                self.late.clear()
                self.late.append(0.0)
                self.cpu, self.threads = time.process_time(), cpu_of_threads()
            else:
                print(json.dumps(self.report()), flush=True)

    def report(self) -> dict[str, Any]:
        late = sorted(self.late)
        threads = cpu_of_threads()
        return {
            "cpu": time.process_time() - self.cpu,
            "threads": {
                name: spent - self.threads.get(name, 0.0)
                for name, spent in threads.items()
            },
            "late_worst": late[-1],
            "late_p99": late[int(len(late) * 0.99)],
        }


def with_calls(application: Any) -> Any:
    """Put the relay of the other benchmarks beside the product."""
    from bench.passthrough import PassthroughRelay

    relay = PassthroughRelay("passthrough")

    async def door(scope: dict[str, Any], receive: Any, send: Any) -> None:
        path = scope.get("path", "")
        if path.startswith("/calls/"):
            body = await receive()
            answer = await relay.answer(path.rsplit("/", 1)[-1], body["body"].decode())
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": answer.encode()})
        elif path.startswith("/ws/nodes/bench/"):
            call = {"kwargs": {"call_id": path.split("/")[5]}}
            await relay.consumer(scope | {"url_route": call}, receive, send)
        else:
            await application(scope, receive, send)

    return door


def usual_view() -> Any:
    """Return the view that most would write."""
    from hashlib import sha256

    from django.urls import path
    from rest_framework.exceptions import NotAuthenticated
    from rest_framework.response import Response
    from rest_framework.views import APIView

    from callcenter.models import WatiAccount
    from calls.models import WebhookDelivery

    class Usual(APIView):
        permission_classes = ()

        def post(self, request: Any, kind: str) -> Response:
            key = request.headers.get("Authorization", "").partition(" ")[2]
            accounts = WatiAccount.objects.filter(is_active=True)
            account = next((a for a in accounts if key in a.webhook_keys()), None)
            if account is None:
                raise NotAuthenticated
            WebhookDelivery.objects.get_or_create(
                account=account,
                dedupe_key=sha256(request.body).hexdigest(),
                defaults={"kind": kind, "body": request.body, "status": "dead"},
            )
            return Response({"message": "Received."})

    return path("webhooks/wati/<str:kind>/", Usual.as_view())


def main() -> None:
    kind, port = sys.argv[1:]
    django.setup()
    from django.core.management import call_command

    from callcenter import asgi, urls
    from calls.node.process import node_process

    if kind == "usual":
        urls.urlpatterns.insert(0, usual_view())
        asgi.application = asgi.http  # type: ignore[assignment]
    asgi.application = with_calls(asgi.application)
    Measure(node_process.watch._late).start()
    call_command("serve", port=int(port), prepare=True)


if __name__ == "__main__":
    main()
