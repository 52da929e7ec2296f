"""Drills on Wati's API."""

from typing import Any

from deploy.drills.scene import Scene, drill

FOR = 25.0  # seconds


def spoilt(scene: Scene, **fault: Any) -> None:
    """Have every request spoilt for a while."""
    scene.control.set_fault(times=0, **fault)
    scene.rest(FOR)
    scene.control.clear_faults()
    scene.heal()
    scene.rest(10)


@drill("Wati takes 3 s for each reply", silence=2.0)
def wati_slow(scene: Scene) -> None:
    spoilt(scene, delay_after=3.0)


@drill("Wati does what it is asked and drops the reply", silence=2.0)
def wati_half_answered(scene: Scene) -> None:
    spoilt(scene, outcome="drop", done=True)


@drill("Wati does nothing and drops the connection", silence=2.0, deaf=FOR)
def wati_dropped(scene: Scene) -> None:
    spoilt(scene, outcome="drop")


@drill(
    "Wati answers every request with a page of HTML and status 502",
    silence=2.0,
    deaf=FOR,
)
def wati_wrong(scene: Scene) -> None:
    spoilt(scene, outcome="body", status=502, body="<html>Bad gateway</html>")


@drill("Wati refuses the API token", silence=2.0, deaf=FOR)
def wati_unauthorised(scene: Scene) -> None:
    spoilt(scene, outcome="status", status=401)


@drill("Wati says nothing to any request", silence=2.0, deaf=FOR)
def wati_silent(scene: Scene) -> None:
    spoilt(scene, outcome="hang")
