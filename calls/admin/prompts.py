"""Prompts: audio that is uploaded here and encoded once."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from agents import prompt_audio
from agents.models import Prompt, Queue
from callcenter import files
from callcenter.admin_parts import when
from callcenter.web.uploads import upload_of
from calls.media.sounds.encode import MAX_BYTES, encode_file
from calls.media.sounds.player import BadSound, Sound
from calls.models import Line
from calls.reporting.labels import duration

UPLOADED = when("uploaded_at", "uploaded")


class PromptForm(forms.ModelForm):
    """A name and a file; what the file becomes is kept, not the file."""

    file = forms.FileField(
        label=gettext_lazy("Audio file"),
        help_text=gettext_lazy(
            "WAV, MP3, FLAC, Ogg Vorbis or Opus, up to 20 MB and 5 minutes. The "
            "volume is levelled with the other prompts; this takes a few seconds."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": "audio/*,.opus,.ogg"}),
    )
    encoded: Sound | None = None
    user_id: int | None = None  # who uploads

    class Meta:
        model = Prompt
        fields = ["name"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "file" in self.fields:  # not on a page that is view only
            self.fields["file"].required = self.instance.pk is None

    def clean_file(self) -> UploadedFile | None:
        file: UploadedFile | None = self.cleaned_data["file"]
        if file is None:
            return None
        if (file.size or 0) > MAX_BYTES:
            raise ValidationError(_("The file is larger than 20 MB."))
        try:
            with upload_of(self.user_id):
                content, self.encoded = encoded(file)
            prompt_audio.put(self.instance, content)
        except BadSound as problem:
            raise ValidationError(_(str(problem))) from None
        except files.Away:
            raise ValidationError(
                _("The file storage cannot be reached. Try again later.")
            ) from None
        return file


def encoded(file: UploadedFile) -> tuple[bytes, Sound]:
    """Encode the audio as callers get it, in a child process. Raises BadSound."""
    with TemporaryDirectory() as folder:
        source, target = Path(folder) / "upload", Path(folder) / "sound.opus"
        with source.open("wb") as copy:
            for chunk in file.chunks():
                copy.write(chunk)
        encode_file(source, target)
        return target.read_bytes(), Sound.load(target)


@admin.register(Prompt)
class PromptAdmin(admin.ModelAdmin):
    form = PromptForm
    list_display = ["name", "lasts", "player", "used_by", UPLOADED]
    search_fields = ["name"]
    also_shown = ("uploaded_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Prompt]:
        return super().get_queryset(request).defer("sound")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = ["name"]
        if self.has_change_permission(request, obj) or obj is None:
            fields.append("file")
        if obj is None:
            return [(None, {"fields": fields})]
        now = ["player", "lasts", "file_name", UPLOADED, "stored_in", "used_by"]
        return [
            (None, {"fields": fields}),
            (gettext_lazy("Stored audio"), {"fields": now}),
        ]

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, *args, **kwargs)  # a class for this page
        form.user_id = request.user.pk
        return form

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return ["player", "lasts", "file_name", UPLOADED, "stored_in", "used_by"]

    def save_model(
        self, request: HttpRequest, obj: Prompt, form: Any, change: bool
    ) -> None:
        if change and form.encoded is None:  # uploaded_at must stay
            Prompt.objects.filter(pk=obj.pk).update(name=obj.name)
            return
        obj.seconds = form.encoded.seconds
        obj.file_name = form.cleaned_data["file"].name[:200]
        super().save_model(request, obj, form, change)

    def get_urls(self) -> list[URLPattern]:
        listen = self.admin_site.admin_view(require_safe(self.listen))
        mine = path("<int:prompt_id>/sound/", listen, name="agents_prompt_sound")
        return [mine, *super().get_urls()]

    def listen(self, request: HttpRequest, prompt_id: int) -> HttpResponse:
        prompt = get_object_or_404(Prompt, pk=prompt_id)
        if not self.has_view_permission(request, prompt):
            raise PermissionDenied
        try:
            content = prompt_audio.read(prompt)
        except files.Away:
            text = _("The file storage cannot be reached. Try again later.")
            return HttpResponse(text, status=503, content_type="text/plain")
        return HttpResponse(content, content_type="audio/ogg")

    @admin.display(description=gettext_lazy("listen"))
    def player(self, prompt: Prompt) -> SafeString:
        # With its instant: newer audio is not what the browser cached.
        address = reverse("admin:agents_prompt_sound", args=[prompt.pk])
        return format_html(
            '<audio controls preload="none" src="{}?{}" aria-label="{}"></audio>',
            address,
            int(prompt.uploaded_at.timestamp()),
            prompt.name,
        )

    @admin.display(description=gettext_lazy("duration"), ordering="seconds")
    def lasts(self, prompt: Prompt) -> str:
        return duration(round(prompt.seconds))

    @admin.display(description=gettext_lazy("stored in"))
    def stored_in(self, prompt: Prompt) -> str:
        if not prompt.digest:
            return _("The database")
        if prompt_audio.here(prompt) is not None:
            return _("File storage; this server has a copy")
        return _(
            "File storage; this server has no copy yet, and its callers hear the "
            "audio from before or the default"
        )

    @admin.display(description=gettext_lazy("used by"))
    def used_by(self, prompt: Prompt) -> str:
        return "; ".join(uses_of(prompt)) or _("Not used")


def uses_of(prompt: Prompt) -> list[str]:
    """List where callers hear it."""

    def told(words: str, rows: QuerySet[Any]) -> list[str]:
        names = rows.order_by("name").values_list("name", flat=True)
        return [words.format(name=name) for name in names]

    return [
        *told(_("greeting of {name}"), Queue.objects.filter(greeting=prompt)),
        *told(_("music of {name}"), Queue.objects.filter(music=prompt)),
        *told(_("closed message of {name}"), Line.objects.filter(closed_prompt=prompt)),
    ]
