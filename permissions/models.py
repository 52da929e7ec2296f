from django.db import models


class Contact(models.Model):
    """A person on WhatsApp, known by WhatsApp's id; the number may be hidden."""

    waid = models.CharField("WhatsApp id", max_length=32, null=True, unique=True)
    bsuid = models.CharField(
        "business-scoped id", max_length=200, null=True, unique=True
    )
    name = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name or self.number or "Unknown WhatsApp user"

    @property
    def number(self) -> str:
        """E.164 with its plus, or empty."""
        return f"+{self.waid}" if self.waid else ""
