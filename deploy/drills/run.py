"""One drill: load, break, heal, wait until it is quiet, and look."""

import re
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx2
from django.db import connection
from django.utils import timezone

from agents.models import Queue
from bench.floor.consoles import Seen
from calls.models import Call
from calls.states import Status
from deploy.drills import company, promises
from deploy.drills.load import AGENTS, Consoles, Load
from deploy.drills.promises import Finding, Usage
from deploy.drills.recovery import undone_before
from deploy.drills.scene import Drill, Scene
from deploy.drills.wire import Wire
from deploy.stack.proxy import NODES
from deploy.stack.stack import Stack

WARM_UP = 12.0  # seconds until about ten calls are there
SETTLES_WITHIN = 90.0
RESOURCES_WITHIN = 30.0


@dataclass
class Report:
    """The outcome of one drill."""

    drill: Drill
    seconds: float = 0.0
    calls: int = 0
    lost: int = 0
    recovery: float | None = 0.0  # seconds; None: it took too long
    slowest: float = 0.0
    refused: int = 0
    findings: list[Finding] = field(default_factory=list)
    endings: Counter[str] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)

    def is_passed(self, *, is_timed: bool = True) -> bool:
        """Say whether all was kept, or only what a crowded machine cannot break."""
        asked = [one for one in self.findings if is_timed or not one.is_timed]
        return bool(asked) and all(one.kept for one in asked)


class Runner:
    """Runs drills on a stack that is up, with the company that works there."""

    def __init__(self, stack: Stack, queues: list[Queue]) -> None:
        self.stack, self.queues = stack, queues
        self.control = stack.control()
        self.seats = company.seats([stack.url])[:AGENTS]

    def warm_up(self) -> None:
        """Let caches and pools fill: what comes after is compared with before."""
        self.run(Drill("warm-up", "", lambda scene: scene.rest(10), 60.0, False))

    def run(self, drill: Drill) -> Report:
        report, begin = Report(drill), time.monotonic()
        scene = Scene(self.stack, self.control)
        drill.before(scene)
        before = self._usage()
        with Wire(self.control) as wire:
            seen = self._under_load(scene, report)
            self._settle()
            report.recovery = scene.recovery.wait() if scene.recovery else 0.0
            wire.look()
            report.findings = self._look(drill, scene, wire, before)
        report.problems = Counter(text for _, _, text in seen.problems)
        report.calls, report.slowest = len(wire.phones), wire.slowest
        report.refused = len(wire.refused)
        rows = Call.objects.filter(wati_call_id__in=wire.phones)
        report.endings = Counter(rows.values_list("end_reason", flat=True))
        report.lost = report.calls - sum(
            report.endings[word] for word in company.ENDINGS_AS_MEANT
        )
        report.seconds = time.monotonic() - begin
        return report

    def _under_load(self, scene: Scene, report: Report) -> Seen:
        consoles = Consoles(self.seats)
        consoles.open([queue.pk for queue in self.queues])
        tenant = self.stack.site.tenant_id
        load = Load(self.stack.control_url, tenant, len(self.queues))
        load.start()
        try:
            scene.rest(WARM_UP)
            report.drill.act(scene)
        except Exception as error:
            traceback.print_exc()
            scene.complain(f"{type(error).__name__}: {error}")
        finally:
            connection.close()  # PostgreSQL may have been stopped meanwhile
            self.control.clear_faults()
            load.stop()
            self._wait(lambda: not _live(), SETTLES_WITHIN)
            seen = consoles.close()
        return seen

    def _settle(self) -> None:
        """Wait until nothing is left to do."""
        self._wait(self._is_ready, SETTLES_WITHIN)
        self.control.settle()
        self._wait(self._is_quiet, SETTLES_WITHIN)

    def _look(
        self, drill: Drill, scene: Scene, wire: Wire, before: dict[str, Usage]
    ) -> list[Finding]:
        same = {name: usage for name, usage in before.items() if name not in scene.anew}

        def now() -> dict[str, Usage]:
            return {
                name: usage for name, usage in self._usage().items() if name in same
            }

        self._wait(
            lambda: promises.resources_are_back(same, now).kept, RESOURCES_WITHIN
        )
        return [
            promises.webhooks_are_kept(wire),
            promises.ends_are_known(wire, drill.deaf),
            promises.nobody_in_silence(wire, drill.silence),
            promises.timelines_add_up(wire),
            promises.resources_are_back(same, now),
            *promises.complaints(scene.complaints),
        ]

    def _usage(self) -> dict[str, Usage]:
        return {
            name: Usage.of(self.stack[name].pid, self._tasks_of(name)) for name in NODES
        }

    def _tasks_of(self, name: str) -> int:
        """Return the tasks of a node's event loop, by its own metrics."""
        token = self.stack.site.metrics_token
        text = httpx2.get(
            f"{self.stack.node_url(name)}/metrics",
            headers={"Authorization": f"Bearer {token}"},
            trust_env=False,
        ).text
        [tasks] = re.findall(r"^callcenter_tasks (\S+)", text, re.M)
        return int(float(tasks))

    def _is_quiet(self) -> bool:
        return not _live() and not undone_before(timezone.now())

    def _is_ready(self) -> bool:
        self.stack.wait_until_ready()
        return True

    @staticmethod
    def _wait(check: Callable[[], bool], seconds: float) -> None:
        """Wait for it, and go on all the same: the findings tell."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                if check():
                    return
            except Exception:
                traceback.print_exc()
                connection.close()
            time.sleep(0.5)


def _live() -> bool:
    live = Call.objects.exclude(status__in=(Status.ENDED, Status.UNMATCHED))
    return live.exists()
