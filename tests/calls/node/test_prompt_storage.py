"""Prompts in a bucket: what callers hear while it is there, and while it is away."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django.fixtures import Settings

from agents import prompt_audio
from agents.models import Prompt
from calls.media.sounds.player import Sound
from calls.node import prompts
from deploy.stack.ports import free_port
from tests.calls.admin.test_prompts import PROMPTS, upload
from tests.calls.admin.users import errors_of
from tests.calls.media.sounds.test_encode import voice, wav
from tests.cast import Cast
from tests.servers import Bucket

pytestmark = pytest.mark.stackless


@pytest.fixture
def bucket(bucket: Settings) -> Settings:
    prompts._uploaded.cache_clear()
    prompts._latest.clear()
    return bucket


@pytest.fixture
def sofia(cast: Cast, client: Client) -> Client:
    client.force_login(cast.sofia)
    return client


def uploaded(sofia: Client, seconds: float = 1.0) -> Prompt:
    assert upload(sofia, wav(voice(seconds))).status_code == 302
    return Prompt.objects.get()


def take_away(settings: Settings) -> None:
    settings.FILES_ENDPOINT = f"http://127.0.0.1:{free_port()}"


def heard(prompt: Prompt) -> Sound:
    return prompts.sound_of(prompt, prompts.MUSIC)


def test_an_upload_goes_to_the_bucket_and_is_heard_from_there(
    sofia: Client, bucket: Settings, tmp_path: Path
):
    prompt = uploaded(sofia)
    assert (bytes(prompt.sound), len(prompt.digest)) == (b"", 64)
    page = f"{PROMPTS}{prompt.pk}/"
    assert "this server has a copy" in sofia.get(f"{page}change/").content.decode()
    bucket.VAR_DIR = tmp_path / "another"
    assert "no copy yet" in sofia.get(f"{page}change/").content.decode()
    assert sofia.get(f"{page}sound/").content == prompt_audio.read(prompt)
    assert heard(prompt).seconds == prompt.seconds


def test_a_caller_waits_for_no_bucket_and_is_not_left_in_silence(
    sofia: Client, bucket: Settings, tmp_path: Path
):
    prompt = uploaded(sofia)
    take_away(bucket)
    bucket.VAR_DIR = tmp_path / "another"
    assert heard(prompt) == prompts.sound_of(None, prompts.MUSIC)
    bucket.VAR_DIR = tmp_path
    first = heard(prompt)
    assert first.seconds == prompt.seconds
    # Newer audio, uploaded at another node, which this one cannot fetch.
    Prompt.objects.update(digest="0" * 64)
    prompt.save(update_fields=["uploaded_at"])
    assert heard(prompt) is first


def test_without_its_bucket_an_upload_is_refused_with_a_sentence(
    sofia: Client, bucket: Settings
):
    take_away(bucket)
    assert "cannot be reached" in errors_of(upload(sofia, wav(voice(1.0))))
    assert not Prompt.objects.exists()


def test_a_sound_that_cannot_be_fetched_is_said_in_a_sentence(
    sofia: Client, bucket: Settings, tmp_path: Path
):
    prompt = uploaded(sofia)
    take_away(bucket)
    bucket.VAR_DIR = tmp_path / "another"
    response = sofia.get(f"{PROMPTS}{prompt.pk}/sound/")
    assert response.status_code == 503
    assert "cannot be reached" in response.content.decode()


def test_prompts_move_into_the_bucket_and_back(
    sofia: Client, bucket: Settings, tmp_path: Path
):
    bucket.FILES_BUCKET = ""
    prompt = uploaded(sofia)
    content = bytes(prompt.sound)
    with pytest.raises(CommandError):
        call_command("move_prompts")
    bucket.FILES_BUCKET = Bucket.bucket
    call_command("move_prompts")
    moved = Prompt.objects.get()
    assert (bytes(moved.sound), moved.uploaded_at) == (b"", prompt.uploaded_at)
    assert heard(moved).seconds == prompt.seconds
    bucket.VAR_DIR = tmp_path / "another"
    call_command("move_prompts", "--back")
    back = Prompt.objects.get()
    assert (bytes(back.sound), back.digest) == (content, "")


def test_a_move_without_the_bucket_changes_nothing(sofia: Client, bucket: Settings):
    bucket.FILES_BUCKET = ""
    prompt = uploaded(sofia)
    bucket.FILES_BUCKET = Bucket.bucket
    take_away(bucket)
    with pytest.raises(CommandError, match="cannot be reached"):
        call_command("move_prompts")
    assert bytes(Prompt.objects.get().sound) == bytes(prompt.sound)
