"""Drills on the processes of the product."""

from deploy.drills.scene import Scene, drill
from deploy.stack.proxy import NODES

# A killed node's callers hear nothing until its lease has run out and Wati is told.
UNTIL_TOLD = 16.0


@drill("Nothing is broken: the load alone")
def calm(scene: Scene) -> None:
    scene.rest(20)


@drill("A node is killed, and starts again after 5 s", silence=UNTIL_TOLD, short=True)
def node_killed(scene: Scene) -> None:
    scene.outage(NODES[0], 5)
    scene.rest(15)


@drill("A node is killed, and stays away for 30 s", silence=UNTIL_TOLD)
def node_gone(scene: Scene) -> None:
    scene.outage(NODES[1], 30)
    scene.rest(10)


@drill("A node is frozen for 6 s: its calls go on", silence=8.0)
def node_frozen_briefly(scene: Scene) -> None:
    scene.freeze(NODES[0], 6)
    scene.rest(15)


@drill("A node is frozen for 25 s: its calls are ended by others", silence=UNTIL_TOLD)
def node_frozen_long(scene: Scene) -> None:
    scene.freeze(NODES[1], 25)
    scene.rest(15)


@drill("Both nodes are drained and started again, first one, then the other")
def rolling_restart(scene: Scene) -> None:
    for name in NODES:
        scene.restart(name, patience=90)
        scene.rest(5)


@drill("The worker is killed, and starts again after 10 s")
def worker_killed(scene: Scene) -> None:
    scene.outage("worker", 10)
    scene.rest(15)


@drill("Beat is killed, and starts again after 30 s")
def beat_killed(scene: Scene) -> None:
    scene.outage("beat", 30)
    scene.rest(10)


@drill("The worker is frozen for 30 s")
def worker_frozen(scene: Scene) -> None:
    scene.freeze("worker", 30)
    scene.rest(10)
