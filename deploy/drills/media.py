"""Drills on the way of the audio."""

from deploy.drills.scene import Scene, drill


@drill("5 % of the media packets are lost, 5 % out of order, all up to 60 ms late")
def bad_network(scene: Scene) -> None:
    scene.control.behave(link_loss=0.05, link_reorder=0.05, link_jitter=0.06)
    scene.rest(40)
    scene.control.behave(link_loss=0.0, link_reorder=0.0, link_jitter=0.0)
    scene.heal()


@drill("20 % of the media packets are lost", silence=1.5)
def awful_network(scene: Scene) -> None:
    scene.control.behave(link_loss=0.2, link_jitter=0.1)
    scene.rest(30)
    scene.control.behave(link_loss=0.0, link_jitter=0.0)
    scene.heal()
