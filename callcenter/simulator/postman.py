"""Carries webhooks to the business, with the faults that real ones have."""

import asyncio
import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count

import httpx2

from callcenter.simulator import meta, payloads
from callcenter.simulator.behaviour import Behaviour, FaultList, WebhookFault
from callcenter.simulator.ledger import Delivery, Ledger
from callcenter.simulator.notices import Notice

logger = logging.getLogger(__name__)

HOLD_LIMIT = 10.0


@dataclass
class Batch:
    """Notices of one kind that wait to go out in one body."""

    kind: str
    behaviour: Behaviour
    notices: list[Notice] = field(default_factory=list)
    before: list[asyncio.Task[None]] = field(default_factory=list)
    is_full: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    def takes(self, notice: Notice, behaviour: Behaviour) -> bool:
        """Tell whether a notice fits in; two of one call never share a body."""
        known = {one.subject for one in self.notices}
        alike = (notice.kind, behaviour) == (self.kind, self.behaviour)
        return alike and notice.subject not in known


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
        self._batch: Batch | None = None

    def tell(self, notice: Notice, behaviour: Behaviour) -> asyncio.Task[None]:
        """Send one webhook; the task ends when it is delivered or given up.

        What the behaviour has sent besides comes after it.
        """
        if behaviour.dialect == "meta" and behaviour.batch != "none":
            told = self._gather(notice, behaviour)
        else:
            body = payloads.write(notice, behaviour)
            told = self.send(notice.kind, (notice.subject,), body, behaviour)
        if behaviour.twins and behaviour.dialect != "meta":
            twin = payloads.write_twin(notice, behaviour)
            self.send(notice.kind, (notice.subject,), twin, behaviour)
        self.report(notice, behaviour)
        return told

    def report(self, notice: Notice, behaviour: Behaviour) -> None:
        """Send Wati's general event about a call, to where somebody has it sent."""
        word = payloads.call_status_of(notice)
        if behaviour.call_status_at and word:
            body = payloads.write_call_status(notice, word)
            self.send(behaviour.call_status_at, (notice.subject,), body, behaviour)

    def send(
        self,
        kind: str,
        subjects: tuple[str, ...],
        body: dict[str, object],
        behaviour: Behaviour,
    ) -> asyncio.Task[None]:
        """Send any body to one of the five addresses, after those of its subjects."""
        fault = self.faults.take(kind=kind, call=subjects[0]) or WebhookFault()
        release = self._held.pop(subjects[0], None)
        before = [] if release else self._before(subjects)
        held = asyncio.Event() if fault.hold else None
        if held is not None:
            self._held[subjects[0]] = held
        told = Delivery(kind=kind, at=0.0, call=" ".join(subjects), body=body)
        task = asyncio.create_task(self._deliver(told, behaviour, fault, before, held))
        self._keep(task, subjects, release)
        return task

    def _before(self, subjects: Iterable[str]) -> list[asyncio.Task[None]]:
        return [self._last[one] for one in subjects if one in self._last]

    def _gather(self, notice: Notice, behaviour: Behaviour) -> asyncio.Task[None]:
        """Put a notice into the batch that is open, or open one."""
        batch = self._batch
        if batch is None or not batch.takes(notice, behaviour):
            self._close_batch()
            batch = self._batch = Batch(notice.kind, behaviour)
        batch.notices.append(notice)
        if batch.task is None:
            batch.task = asyncio.create_task(self._send_batch(batch))
        batch.before += self._before((notice.subject,))
        self._keep(batch.task, (notice.subject,), None)
        if len(batch.notices) >= behaviour.batch_size:
            self._close_batch()
        return batch.task

    def _close_batch(self) -> None:
        batch, self._batch = self._batch, None
        if batch is not None:
            batch.is_full.set()

    async def _send_batch(self, batch: Batch) -> None:
        await wait_at_most(batch.is_full, batch.behaviour.batch_wait)
        if self._batch is batch:
            self._close_batch()
        body = meta.write(batch.notices, batch.behaviour)
        subjects = [notice.subject for notice in batch.notices]
        told = Delivery(batch.kind, 0.0, " ".join(subjects), body)
        fault = self.faults.take(kind=batch.kind, call=subjects[0]) or WebhookFault()
        await self._deliver(told, batch.behaviour, fault, batch.before, None)

    def _keep(
        self,
        task: asyncio.Task[None],
        subjects: tuple[str, ...],
        release: asyncio.Event | None,
    ) -> None:
        def done(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            for subject in subjects:
                if self._last.get(subject) is task:
                    del self._last[subject]
            if release is not None:
                release.set()

        self._tasks.add(task)
        self._last.update(dict.fromkeys(subjects, task))
        task.add_done_callback(done)

    async def _deliver(
        self,
        delivery: Delivery,
        behaviour: Behaviour,
        fault: WebhookFault,
        before: list[asyncio.Task[None]],
        held: asyncio.Event | None,
    ) -> None:
        if before:
            await asyncio.wait(before)
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
            # The authorities of SSL_CERT_FILE, if it is set, but no proxy.
            trusted = httpx2.create_ssl_context()
            self._client = httpx2.AsyncClient(verify=trusted, trust_env=False)
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
        self._batch = None
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()


async def wait_at_most(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
