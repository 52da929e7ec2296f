"""Carries webhooks to the business, with the faults that real ones have."""

import asyncio
import logging
import time
from itertools import count

import httpx2

from callcenter.simulator import payloads
from callcenter.simulator.behaviour import Behaviour, FaultList, WebhookFault
from callcenter.simulator.ledger import Delivery, Ledger
from callcenter.simulator.payloads import Notice

logger = logging.getLogger(__name__)

HOLD_LIMIT = 10.0


class Postman:
    """Posts the webhooks of one call in order, those of different calls at once.

    Every attempt is written into the ledger with the status that it got.
    """

    def __init__(self, base_urls: str, key: str, ledger: Ledger) -> None:
        """Post to `base_urls`: one or more, separated by commas, which take turns."""
        self.base_urls = [url.rstrip("/") for url in base_urls.split(",")]
        self._turns = count()
        self.key = key
        self.faults: FaultList[WebhookFault] = FaultList()
        self._ledger = ledger
        self._client: httpx2.AsyncClient | None = None
        self._last: dict[str, asyncio.Task[None]] = {}
        self._held: dict[str, asyncio.Event] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def tell(self, notice: Notice, behaviour: Behaviour) -> asyncio.Task[None]:
        """Send one webhook; the task ends when it is delivered or given up."""
        body = payloads.write(notice, behaviour)
        return self.send(notice.kind, notice.call or notice.waid, body, behaviour)

    def send(
        self, kind: str, subject: str, body: dict[str, object], behaviour: Behaviour
    ) -> asyncio.Task[None]:
        """Send any body to one of the five addresses, after those of its subject."""
        fault = self.faults.take(kind=kind, call=subject) or WebhookFault()
        release = self._held.pop(subject, None)
        before = None if release else self._last.get(subject)
        held = asyncio.Event() if fault.hold else None
        if held is not None:
            self._held[subject] = held
        delivery = Delivery(kind=kind, at=0.0, call=subject, body=body)
        task = asyncio.create_task(
            self._deliver(delivery, behaviour, fault, before, held)
        )
        self._keep(task, subject, release)
        return task

    def _keep(
        self, task: asyncio.Task[None], subject: str, release: asyncio.Event | None
    ) -> None:
        def done(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            if self._last.get(subject) is task:
                del self._last[subject]
            if release is not None:
                release.set()

        self._tasks.add(task)
        self._last[subject] = task
        task.add_done_callback(done)

    async def _deliver(
        self,
        delivery: Delivery,
        behaviour: Behaviour,
        fault: WebhookFault,
        before: asyncio.Task[None] | None,
        held: asyncio.Event | None,
    ) -> None:
        if before is not None:
            await asyncio.wait([before])
        if held is not None:
            await wait_at_most(held, HOLD_LIMIT)
        await asyncio.sleep(fault.delay)
        if fault.lose:
            delivery.lost, delivery.at = True, time.time()
            self._ledger.deliveries.append(delivery)
            return
        for _ in range(1 + fault.copies):
            await self._post_until_heard(delivery, behaviour)

    async def _post_until_heard(self, told: Delivery, behaviour: Behaviour) -> None:
        for attempt in range(1, 2 + behaviour.webhook_retries):
            one = Delivery(told.kind, time.time(), told.call, told.body, attempt)
            self._ledger.deliveries.append(one)
            one.status = await self._post(one, behaviour.webhook_timeout)
            one.seconds = time.time() - one.at
            if 200 <= one.status < 300:
                return
            if attempt <= behaviour.webhook_retries:
                await asyncio.sleep(behaviour.webhook_retry_delay)
        logger.warning("webhook %s was not taken: status %s", one.kind, one.status)

    async def _post(self, delivery: Delivery, patience: float) -> int:
        """Return the HTTP status, 0 when there was no answer."""
        if self._client is None:
            self._client = httpx2.AsyncClient(trust_env=False)
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        try:
            reply = await self._client.post(
                f"{self._address()}/webhooks/wati/{delivery.kind}/",
                json=delivery.body,
                headers=headers,
                timeout=patience,
            )
        except httpx2.HTTPError:
            return 0
        return reply.status_code

    def _address(self) -> str:
        return self.base_urls[next(self._turns) % len(self.base_urls)]

    async def settle(self) -> None:
        """Wait until nothing is in flight."""
        while self._tasks:
            await asyncio.wait(list(self._tasks))

    async def close(self) -> None:
        """Drop what is in flight. May be called again, and used after."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._held.clear()
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()


async def wait_at_most(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
