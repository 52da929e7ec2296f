"""Limits that keep one person's load from all others, as docs/operations.md has them.

Each holds for one process. What is over a limit is refused with a sentence.
"""

from callcenter.buckets import Rate

# --- Of one agent --------------------------------------------------------------------

CONSOLES = 8
# A console without a message for so many seconds makes room for a new one.
CONSOLE_IS_SILENT_AFTER = 10.0
# One for each message, and one more for each 4,096 characters of it.
CONSOLE_MESSAGES = Rate(burst=60, seconds=1 / 20)
CONSOLE_MESSAGE_UNIT = 4096  # characters
# Messages over that limit; beyond these the socket is closed.
CONSOLE_REFUSED_MESSAGES = Rate(burst=100, seconds=1)
# Of a supervisor, all pages together; beyond it the page is closed.
SUPERVISION_MESSAGES = Rate(burst=30, seconds=1 / 5)
LOOK_UPS = Rate(burst=20, seconds=2)
# Pages of own calls, sums of the day, searches for a contact: a handful of statements.
LISTS = Rate(burst=30, seconds=1)
ECHOES = 2
TRAINING_CALLS = Rate(burst=3, seconds=20)
# Handshakes of all kinds of websocket.
HANDSHAKES = Rate(burst=40, seconds=1 / 2)

# --- Of one user of the live board ---------------------------------------------------

BOARDS = 8
# A page says one word for each message that it got.
BOARD_MESSAGES = Rate(burst=100, seconds=1 / 20)
BOARD_MESSAGE_UNIT = 256  # characters

# --- Of the process ------------------------------------------------------------------

# Listeners for whom Opus is decoded and encoded: 1.3 % of a core each, on one thread.
PCM_LISTENERS = 30

# --- Signing in: wrong passwords -----------------------------------------------------

WRONG_FOR_A_NAME_AT_AN_ADDRESS = Rate(burst=5, seconds=30)
WRONG_AT_AN_ADDRESS = Rate(burst=60, seconds=2)
WRONG_FOR_A_NAME = Rate(burst=60, seconds=20)
# Passwords that are checked or wait for it; each takes a good part of a second.
SIGN_INS_AT_ONCE = 12
PASSWORD_THREADS = 1

# --- Files that are exported ---------------------------------------------------------

EXPORTS_OF_A_USER = 2
EXPORTS_AT_ONCE = 3  # each now and then takes one of the database's threads

# --- Uploads -------------------------------------------------------------------------

UPLOADS_OF_A_USER = 1
UPLOADS_AT_ONCE = 2

# --- Requests ------------------------------------------------------------------------

# Seconds for a request to arrive under Daphne, and bytes of its body in each more.
REQUEST_WITHIN = 20.0
SLOWEST_BODY = 50_000
# Bytes of a request's body, by the beginning of its address; and anywhere else.
WEBHOOK_BODY = 64 * 1024
BODIES = {
    "/webhooks/": WEBHOOK_BODY,
    "/admin/agents/prompt/": 20 * 1024 * 1024 + 64 * 1024,
    "/admin/permissions/contact/import/": 1024 * 1024 + 64 * 1024,
}
ANY_BODY = 2 * 1024 * 1024
