"""The one simulated world of this process."""

from django.conf import settings

from callcenter.simulator.world import Account, World

_world: World | None = None


def account_from_settings() -> Account:
    return Account(
        tenant=settings.SIMULATOR_TENANT,
        token=settings.SIMULATOR_TOKEN,
        number=settings.SIMULATOR_NUMBER,
        webhook_url=settings.SIMULATOR_WEBHOOK_URL,
        webhook_key=settings.SIMULATOR_WEBHOOK_KEY,
    )


def the_world() -> World:
    global _world
    if _world is None:
        _world = World(account_from_settings())
    return _world


def create(account: Account) -> World:
    """Start a world with another account than the settings'."""
    global _world
    _world = World(account)
    return _world


async def shutdown() -> None:
    """End every call and close every socket. For the end of the process."""
    if _world is not None:
        await _world.reset()
