from django.apps import AppConfig
from django.utils.translation import gettext_lazy


class CallsConfig(AppConfig):
    name = "calls"
    verbose_name = gettext_lazy("Calls")

    def ready(self) -> None:
        from calls.node import checks  # noqa: F401  # registers itself
        from calls.outbound import merged_contacts
        from calls.signaling import outbox
        from calls.webhooks import replies
        from permissions import merging

        outbox.register_effects(replies.EFFECTS)
        merging.register_effects(merged_contacts.EFFECTS)
