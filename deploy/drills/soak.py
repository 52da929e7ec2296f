"""The soak: nothing is broken, for a long while."""

import os

from deploy.drills.scene import Scene, drill


@drill("Nothing is broken for 20 minutes (SOAK_MINUTES)")
def soak(scene: Scene) -> None:
    scene.rest(60 * float(os.environ.get("SOAK_MINUTES") or 20))
