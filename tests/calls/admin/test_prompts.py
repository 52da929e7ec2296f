"""Sofia uploads what callers hear, and listens to it."""

from contextlib import ExitStack

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from agents.models import Prompt, Queue
from callcenter import limits
from callcenter.web import uploads
from calls.media.sounds import encode
from calls.media.sounds.player import Sound
from tests.calls.admin.users import errors_of, staff, version_of
from tests.calls.media.sounds.test_encode import voice, wav
from tests.cast import Cast

PROMPTS = "/admin/agents/prompt/"


@pytest.fixture
def sofia(cast: Cast, client: Client) -> Client:
    client.force_login(cast.sofia)
    return client


def upload(client: Client, content: bytes, name: str = "Hello", page: str = "add/"):
    file = SimpleUploadedFile("hello.wav", content, "audio/wav")
    address = f"{PROMPTS}{page}"
    version = {} if page == "add/" else version_of(client, address)
    return client.post(address, {"name": name, "file": file} | version)


def test_an_upload_becomes_a_sound_that_can_be_played(sofia: Client, tmp_path):
    assert upload(sofia, wav(voice(1.5))).status_code == 302
    prompt = Prompt.objects.get()
    assert (prompt.name, prompt.file_name) == ("Hello", "hello.wav")
    (tmp_path / "sound.opus").write_bytes(bytes(prompt.sound))
    assert Sound.load(tmp_path / "sound.opus").seconds == prompt.seconds
    assert prompt.seconds == pytest.approx(1.5, abs=0.1)
    page = sofia.get(f"{PROMPTS}{prompt.pk}/change/").content.decode()
    assert f'src="{PROMPTS}{prompt.pk}/sound/?' in page
    heard = sofia.get(f"{PROMPTS}{prompt.pk}/sound/")
    assert heard.headers["Content-Type"] == "audio/ogg"
    assert heard.content == bytes(prompt.sound)
    assert "media-src 'self'" in heard.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"no sound at all", "not a readable WAV"),
        (wav(voice(1.0) * 0), "no audible audio"),
        (b"", "empty"),
    ],
)
def test_what_is_no_sound_is_said_on_the_form(
    sofia: Client, content: bytes, words: str
):
    assert words in errors_of(upload(sofia, content))
    assert not Prompt.objects.exists()


def test_a_user_has_one_file_at_a_time_encoded(sofia: Client, cast: Cast):
    with uploads.upload_of(cast.sofia.pk):
        answer = upload(sofia, wav(voice(1.0)))
    assert "Another file is still being processed" in errors_of(answer)
    assert not Prompt.objects.exists()
    assert upload(sofia, wav(voice(1.0))).status_code == 302


def test_only_few_files_are_encoded_at_once(sofia: Client, cast: Cast):
    with ExitStack() as others:
        for user_id in range(-limits.UPLOADS_AT_ONCE, 0):
            others.enter_context(uploads.upload_of(user_id))
        answer = upload(sofia, wav(voice(1.0)))
    assert "Another file is still being processed" in errors_of(answer)


def test_a_file_that_is_too_large_is_not_even_read(sofia: Client, monkeypatch):
    monkeypatch.setattr(encode.subprocess, "run", None)  # calling it would fail
    answer = upload(sofia, b"RIFF" + bytes(encode.MAX_BYTES))
    assert "The file is larger than 20 MB." in errors_of(answer)


def test_a_new_name_keeps_the_sound(sofia: Client):
    upload(sofia, wav(voice(1.0)))
    before = Prompt.objects.get()
    page = f"{PROMPTS}{before.pk}/change/"
    form = {"name": "Welcome"} | version_of(sofia, page)
    assert sofia.post(page, form).status_code == 302
    after = Prompt.objects.get()
    assert after.name == "Welcome"
    assert bytes(after.sound) == bytes(before.sound)
    assert after.uploaded_at == before.uploaded_at  # nobody must load it again


def test_a_new_file_replaces_the_sound(sofia: Client):
    upload(sofia, wav(voice(1.0)))
    before = Prompt.objects.get()
    page = f"{before.pk}/change/"
    assert upload(sofia, wav(voice(2.0)), page=page).status_code == 302
    after = Prompt.objects.get()
    assert after.seconds > before.seconds
    assert after.uploaded_at > before.uploaded_at


def test_a_prompt_tells_where_it_is_heard(cast: Cast, sofia: Client):
    prompt = Prompt.objects.create(name="Jazz", sound=b"", seconds=63)
    Queue.objects.update(music=prompt)
    cast.line.closed_prompt = prompt
    cast.line.save()
    page = sofia.get(PROMPTS).content.decode()
    assert "music of Support; closed message of Shop" in page
    assert "1:03" in page


def test_prompts_are_for_those_with_the_right(cast: Cast, client: Client):
    prompt = Prompt.objects.create(name="Jazz", sound=b"secret", seconds=1)
    sound = f"{PROMPTS}{prompt.pk}/sound/"
    client.force_login(cast.ana.user)
    assert client.get(sound).status_code == 302
    rui = staff()
    assert rui.get(sound).status_code == 403
    assert upload(rui, wav(voice(1.0))).status_code == 403


def test_who_may_look_may_listen_and_no_more(cast: Cast):
    prompt = Prompt.objects.create(name="Jazz", sound=b"secret", seconds=1)
    rui = staff("view_prompt")
    assert rui.get(f"{PROMPTS}{prompt.pk}/sound/").content == b"secret"
    page = f"{PROMPTS}{prompt.pk}/change/"
    assert 'type="file"' not in rui.get(page).content.decode()
    assert rui.post(page, {"name": "Mine"}).status_code == 403
