"""Passwords are hashed on a thread of their own, of low priority.

A hash is slow on purpose. Checked on the threads of their requests, thirty sign-ins at
once take the processor from the sound of every call.
"""

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher

from callcenter import limits

NICE = 10


def _step_back() -> None:
    if sys.platform == "linux":  # elsewhere this would mean the whole process
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)


_threads = ThreadPoolExecutor(
    limits.PASSWORD_THREADS, thread_name_prefix="passwords", initializer=_step_back
)


class PasswordHasher(PBKDF2PasswordHasher):
    """Django's own, whoever asks: sign-in, the admin, a command."""

    iterations = settings.PASSWORD_ITERATIONS

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        return _threads.submit(super().encode, password, salt, iterations).result()
