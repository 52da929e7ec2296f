"""Meta's refusals, and their shape once Wati has handed them on."""

import json
from typing import Any

# code: (HTTP status, title). Meta, "Calling API troubleshooting" and "WhatsApp error
# codes" (2026).
CATALOGUE: dict[int, tuple[int, str]] = {
    0: (401, "AuthException"),
    1: (500, "An unknown error occurred"),
    2: (503, "Service temporarily unavailable"),
    4: (400, "Application request limit reached"),
    10: (403, "Application does not have permission for this action"),
    100: (400, "Invalid parameter"),
    190: (401, "Access token has expired"),
    368: (403, "Temporarily blocked for policies violations"),
    613: (429, "Calls to this api have exceeded the rate limit"),
    80007: (400, "Rate limit issues"),
    130429: (429, "Rate limit hit"),
    131000: (500, "Something went wrong"),
    131009: (400, "Parameter value is not valid"),
    131016: (503, "Service unavailable"),
    131026: (400, "Message undeliverable"),
    131042: (400, "Business eligibility payment issue"),
    131044: (400, "Business eligibility: no payment method"),
    131047: (400, "Re-engagement message"),
    131048: (400, "Spam rate limit hit"),
    131049: (400, "Not delivered to maintain healthy ecosystem engagement"),
    131056: (400, "(Business Account, Consumer Account) pair rate limit hit"),
    131057: (500, "Account in maintenance mode"),
    131062: (400, "User IDs are not supported for this message"),
    138000: (401, "Calling is not enabled on this number"),
    138001: (400, "Receiver can not be called"),
    138002: (429, "Concurrent calls limit reached"),
    138003: (400, "A call with this user is already running"),
    138004: (500, "Connection error"),
    138005: (429, "Call rate limit exceeded"),
    138006: (401, "No approved call permission from the recipient"),
    138007: (500, "Connect timeout"),
    138009: (400, "Call permission request limit reached"),
    138012: (400, "Limit of connected calls to this user reached"),
    138013: (400, "Outbound calling is not available for this number"),
    138014: (400, "Calling is temporarily disabled for low quality"),
    138015: (400, "The messaging limit is too low for calling"),
    138017: (400, "Recipient has granted a permanent permission"),
    138021: (400, "Call ended: no media received for a long time"),
}


class ApiRefusal(Exception):
    """A request that WhatsApp refuses, by Meta's error code."""

    def __init__(self, code: int, details: str, subcode: int = 0) -> None:
        super().__init__(details)
        self.code = code
        self.details = details
        self.subcode = subcode
        self.status, self.title = CATALOGUE[code]


class NoSuchCall(Exception):
    """The call id is unknown here, or the call is over."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def meta_error(refusal: ApiRefusal) -> dict[str, Any]:
    error: dict[str, Any] = {
        "message": f"(#{refusal.code}) {refusal.title}",
        "type": "OAuthException",
        "code": refusal.code,
        "error_data": {"messaging_product": "whatsapp", "details": refusal.details},
        "fbtrace_id": "simulated",
    }
    if refusal.subcode:
        error["error_subcode"] = refusal.subcode
    return {"error": error}


def refused(refusal: ApiRefusal, shape: str) -> tuple[int, dict[str, Any]]:
    """Return HTTP status and body of a refusal.

    Nobody has published the true shape, so three plausible ones can be chosen:
    ``envelope`` (Meta's error as JSON text inside ``message``), ``meta`` (Meta's
    error object itself) and ``ok`` (the envelope under HTTP 200).
    """
    if shape == "meta":
        return refusal.status, meta_error(refusal)
    body = {"code": refusal.status, "message": json.dumps(meta_error(refusal))}
    return (200 if shape == "ok" else refusal.status), body
