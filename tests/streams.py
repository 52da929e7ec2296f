"""Files as a browser gets them, for tests that use rows too.

What a coroutine of a test asks of the database directly would keep a connection of
its own beyond the loop: tests stay synchronous, and only the file is fetched in one.
"""

import csv
import io
from typing import Any

from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.test import AsyncClient


def signed_in(user: User) -> AsyncClient:
    client = AsyncClient()
    client.force_login(user)
    return client


def get(client: AsyncClient, address: str, **options: Any) -> Any:
    return async_to_sync(client.get)(address, **options)


def parts_of(response: Any) -> list[bytes]:
    async def collect() -> list[bytes]:
        return [part async for part in response.streaming_content]

    return async_to_sync(collect)()


def read(client: AsyncClient, address: str) -> list[dict[str, str]]:
    """The lines of a CSV file by their titles."""
    response = get(client, address)
    assert response.status_code == 200, response.content
    text = b"".join(parts_of(response)).decode()
    return list(csv.DictReader(io.StringIO(text)))
