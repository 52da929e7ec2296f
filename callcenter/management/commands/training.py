"""Place the training calls that agents ask for, where no node does so by itself."""

import asyncio
import signal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from callcenter.canary.training import TrainingDesk

DEFAULT_LISTEN = "127.0.0.1:8951"


class Command(BaseCommand):
    help = (
        "Place training calls: a recorded voice rings at the agent who asks for one in "
        "the console, which offers them meanwhile. Runs until it is stopped; only one."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        asyncio.run(training())


async def training() -> None:
    desk, stopped = TrainingDesk(settings.PUBLIC_URL), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    try:
        await desk.open(
            settings.TRAINING_LISTEN or DEFAULT_LISTEN, settings.TRAINING_URL
        )
        await stopped.wait()
    finally:
        await desk.close()
