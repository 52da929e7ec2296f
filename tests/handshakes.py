"""A websocket's opening as bytes, for tests that speak to a socket themselves."""

# RFC 6455 section 1.2, of somebody who is not signed in. %b is the host.
BEGUN = (
    b"GET /ws/console/ HTTP/1.1\r\nHost: %b\r\nOrigin: http://%b\r\n"
    b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
)
END = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"


def to_host(said: bytes, host: str) -> bytes:
    return said.replace(b"%b", host.encode())
