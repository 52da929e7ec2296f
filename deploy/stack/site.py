"""What a stack keeps in its folder between two starts: its ports and its secrets."""

import json
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

PORT = 8443


def _secret() -> str:
    return secrets.token_urlsafe(50)


@dataclass
class Site:
    """One stack's own facts; the addresses in its database rest upon them."""

    port: int = PORT
    wati_port: int = PORT + 1
    secret_key: str = field(default_factory=_secret)
    tenant_id: str = "stack"
    api_token: str = field(default_factory=_secret)
    webhook_key: str = field(default_factory=_secret)
    metrics_token: str = field(default_factory=_secret)
    business_number: str = "15550100000"
    is_set_up: bool = False

    @classmethod
    def load(cls, folder: Path, port: int = 0, wati_port: int = 0) -> Self:
        """Read it; make it the first time. The site's port may change, Wati's not."""
        path = folder / "site.json"
        if path.exists():
            site = cls(**json.loads(path.read_text()))
            site.port = port or site.port
        else:
            port = port or PORT
            site = cls(port, wati_port or port + 1)
        site.save(folder)
        return site

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "site.json"
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(self), indent=1))

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @property
    def wati_url(self) -> str:
        return f"https://127.0.0.1:{self.wati_port}"

    def wati(self) -> dict[str, str]:
        """Return the variables of the first Wati account, as an operator sets them."""
        return {
            "WATI_BASE_URL": f"{self.wati_url}/simulator/wati",
            "WATI_TENANT_ID": self.tenant_id,
            "WATI_API_TOKEN": self.api_token,
            "WATI_WEBHOOK_API_KEY": self.webhook_key,
            "WATI_BUSINESS_NUMBER": self.business_number,
        }

    def simulator(self) -> dict[str, str]:
        """Return the same for the other end."""
        return {
            "SIMULATOR_TENANT": self.tenant_id,
            "SIMULATOR_TOKEN": self.api_token,
            "SIMULATOR_WEBHOOK_KEY": self.webhook_key,
            "SIMULATOR_NUMBER": self.business_number,
            "SIMULATOR_WEBHOOK_URL": self.url,
        }
