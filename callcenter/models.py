from datetime import datetime

from django.db import models
from django.utils import timezone

from callcenter.encryption import EncryptedTextField


class WatiAccount(models.Model):
    """One tenant at Wati: where we call it, and how it proves itself to us."""

    name = models.CharField(max_length=100)
    base_url = models.URLField(
        "base URL",
        help_text=(
            "The host part of the API endpoint shown in Wati, for example "
            "https://live-mt-server.wati.io"
        ),
    )
    tenant_id = models.CharField("tenant ID", max_length=100)
    api_token = EncryptedTextField("API token", blank=True)
    webhook_key = EncryptedTextField("webhook API key", blank=True)
    old_webhook_key = EncryptedTextField(blank=True, editable=False)
    old_webhook_key_until = models.DateTimeField(null=True, editable=False)
    is_active = models.BooleanField(default=True)
    # Since when Wati refuses the token; empty while it is good.
    unauthorised_since = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = "Wati account"

    def __str__(self) -> str:
        return self.name

    def webhook_keys(self, now: datetime | None = None) -> list[str]:
        """Return the keys that Wati may use now: two during a rotation."""
        keys = [self.webhook_key]
        until = self.old_webhook_key_until
        if until and (now or timezone.now()) < until:
            keys.append(self.old_webhook_key)
        return [key for key in keys if key]
