"""Start the stack, say where it is, and stop it with Ctrl-C: `make stack`."""

import argparse
import os
import signal
import time
from pathlib import Path
from types import FrameType

from deploy.stack.stack import FOLDER, SUPERVISOR, Stack

RESTARTS_AFTER = 1.0  # seconds, as systemd's units have it
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def welcome(stack: Stack) -> str:
    return f"""
  The stack is running, as in production: DEBUG=0, TLS, two nodes.

    Call center   {stack.url}/
    Supervisor    {SUPERVISOR}, with the one-time password of the first start
    A new one     {stack.folder}/manage create_supervisor {SUPERVISOR} --reset
    Phone         {stack.wati_url}/simulator/   a WhatsApp phone of the false Wati
    Simulator     {stack.control_url}/simulator/api/   for programs
    Certificate   {stack.certificate.path}
    Logs          {stack.logs}

  Your browser does not know the certificate and will ask you.
  Ctrl-C stops everything; the data stays in {stack.folder}.
"""


def tell(text: str) -> None:
    print(text, flush=True)


def end(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def tend(stack: Stack) -> None:
    """Start again what ended by itself, as systemd does."""
    while True:
        time.sleep(RESTARTS_AFTER)
        for process in stack.dead():
            tell(f"{process.name} ended ({process.returncode}); see {process.log}")
            process.start()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=os.environ.get("STACK_DIR"))
    parser.add_argument("--port", type=int, default=os.environ.get("PORT") or 0)
    arguments = parser.parse_args()
    for number in ENDINGS:
        signal.signal(number, end)
    stack = Stack(Path(arguments.folder or FOLDER), arguments.port, tell)
    try:
        stack.start()
        tell(welcome(stack))
        tend(stack)
    except KeyboardInterrupt:
        tell("")
    finally:
        for number in ENDINGS:  # once is enough; what hangs is killed in time
            signal.signal(number, signal.SIG_IGN)
        stack.stop()
        tell("Everything is stopped.")


if __name__ == "__main__":
    main()
