"""The windows in which agents have the console open, as rows: nodes share them."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ConsoleWindow(models.Model):
    """One load of an agent's console, for as long as it is open and a while longer."""

    agent = models.ForeignKey("agents.Agent", models.CASCADE, related_name="windows")
    page = models.CharField(max_length=64)
    # Its websocket: one that ends late says nothing of a page that has a newer one.
    connection = models.CharField(max_length=32)
    session = models.CharField(max_length=40)  # the name of its row
    browser = models.CharField(max_length=60, blank=True)
    opened_at = models.DateTimeField()
    # Opened, asked for by its person, or took over: the latest of these rings.
    chosen_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    # It has been heard without a break.
    steady_since = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("console window")
        verbose_name_plural = _("console windows")
        constraints = [
            models.UniqueConstraint("agent", "page", name="one_row_per_window")
        ]

    def __str__(self) -> str:
        return f"{self.agent_id} {self.page}"
