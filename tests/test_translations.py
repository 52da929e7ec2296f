"""The catalogues hold what the product says, and nothing is left to be translated."""

import json
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from django.template import Context, Template
from django.test import Client
from django.utils import timezone
from django.utils.translation import gettext, override, trans_real
from pytest_django import Settings

from agents.models import Agent, Queue
from callcenter.database import in_database
from callcenter.languages import languages_in
from callcenter.translations import (
    bare,
    catalogue,
    filling,
    javascript,
    python,
    sources,
)
from callcenter.translations.sources import all_texts
from callcenter.web.language import (
    BOARD_TEXTS,
    CONSOLE_TEXTS,
    console_catalogue,
    speaking,
)
from calls.models import Call
from permissions.models import Contact
from tests.cast import CARLA, Cast, introduce

MODULES = [
    "static/console/**/*.js",
    "static/board/**/*.js",
    "static/supervision/*.js",
]
PAGES = ["templates/**/*.html"]
LANGUAGES = pytest.mark.parametrize("language", catalogue.languages())


@LANGUAGES
def test_the_catalogue_holds_the_texts_of_the_sources_and_no_others(
    language: str,
) -> None:
    written = catalogue.po_path(language).read_bytes()

    fresh = catalogue.po_of(catalogue.updated(catalogue.read(language), language))

    assert fresh.decode() == written.decode(), "make messages was not run"
    assert len(all_texts()) > 50


@LANGUAGES
def test_what_django_loads_is_what_translators_write(language: str) -> None:
    path = catalogue.po_path(language)
    known = catalogue.updated(catalogue.read(language), language)

    assert path.with_suffix(".mo").read_bytes() == catalogue.mo_of(known)


@LANGUAGES
def test_every_text_is_translated(language: str) -> None:
    lacking = [message.id for message in filling.missing(catalogue.read(language))]

    assert lacking == [], (
        f"Translate {len(lacking)} texts in {catalogue.po_path(language)}, or have "
        f"them from `python -m callcenter.translations missing {language}`, then run "
        "make messages."
    )


@LANGUAGES
def test_a_translation_keeps_the_holes_of_its_text(language: str) -> None:
    for message in catalogue.read(language):
        originals = _forms(message.id) if message.id else []
        for original, form in zip(originals, filling.forms(message), strict=False):
            assert catalogue.holes(form) == catalogue.holes(original), form


def _forms(text: str | Sequence[str]) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


# --- A language is a file --------------------------------------------------------


def test_a_folder_with_a_catalogue_is_a_language(tmp_path: Path) -> None:
    for folder in ("es", "pt_BR", "xx"):
        (tmp_path / folder / "LC_MESSAGES").mkdir(parents=True)
        (tmp_path / folder / "LC_MESSAGES" / "django.po").touch()
    (tmp_path / "fr").mkdir()

    assert languages_in(tmp_path) == [
        ("en", "English"),
        ("es", "Español"),
        ("pt-br", "Português Brasileiro"),
        ("xx", "xx"),
    ]


@pytest.fixture
def galician(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    """A catalogue that holds one translation, beside those of the product."""
    locale = tmp_path / "locale"
    shutil.copytree(settings.LOCALE_PATHS[0], locale)
    path = locale / "gl" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True)
    path.write_text('msgid "Sign in"\nmsgstr "Iniciar sesión en galego"\n')
    settings.LOCALE_PATHS = [locale]
    settings.LANGUAGES = languages_in(locale)
    yield path
    trans_real.reset_cache(setting="LANGUAGES", enter=False)


def test_one_new_file_makes_the_page_speak_a_language(
    galician: Path, client: Client
) -> None:
    known = catalogue.read("gl")
    catalogue.write(catalogue.updated(known, "gl"), "gl")
    trans_real.reset_cache(setting="LOCALE_PATHS", enter=True)

    page = client.get("/sign-in/", headers={"accept-language": "gl"}).text

    assert '<html lang="gl">' in page
    assert "Iniciar sesión en galego" in page
    assert '<option value="gl" lang="gl" selected>Galego</option>' in page
    assert len(filling.missing(catalogue.read("gl"))) > 1000


def test_what_a_catalogue_lacks_is_printed_and_taken_over(
    galician: Path, tmp_path: Path
) -> None:
    catalogue.write(catalogue.updated(catalogue.read("gl"), "gl"), "gl")
    stub = filling.stub("gl").decode()
    assert 'msgid "Sign in"\n' not in stub

    file = tmp_path / "translated.po"
    file.write_text(
        stub.replace('msgid "Hold"\nmsgstr ""', 'msgid "Hold"\nmsgstr "Agardar"')
    )
    before = len(filling.missing(catalogue.read("gl")))

    assert filling.fill("gl", file) == 1
    assert catalogue.read("gl").get("Hold").string == "Agardar"
    assert catalogue.read("gl").get("Sign in").string == "Iniciar sesión en galego"
    assert len(filling.missing(catalogue.read("gl"))) == before - 1


def test_the_console_is_given_what_it_can_say() -> None:
    assert CONSOLE_TEXTS.read_text() == catalogue.json_of(sources.console_texts())
    assert ["Click anywhere to hear the call."] in json.loads(CONSOLE_TEXTS.read_text())


def test_the_live_board_is_given_what_it_can_say() -> None:
    assert BOARD_TEXTS.read_text() == catalogue.json_of(sources.board_texts())
    texts = json.loads(BOARD_TEXTS.read_text())
    assert ["Longest wait"] in texts
    assert ["The microphone was unplugged."] in texts  # why an agent is not reachable


# --- Reading JavaScript ------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        "html`<p>${list.map((x) => html`<b title=${t('Hold')}>${x}</b>`)}</p>`",
        "html`${x ? html`<p>It's ${t('Hold')}</p>` : nothing} don't`",
        "html`${/[\"'`]/.test(x) ? t('Hold') : t(x)}`",
        "// don't `\nt(/* why */ 'Ho' +\n  'ld',\n)",
        "`${f({a: `${1}`})}` + t('Hold', { name })",
        "x = a / 2; y = b / t('Hold')",
        "not.t('other'); throw new AudioError('hold', 'Hold')",
        "this.#problem('hold', 'Hold')",
    ],
)
def test_a_text_is_found_wherever_it_stands(source: str) -> None:
    assert list(javascript.texts_of(source)) == [("Hold",)]


def test_one_and_many_are_one_entry() -> None:
    source = 'plural("{count} call", "{count} calls", calls.length)'

    assert list(javascript.texts_of(source)) == [("{count} call", "{count} calls")]


@pytest.mark.parametrize(
    "source", ["t(`Hold ${name}`)", "t(on ? 'Hold' : 'Resume')", "t('Hold ' + name)"]
)
def test_a_text_that_is_put_together_is_refused(source: str) -> None:
    with pytest.raises(javascript.NotOneText):
        list(javascript.texts_of(source))


@pytest.mark.parametrize(
    "source",
    [
        '_("Hold")',
        'Refused(\n    "Ho"\n    "ld"\n)',
        'gettext_lazy("Hold" if on else "Resume") or gettext_noop("Hold")',
        '_("Hold").format(name=f"{name}")',
        'columns = [admin.when("held_at", "Hold"), _(name)]',
    ],
)
def test_a_text_of_python_is_found(source: str) -> None:
    assert list(python.texts_of(source)) == [("Hold",)]


@pytest.mark.parametrize("source", ['Refused(f"Not {name}")', '_("Not " + name)'])
def test_a_text_of_python_that_is_put_together_is_refused(source: str) -> None:
    with pytest.raises(javascript.NotOneText):
        list(python.texts_of(source))


# --- Words that nobody could translate ------------------------------------------------


@pytest.mark.parametrize("name", [name for name, _ in sources.files(*MODULES)])
def test_the_console_says_nothing_by_itself(name: str) -> None:
    assert bare.in_module((sources.ROOT / name).read_text()) == []


@pytest.mark.parametrize("name", [name for name, _ in sources.files(*PAGES)])
def test_pages_say_nothing_by_themselves(name: str) -> None:
    assert bare.in_template((sources.ROOT / name).read_text()) == []


@pytest.mark.parametrize(
    "source",
    [
        "html`<p class=${a > b ? 'x' : 'y'}>Hold ${html`<b>${t('x')}</b>`}</p>`",
        'html`<p>${x}</p> ${y && html`<b aria-label="Hold"></b>`}`',
    ],
)
def test_a_bare_word_is_found_in_a_module(source: str) -> None:
    assert bare.in_module(source) == ["Hold \0" if "class" in source else "Hold"]


@pytest.mark.parametrize(
    "source",
    [
        '<p title="{{ x }}">{% translate "Resume" %} Hold</p>',
        '<b {% if x %}class="{{ x }}"{% endif %} title="Hold">{{ y }}</b>',
    ],
)
def test_a_bare_word_is_found_in_a_page(source: str) -> None:
    assert [text.strip("\0 ") for text in bare.in_template(source)] == ["Hold"]


# --- Who is answered in which language -----------------------------------------------


@pytest.fixture
def cast(db: None) -> Cast:
    return introduce()


def test_the_sign_in_page_speaks_the_language_of_the_browser(client: Client) -> None:
    page = client.get("/sign-in/", headers={"accept-language": "es-MX,es;q=0.9"})

    assert '<html lang="es">' in page.text
    assert "Iniciar sesión" in page.text
    assert '<html lang="en">' in client.get("/sign-in/").text


@pytest.mark.parametrize("asked", ["pt-BR,pt;q=0.9", "pt", "pt-PT"])
def test_whoever_reads_portuguese_gets_the_one_there_is(
    client: Client, asked: str
) -> None:
    page = client.get("/sign-in/", headers={"accept-language": asked}).text

    assert '<html lang="pt-br">' in page
    assert "Nome de usuário" in page


def test_the_admin_in_portuguese_is_brazilian_throughout(
    client: Client, cast: Cast
) -> None:
    client.force_login(cast.sofia)
    client.cookies["django_language"] = "pt-br"

    page = client.get(f"/admin/agents/queue/{cast.queue.pk}/change/").text

    assert "Salvar e continuar editando" in page  # Django's own words
    assert "Durante a chamada" in page
    assert "tempo de toque por agente" in page.lower()


def test_a_chosen_language_outlives_the_session(client: Client, cast: Cast) -> None:
    client.force_login(cast.ana.user)

    chosen = client.post("/language/", {"language": "es", "next": "/console/"})
    client.post("/sign-out/")

    assert chosen["Location"] == "/console/"
    assert '<html lang="es">' in client.get("/sign-in/").text


def test_the_console_in_spanish_carries_its_catalogue(
    client: Client, cast: Cast
) -> None:
    client.force_login(cast.ana.user)
    client.cookies["django_language"] = "es"

    page = client.get("/console/").text

    assert '<html lang="es">' in page
    assert _catalogue_in(page)["No microphone was found."] == (
        "No se encontró ningún micrófono."
    )


def test_the_console_in_english_needs_no_catalogue(client: Client, cast: Cast) -> None:
    client.force_login(cast.ana.user)

    assert _catalogue_in(client.get("/console/").text) == {}


def test_a_sign_in_that_fails_is_explained_in_spanish(
    client: Client, cast: Cast
) -> None:
    client.cookies["django_language"] = "es"

    page = client.post("/sign-in/", {"username": "ana", "password": ""}).text

    assert "Escriba su nombre de usuario y su contraseña." in page


async def test_a_websocket_is_answered_in_the_language_it_names() -> None:
    with speaking("es"):
        assert await in_database(gettext, "Sign in") == "Iniciar sesión"
    assert await in_database(gettext, "Sign in") == "Sign in"


@pytest.mark.parametrize("language", [None, 5, "xx", ["es"], "../es"])
def test_an_unknown_language_is_english(language: object) -> None:
    with override("es"), speaking(language):
        assert gettext("Sign in") == "Sign in"


def test_models_fields_and_choices_have_names_in_spanish() -> None:
    shown = Template("{{ meta.verbose_name_plural }}")

    with override("es"):
        assert shown.render(Context({"meta": Queue._meta})) == "colas"
        assert str(Queue._meta.get_field("name").verbose_name) == "nombre"
        assert Agent(state="on_break").get_state_display() == "En descanso"
    assert Agent(state="on_break").get_state_display() == "On break"


def test_forms_of_one_and_many_reach_the_console() -> None:
    forms = [
        text for text in console_catalogue("es").values() if isinstance(text, list)
    ]

    assert all(len(pair) == 2 for pair in forms)


def _catalogue_in(page: str) -> dict[str, str]:
    found = re.search(
        r'<script id="catalogue" type="application/json">(.*?)</script>', page
    )
    assert found is not None
    return json.loads(found[1])


@pytest.mark.parametrize("page", ["", "calls/call/", "permissions/contact/"])
def test_the_admin_speaks_spanish(client: Client, cast: Cast, page: str) -> None:
    client.force_login(cast.sofia)
    client.cookies["django_language"] = "es"

    shown = client.get(f"/admin/{page}").text

    assert '<html lang="es"' in shown
    assert "Registro de llamadas" in shown
    assert "Cerrar sesión" in shown
    assert 'aria-label="Idioma"' in shown


def test_what_is_stored_in_english_is_shown_in_spanish(
    client: Client, cast: Cast
) -> None:
    contact = Contact.objects.create(waid=CARLA, name="Carla")
    call = Call.objects.create(
        account=cast.account,
        direction="inbound",
        line=cast.line,
        contact=contact,
        status="ended",
        result="timeout",
        end_text="No agent answered in time.",
        created_at=timezone.now(),
        ended_at=timezone.now(),
    )
    client.force_login(cast.sofia)
    client.cookies["django_language"] = "es"

    log = client.get("/admin/calls/call/").text
    person = client.get(f"/admin/permissions/contact/{contact.pk}/change/").text

    assert "Ningún agente contestó a tiempo." in log
    assert "No atendida a tiempo" in log
    assert "Ningún agente contestó a tiempo." in person
    assert "Esta persona todavía no ha permitido llamadas." in person
    assert "Entrante" in client.get(f"/admin/calls/call/{call.pk}/change/").text
