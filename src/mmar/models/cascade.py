"""`cascade/CAPTIONER+REASONER`: a model with audio input writes a caption, a text model answers from it.

For example `cascade/openai/qwen2-audio+text/deepseek-chat`. Both halves are names as anywhere else; the plus
sign stands before the reasoner's adapter. A caption is made once for each clip, captioner and prompt, kept in
a file, and shared by every reasoner. An item whose caption fails is a failed item.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from pathlib import Path

import msgspec

from mmar.errors import MmarError, UsageError
from mmar.files.hashing import sha256_file
from mmar.models.answer import Answer, RequestFailed, SentAudio, Usage
from mmar.models.audio_bytes import check_audio_placement, check_single
from mmar.models.model import ADAPTERS, Model, ModelOptions, model_error, open_model
from mmar.models.options import check_known, get_int, get_number
from mmar.models.sqlite_store import SqliteStore
from mmar.protocols import Message, Request, Settings

CAPTION_PROMPT = (
    "Describe this audio clip for someone who cannot hear it and will be asked about it. Tell every sound in "
    "the order in which it comes and how often, all speech word for word with who says it and how, the music "
    "with its instruments, key, tempo and mood, and the place and distances that can be heard."
)
"""The default prompt of the captioner."""

_OPTIONS = ("captions", "caption_prompt", "caption_max_tokens", "caption_temperature")
# What says where and as whom a captioner is asked changes nothing about the caption.
_NOT_HOW = ("base_url", "api_key_file", "api_key_env")


class Caption(msgspec.Struct, frozen=True, omit_defaults=True):
    """A caption, never empty, and how it came about."""

    text: str
    model: str | None = None
    finish_reason: str | None = None
    usage: Usage | None = None
    sent: SentAudio | None = None


def caption_key(clip_sha256: str, captioner: str, how: str) -> bytes:
    """SHA-256 of what a caption depends on; `how` is all of its request but the clip and the captioner's name."""
    form = {"clip_sha256": clip_sha256, "captioner": captioner, "how": how}
    return hashlib.sha256(msgspec.json.encode(form)).digest()


_decode = msgspec.json.Decoder(Caption).decode


class CaptionStore:
    """A file of captions, with errors as `SqliteStore`. The first caption that is stored for a key stays."""

    def __init__(self, path: Path) -> None:
        self._store = SqliteStore(path, "captions")
        self.close = self._store.close

    def find(self, key: bytes) -> Caption | None:
        """The caption of a key, `None` where there is none or a damaged one."""
        value = self._store.get(key)
        try:
            return _decode(value) if isinstance(value, bytes) else None
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None

    def keep(self, key: bytes, caption: Caption) -> Caption:
        """Store a caption durably, unless there is one already; returns the one that is stored."""
        self._store.put([(key, msgspec.json.encode(caption))], replace=False)
        return self.find(key) or caption


class Cascade:
    """A captioner and a reasoner, as one model.

    Args:
        captioner: is asked as in `template`, about the clip.
        reasoner: is given the question with the caption in the clip's place.
        template: the captioner's request without clip and item.
        how: the captioner's options, as far as a caption depends on them.
    """

    uses_audio = True
    enforces_timeout = True  # its two models do, as all that have a name

    def __init__(
        self, name: str, captioner: Model, reasoner: Model, store: CaptionStore, template: Request, how: str
    ) -> None:
        self.name = name
        self._captioner, self._reasoner, self._store, self._template = captioner, reasoner, store, template
        self._how = msgspec.json.encode((template.question, template.settings, how)).decode()
        self._under_way: dict[str, asyncio.Task[tuple[Caption, bool]]] = {}  # by the clip's SHA-256

    async def ask(self, request: Request) -> Answer:
        """Look up or make the caption, then ask the reasoner once; see `Model.ask`."""
        check_audio_placement(request)
        check_single(request, "a cascade")
        if request.audio is None:
            return await self._reasoner.ask(request)
        caption, paid = await self._caption(request.item_id, request.audio)
        try:
            answer = await self._reasoner.ask(with_caption(request, caption.text))
        except RequestFailed as failure:
            if paid:
                failure.usage = _total(failure.usage, caption.usage)
            raise
        # The caption's tokens are counted once, in the answer for which they were spent.
        usage = _total(answer.usage, caption.usage) if paid else answer.usage
        return msgspec.structs.replace(answer, caption=caption.text, sent=caption.sent, usage=usage)

    async def _caption(self, item_id: str, clip: Path) -> tuple[Caption, bool]:
        """The clip's caption, and whether it was made for this request."""
        clip_sha256 = await asyncio.to_thread(_sha256, clip)
        task = self._under_way.get(clip_sha256)
        is_first = task is None
        if task is None:
            task = asyncio.create_task(self._find_or_make(item_id, clip, clip_sha256))
            self._under_way[clip_sha256] = task
            task.add_done_callback(lambda task: self._done(clip_sha256, task))
        try:
            # Shielded: that one request is cancelled does not cancel the caption for others.
            caption, is_new = await asyncio.shield(task)
        except RequestFailed as failure:
            # Each waiter gets an exception of its own: one object raised many times gathers all their tracebacks.
            raise RequestFailed(
                failure.kind,
                failure.message,
                retryable=failure.retryable,
                retry_after_s=failure.retry_after_s,
            ) from None
        return caption, is_first and is_new

    def _done(self, clip_sha256: str, task: asyncio.Task[tuple[Caption, bool]]) -> None:
        self._under_way.pop(clip_sha256, None)
        if not task.cancelled():
            task.exception()  # retrieved, so that asyncio does not report it

    async def _find_or_make(self, item_id: str, clip: Path, clip_sha256: str) -> tuple[Caption, bool]:
        """The stored caption, or a new one, and whether it is new."""
        key = caption_key(clip_sha256, self._captioner.name, self._how)
        if (stored := await asyncio.to_thread(self._store.find, key)) is not None:
            return stored, False
        request = msgspec.structs.replace(self._template, item_id=item_id, audio=clip)
        try:
            answer = await self._captioner.ask(request)
        except RequestFailed as failure:
            raise failure.with_message(f"no caption: {failure.message}") from None
        if not answer.text.strip():
            message = f"no caption: {self._captioner.name} wrote none"
            raise RequestFailed("bad_reply", message, retryable=True, usage=answer.usage)
        if answer.sent is not None and answer.sent.source_sha256 != clip_sha256:
            raise RequestFailed("audio", f"{clip} changed while it was captioned", retryable=True)
        caption = Caption(answer.text, answer.model, answer.finish_reason, answer.usage, answer.sent)
        return await asyncio.to_thread(self._store.keep, key, caption), True

    async def close(self) -> None:
        """Close both halves and the store."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        try:
            await self._captioner.close()
        finally:
            await self._reasoner.close()
            self._store.close()


def with_caption(request: Request, caption: str) -> Request:
    """The request with a caption in place of the clip."""
    text = f"A description of the audio clip:\n{caption}"

    def captioned(message: Message) -> Message:
        if message.audio is None:
            return message
        parts = (text, message.text) if message.audio == "before" else (message.text, text)
        return Message(message.role, "\n\n".join(parts))

    return msgspec.structs.replace(request, messages=tuple(map(captioned, request.messages)), audio=None)


def _sha256(clip: Path) -> str:
    try:
        return sha256_file(clip)
    except MmarError as error:
        raise RequestFailed("audio", str(error)) from None


def _total(one: Usage | None, other: Usage | None) -> Usage | None:
    if one is None or other is None:
        return one or other
    counts = zip(msgspec.structs.astuple(one), msgspec.structs.astuple(other), strict=True)
    return Usage(*(None if pair == (None, None) else (pair[0] or 0) + (pair[1] or 0) for pair in counts))


def open_cascade(name: str, options: ModelOptions) -> Cascade:
    """Open both halves of `CAPTIONER+REASONER`; `base_urls` hold for a half that is given none of its own."""
    captioner_name, reasoner_name = _halves(name)
    extra = options.extra
    own = [option for option in extra if not option.startswith(("captioner.", "reasoner."))]
    more = ", and those of its halves as captioner.OPTION and reasoner.OPTION"
    check_known(own, _OPTIONS, "cascade", more)
    if not extra.get("captions"):
        message = f"cascade/{name} needs a file for its captions, so that they are paid for once"
        hint = "name it with the option captions=FILE; reasoners that share the file share the captions"
        raise UsageError(message, code="missing-option", argument="options", hint=hint)
    settings = Settings(
        temperature=get_number(extra, "caption_temperature", 0, 2),
        max_tokens=get_int(extra, "caption_max_tokens", 1, 1_000_000),
    )
    prompt = extra.get("caption_prompt", CAPTION_PROMPT)
    captioner = open_model(captioner_name, _half(options, "captioner."))
    if not captioner.uses_audio:
        raise model_error("no-captioner", f"{captioner_name} takes no audio, so it cannot write captions")
    how = {name: value for name, value in _own(options, "captioner.").items() if name not in _NOT_HOW}
    return Cascade(
        f"cascade/{name}",
        captioner,
        open_model(reasoner_name, _half(options, "reasoner.")),
        CaptionStore(Path(extra["captions"]).expanduser()),
        Request("", (Message("user", prompt, "before"),), prompt, (), None, settings),
        msgspec.json.encode(dict(sorted(how.items()))).decode() if how else "",
    )


def _halves(name: str) -> tuple[str, str]:
    # A model's name may hold a plus sign; the one that counts has an adapter's name behind it.
    parts = re.split(rf"\+(?=(?:{'|'.join(ADAPTERS)})[/:])", name)
    if len(parts) != 2 or not all(parts):
        message = f'"cascade/{name}" is not of the form CAPTIONER+REASONER'
        hint = "for example cascade/openai/qwen2-audio+text/deepseek-chat"
        raise model_error("unknown-model", message, hint)
    return parts[0], parts[1]


def _own(options: ModelOptions, prefix: str) -> dict[str, str]:
    return {name[len(prefix) :]: value for name, value in options.extra.items() if name.startswith(prefix)}


def _half(options: ModelOptions, prefix: str) -> ModelOptions:
    own = _own(options, prefix)
    urls = own.pop("base_url", None)
    base_urls = options.base_urls if urls is None else tuple(url.strip() for url in urls.split(","))
    return msgspec.structs.replace(options, base_urls=base_urls, extra=own)
