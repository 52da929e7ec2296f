"""Every setting, from the environment (see .env.example). Nothing set: embedded."""

import os
import re
import secrets
import socket
import sys
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from callcenter import postgresql
from callcenter.environment import (
    read_bool,
    read_choice,
    read_days,
    read_int,
    read_list,
    read_networks,
    read_seconds,
    read_text,
)
from callcenter.languages import SOURCE, languages_in
from callcenter.logs import FORMATS as LINES
from calls.media.transport.addresses import INNER

BASE_DIR = Path(__file__).resolve().parent.parent
environ.Env.read_env(os.environ.get("ENV_FILE", BASE_DIR / ".env"))
VAR_DIR = Path(read_text("VAR_DIR") or BASE_DIR / "var")

DEBUG = read_bool("DEBUG")
IS_REAL = not DEBUG  # as the environment says; tests switch DEBUG alone
HOST = read_text("HOST", "127.0.0.1")
PORT = read_int("PORT", 8000)
PUBLIC_URL = read_text("PUBLIC_URL", f"http://localhost:{PORT}").rstrip("/")


def development_secret() -> str:
    """Make one secret per clone, so that sessions outlive a restart."""
    path = VAR_DIR / "secret-key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text()


SECRET_KEY = read_text("SECRET_KEY") or (development_secret() if DEBUG else "")
if not SECRET_KEY:
    raise ImproperlyConfigured("SECRET_KEY must be set when DEBUG is off.")
# Old keys still decrypt what is stored; the first one encrypts.
ENCRYPTION_KEYS = read_list("ENCRYPTION_KEYS") or [SECRET_KEY]

LOCAL_HOSTS = "localhost,127.0.0.1,[::1]"
ALLOWED_HOSTS = read_list("ALLOWED_HOSTS", LOCAL_HOSTS if DEBUG else "")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
# Only these may say in X-Forwarded-… who asks, and whether by https.
TRUSTED_PROXIES = read_networks("TRUSTED_PROXIES", "127.0.0.0/8,::1")

# Prometheus shows it to read /metrics; without it they are refused, unless DEBUG=1.
METRICS_TOKEN = read_text("METRICS_TOKEN")

# The node: one ASGI process that may hold calls.
NODE_NAME = read_text("NODE_NAME", "node-1")
if not re.fullmatch(r"[A-Za-z0-9._-]{1,80}", NODE_NAME):
    raise ImproperlyConfigured("NODE_NAME may hold letters, digits, '.', '_' and '-'.")
NODE_URL = read_text("NODE_URL").rstrip("/")
NODE_MAX_CALLS = read_int("NODE_MAX_CALLS", 40)
# How long a node that is told to stop waits for its calls to end. Embedded, and under
# DEBUG, it is a person at a terminal who says so, and waits.
NODE_DRAIN_SECONDS = read_int(
    "NODE_DRAIN_SECONDS", 0 if DEBUG or not read_text("REDIS_URL") else 3600
)
MEDIA_BIND_ADDRESSES = read_list("MEDIA_BIND_ADDRESSES")
MEDIA_ALLOWED_NETWORKS = read_networks("MEDIA_ALLOWED_NETWORKS", within=INNER)
MEDIA_ALLOW_PRIVATE_CANDIDATES = read_bool("MEDIA_ALLOW_PRIVATE_CANDIDATES")
if MEDIA_ALLOW_PRIVATE_CANDIDATES and not DEBUG:
    raise ImproperlyConfigured(
        "MEDIA_ALLOW_PRIVATE_CANDIDATES=1 lets strangers make this server send "
        "packets into its own network; it is refused unless DEBUG=1. For relays of "
        "your own name their networks in MEDIA_ALLOWED_NETWORKS."
    )
if MEDIA_ALLOW_PRIVATE_CANDIDATES:
    MEDIA_ALLOWED_NETWORKS = INNER

# Waits of the product, which the tests change.
RING_CONFIRM_SECONDS = read_seconds("RING_CONFIRM_SECONDS", 1.5)
GUEST_RETURN_SECONDS = read_seconds("GUEST_RETURN_SECONDS", 20)
ANSWER_BY_SOUND_SECONDS = read_seconds("ANSWER_BY_SOUND_SECONDS", 10)

# For how many days data is kept; 0 is for ever. Each night what is older goes.
RETENTION_WEBHOOK_DAYS = read_days("RETENTION_WEBHOOK_DAYS", 30, fewest=2)
RETENTION_SDP_DAYS = read_days("RETENTION_SDP_DAYS", 30)
RETENTION_CALL_DAYS = read_days("RETENTION_CALL_DAYS", 0, fewest=30)
RETENTION_PERMISSION_DAYS = read_days("RETENTION_PERMISSION_DAYS", 0, fewest=30)
RETENTION_CONTACT_DAYS = read_days("RETENTION_CONTACT_DAYS", 0, fewest=30)
RETENTION_ACTIVITY_DAYS = read_days("RETENTION_ACTIVITY_DAYS", 0, fewest=2)
RETENTION_AUDIT_DAYS = read_days("RETENTION_AUDIT_DAYS", 0, fewest=366)

# The canary: `manage.py canary` calls the product by its public address.
CANARY_MINUTES = read_int("CANARY_MINUTES", 5, low=1)
CANARY_LISTEN = read_text("CANARY_LISTEN", "127.0.0.1:8950")
CANARY_URL = read_text("CANARY_URL", f"http://{CANARY_LISTEN}").rstrip("/")

SIMULATOR = read_bool("SIMULATOR")
SIMULATOR_URL = read_text("SIMULATOR_URL", f"http://127.0.0.1:{PORT}").rstrip("/")
SIMULATOR_WEBHOOK_URL = read_text("SIMULATOR_WEBHOOK_URL", f"http://127.0.0.1:{PORT}")
SIMULATOR_TENANT = read_text("SIMULATOR_TENANT", "demo")
SIMULATOR_TOKEN = read_text("SIMULATOR_TOKEN", "simulator-token")
SIMULATOR_WEBHOOK_KEY = read_text("SIMULATOR_WEBHOOK_KEY", "simulator-webhook-key")
SIMULATOR_NUMBER = read_text("SIMULATOR_NUMBER", "15550100000")
DEMO_USERS = ("ana", "bruno", "supervisor")
DEMO_PASSWORD = "demo-demo"
if SIMULATOR and not DEBUG:
    raise ImproperlyConfigured("SIMULATOR=1 needs DEBUG=1: its keys are public.")

# Training calls: a recorded voice rings at the agent who asks for one.
TRAINING_CALLS = read_bool("TRAINING_CALLS", SIMULATOR)
TRAINING_LISTEN = read_text("TRAINING_LISTEN")
TRAINING_URL = read_text("TRAINING_URL").rstrip("/")

# The first Wati account; afterwards the admin owns it.
WATI_BASE_URL = read_text("WATI_BASE_URL")
WATI_TENANT_ID = read_text("WATI_TENANT_ID")
WATI_API_TOKEN = read_text("WATI_API_TOKEN")
WATI_WEBHOOK_API_KEY = read_text("WATI_WEBHOOK_API_KEY")
WATI_BUSINESS_NUMBER = read_text("WATI_BUSINESS_NUMBER")

INSTALLED_APPS = [
    "callcenter.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "channels",
    "rest_framework",
    "callcenter.apps.CallcenterConfig",
    "agents",
    "permissions",
    "calls",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "callcenter.web.middleware.security_headers",
    # Before what may refuse a request: refusals say it too.
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "callcenter.web.database_away.database_away",
    "callcenter.web.middleware.visits",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "callcenter.web.sign_in_views.SecondFactorFirst",
    "callcenter.web.one_time_passwords.OneTimePasswordMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]

ROOT_URLCONF = "callcenter.urls"
ASGI_APPLICATION = "callcenter.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# IMMEDIATE takes SQLite's one write lock at the start of each transaction, which
# keeps compare-and-set and select_for_update exact there too.
SQLITE_LOCK_WAIT = 20  # seconds
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": SQLITE_LOCK_WAIT,
    "init_command": (
        "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA foreign_keys=ON;"
    ),
}


DATABASE_POOL = read_int("DATABASE_POOL", 20, low=1)


def database() -> dict[str, Any]:
    url = read_text("DATABASE_URL")
    if not url:
        VAR_DIR.mkdir(parents=True, exist_ok=True)
        url = f"sqlite:///{VAR_DIR / 'callcenter.sqlite3'}"
    found: dict[str, Any] = {"OPTIONS": {}} | environ.Env.db_url_config(url)
    if "sqlite" in found["ENGINE"]:
        found["OPTIONS"] = SQLITE_OPTIONS
        # A file even under test: threads and processes share it, memory they cannot.
        found["TEST"] = {"NAME": f"{found['NAME']}.test"}
    else:
        limits = postgresql.options(
            connect=read_seconds("DATABASE_CONNECT_SECONDS", 3),
            statement=read_seconds("DATABASE_STATEMENT_SECONDS", 15),
            lock=read_seconds("DATABASE_LOCK_SECONDS", 8),
            network=read_seconds("DATABASE_NETWORK_SECONDS", 6),
            pool=DATABASE_POOL,
        )
        found["OPTIONS"] = {**limits, **found["OPTIONS"]}
        # The pool then hands out nothing that a restart of the server has broken.
        found["CONN_HEALTH_CHECKS"] = True
    return found


DATABASES = {"default": database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = read_text("REDIS_URL").rstrip("/")
EMBEDDED = not REDIS_URL
# A worker waits for its next task without a limit, and this alone finds a firewall that
# has forgotten its connection.
REDIS_KEEPALIVE = {
    "socket_keepalive": True,
    "socket_keepalive_options": {
        socket.TCP_KEEPIDLE: 5,
        socket.TCP_KEEPINTVL: 2,
        socket.TCP_KEEPCNT: 3,
    },
}
# Nobody waits for it longer than this; what is lost, the rows tell. It is tried once
# more, as a server that was restarted has cut the connections; by the retry for
# asyncio, as the layer is asynchronous and the other one would let its errors pass.
REDIS_LIMITS = {
    "socket_connect_timeout": 1.5,
    "socket_timeout": 1.5,
    **REDIS_KEEPALIVE,
    "retry": Retry(NoBackoff(), 1),
}
CHANNEL_LAYERS: dict[str, Any] = {
    "default": {"BACKEND": "callcenter.push.EmbeddedChannelLayer"}
    if EMBEDDED
    else {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": f"{REDIS_URL}/0", **REDIS_LIMITS}]},
    }
}

CELERY_BROKER_URL = "embedded://" if EMBEDDED else f"{REDIS_URL}/1"
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {}
    if EMBEDDED
    else {"socket_connect_timeout": 2, "socket_timeout": 5, **REDIS_KEEPALIVE}
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_PUBLISH_RETRY = False
# Else Celery closes the connection before and after each task, and in the processes of
# a worker the whole pool with it. callcenter/worker.py closes what broke.
CELERY_DB_REUSE_MAX = sys.maxsize
CELERY_BEAT_SCHEDULER = "callcenter.beat.Scheduler"
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"

LANGUAGE_CODE = SOURCE
LOCALE_PATHS = [BASE_DIR / "callcenter" / "locale"]
LANGUAGES = languages_in(LOCALE_PATHS[0])
# A chosen language outlives the session; before that the browser's counts.
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = not DEBUG
TIME_ZONE = read_text("TIME_ZONE", "UTC")
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "callcenter.web.storage.ModuleManifestStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG

LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
PASSWORD_HASHERS = ["callcenter.web.password_hashing.PasswordHasher"]
# Tests sign in a thousand times, and keep no secret by it.
PASSWORD_ITERATIONS = read_int(
    "PASSWORD_ITERATIONS", 1_000_000, low=1 if DEBUG else 600_000
)
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
] + [{"NAME": "callcenter.web.one_time_passwords.OneTimePasswordValidator"}]

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["callcenter.web.webhook_auth.IsWati"],
    "UNAUTHENTICATED_USER": None,
}
SPOOL_DIR = Path(read_text("SPOOL_DIR") or VAR_DIR / "spool")

# An S3 bucket for files; without it they are in the database.
FILES_BUCKET = read_text("FILES_BUCKET")
FILES_ENDPOINT = read_text("FILES_ENDPOINT").rstrip("/")
FILES_REGION = read_text("FILES_REGION", "us-east-1")
FILES_KEY_ID = read_text("FILES_KEY_ID")
FILES_SECRET_KEY = read_text("FILES_SECRET_KEY")
if FILES_BUCKET and not (FILES_KEY_ID and FILES_SECRET_KEY):
    raise ImproperlyConfigured("FILES_BUCKET needs FILES_KEY_ID and FILES_SECRET_KEY.")
if not re.fullmatch(r"(https?://[^/?#]+)?", FILES_ENDPOINT):
    raise ImproperlyConfigured(
        "FILES_ENDPOINT must be like https://s3.example.com, without a path."
    )

SECURE = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEBUG
SESSION_COOKIE_NAME = "__Host-session" if SESSION_COOKIE_SECURE else "session"
CSRF_COOKIE_NAME = "__Host-csrftoken" if CSRF_COOKIE_SECURE else "csrftoken"
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_ENGINE = "callcenter.web.sessions"
SESSION_HOURS = read_int("SESSION_HOURS", 16, low=1)
SESSION_IDLE_HOURS = read_int("SESSION_IDLE_HOURS", 12, low=1)
SECOND_FACTOR = read_choice(
    "SECOND_FACTOR",
    "optional" if DEBUG else "staff",
    ("off", "optional", "staff", "everyone"),
)
SECURE_SSL_REDIRECT = read_bool("SECURE_SSL_REDIRECT", default=not DEBUG)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 0 if DEBUG else 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not DEBUG
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

LOG_FORMAT = read_text("LOG_FORMAT") or "text"
if LOG_FORMAT not in LINES:
    raise ImproperlyConfigured(f"LOG_FORMAT must be text or json, not {LOG_FORMAT!r}.")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"facts": {"()": "callcenter.logs.Facts"}},
    "formatters": {"line": {"()": LINES[LOG_FORMAT]}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["facts"],
        }
    },
    "root": {"handlers": ["console"], "level": read_text("LOG_LEVEL", "INFO")},
    "loggers": {
        # These write addresses of peers and bodies of requests at INFO.
        "aioice": {"level": "WARNING"},
        "aiortc": {"level": "WARNING"},
        "httpx2": {"level": "WARNING"},
        "django.channels.server": {"level": "WARNING"},
        "daphne": {"level": "WARNING"},
        # embedded:// has no host, and kombu finds that worth a warning.
        "kombu": {"level": "ERROR"},
        # A traceback each second while Redis is away, of which we write one line.
        "channels_redis": {"level": "CRITICAL"},
        # A line for each sweep.
        "celery": {"level": "WARNING"},
    },
}
