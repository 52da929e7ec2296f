"""Is the server of this container alive? Exit status 0 or 1, for Docker.

Not /readyz: a node whose database is away must go on, with its calls.
"""

import os
import sys
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit


def is_alive(port: int, host: str) -> bool:
    """Ask as the proxy does, by the public name: others are not allowed hosts."""
    connection = HTTPConnection("127.0.0.1", port, timeout=4)
    try:
        connection.request("GET", "/healthz", headers={"Host": host})
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    port = int(os.environ.get("PORT") or 8000)
    host = urlsplit(os.environ.get("PUBLIC_URL", "")).netloc or "localhost"
    sys.exit(not is_alive(port, host))
