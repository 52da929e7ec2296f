"""Counters and histograms of this process, for what leaves no row behind.

They are written in the path of webhooks and sign-ins; /metrics shows them beside the
figures that calls.node.metrics reads when it is asked.
"""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
)

# A second series for each, which says when the process began to count: that is
# process_start_time_seconds.
disable_created_metrics()

INSTRUMENTS = CollectorRegistry(auto_describe=False)
FAST = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
SLOW = (0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)

WEBHOOK_ANSWERED = Histogram(
    "callcenter_webhook_answer_seconds",
    "From the arrival of a webhook to our answer",
    registry=INSTRUMENTS,
    buckets=FAST,
)
WEBHOOK_EFFECT = Histogram(
    "callcenter_webhook_effect_seconds",
    "Time that the effect of one webhook took",
    registry=INSTRUMENTS,
    buckets=FAST,
)
WEBHOOK_DELAY = Histogram(
    "callcenter_webhook_delay_seconds",
    "From the reception of a webhook to the end of its effect",
    registry=INSTRUMENTS,
    buckets=SLOW,
)
SIGN_INS = Counter(
    "callcenter_sign_ins",
    "Sign-ins at this process",
    ["outcome"],
    registry=INSTRUMENTS,
)
for outcome in ("done", "wrong", "throttled"):
    SIGN_INS.labels(outcome)
