"""`cascade/CAPTIONER+REASONER`: a model with audio input writes a caption, a text model answers from it.

For example `cascade/openai/qwen2-audio+text/deepseek-chat`. Both halves are names as anywhere else; the plus
sign stands before the reasoner's adapter. A caption is made once for each clip, captioner and prompt, kept in
a file, and shared by every reasoner. An item whose caption fails is a failed item.

Options (`ModelOptions.extra`), explained in docs/models.md: `captions` (the file; needed), `caption_prompt`,
`caption_max_tokens`, `caption_temperature`, and with `captioner.` or `reasoner.` before them `base_url`
(several separated by commas) and every option of that half's own adapter.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from pathlib import Path

import msgspec

from mmar.errors import MmarError, UsageError, did_you_mean
from mmar.models.answer import Answer, RequestFailed, Sent, Usage
from mmar.models.audio_bytes import check_placed, check_single
from mmar.models.model import ADAPTERS, Model, ModelOptions, open_model
from mmar.models.options import number_of
from mmar.models.sqlite_store import SqliteStore
from mmar.protocols import Message, Request, Settings

CAPTION_PROMPT = (
    "Describe this audio clip for someone who cannot hear it and will be asked about it. Tell every sound in "
    "the order in which it comes and how often, all speech word for word with who says it and how, the music "
    "with its instruments, key, tempo and mood, and the place and distances that can be heard."
)
"""What the captioner is asked where no other prompt is given."""

_LEAD = "A description of the audio clip:"
_OPTIONS = ("captions", "caption_prompt", "caption_max_tokens", "caption_temperature")
# What says where and as whom a captioner is asked changes nothing about the caption.
_NOT_HOW = ("base_url", "api_key_file", "api_key_env")


class CaptionKey(msgspec.Struct, frozen=True):
    """What a caption depends on.

    Attributes:
        clip_sha256: of the clip's file.
        captioner: the model's name.
        how: everything else of its request: messages, settings, the adapter's options.
    """

    clip_sha256: str
    captioner: str
    how: str

    def digest(self) -> bytes:
        """SHA-256 over all of it."""
        return hashlib.sha256(msgspec.json.encode(self)).digest()


class Caption(msgspec.Struct, frozen=True, omit_defaults=True):
    """A caption and how it came about.

    Attributes:
        text: the caption; never empty.
        model: the model that the service said it used.
        finish_reason: as the service named it.
        usage: tokens that it cost.
        sent: the audio as the captioner was given it.
    """

    text: str
    model: str | None = None
    finish_reason: str | None = None
    usage: Usage | None = None
    sent: Sent | None = None


_decode = msgspec.json.Decoder(Caption).decode


class CaptionStore:
    """A file of captions. The first caption that is stored for a key stays, whichever process wrote it.

    Args:
        path: the file, made if it is missing.

    Raises:
        InputError: the file is something else.
        ExternalError: it cannot be opened or written.
    """

    def __init__(self, path: Path) -> None:
        self._store = SqliteStore(path, "captions")
        self.close = self._store.close

    def find(self, key: CaptionKey) -> Caption | None:
        """The caption of a key, `None` where there is none or a damaged one."""
        value = self._store.get(key.digest())
        try:
            return _decode(value) if isinstance(value, bytes) else None
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None

    def keep(self, key: CaptionKey, caption: Caption) -> Caption:
        """Store a caption durably, unless there is one already; returns the one that is stored."""
        self._store.put([(key.digest(), msgspec.json.encode(caption))], replace=False)
        return self.find(key) or caption


class Cascade:
    """A captioner and a reasoner, as one model.

    Args:
        name: with the adapter's name before it.
        captioner: is given the clip and the prompt.
        reasoner: is given the question with the caption in the clip's place.
        store: where captions are kept.
        prompt: the captioner's.
        settings: the captioner's.
        how: the captioner's options, as far as a caption depends on them.
    """

    uses_audio = True
    keeps_time = True  # its two models do, as all that have a name

    def __init__(
        self,
        name: str,
        captioner: Model,
        reasoner: Model,
        store: CaptionStore,
        *,
        prompt: str = CAPTION_PROMPT,
        settings: Settings | None = None,
        how: str = "",
    ) -> None:
        self.name = name
        self._captioner = captioner
        self._reasoner = reasoner
        self._store = store
        self._message = Message("user", prompt, "before")
        self._settings = settings or Settings()
        self._how = msgspec.json.encode((prompt, self._settings, how)).decode()
        self._under_way: dict[CaptionKey, asyncio.Task[Caption]] = {}

    async def ask(self, request: Request) -> Answer:
        """Look up or make the caption, then ask the reasoner once.

        Raises:
            RequestFailed: there is no caption or no answer.
        """
        check_placed(request)
        check_single(request, "a cascade")
        if request.audio is None:
            return await self._reasoner.ask(request)
        caption, paid = await self._caption(request.item_id, request.audio)
        try:
            answer = await self._reasoner.ask(with_caption(request, caption.text))
        except RequestFailed as failure:
            if paid:
                failure.usage = _together(failure.usage, caption.usage)
            raise
        return msgspec.structs.replace(
            answer,
            caption=caption.text,
            sent=caption.sent,
            # The caption's tokens are counted once, in the answer for which they were spent.
            usage=_together(answer.usage, caption.usage) if paid else answer.usage,
        )

    async def _caption(self, item_id: str, clip: Path) -> tuple[Caption, bool]:
        """The clip's caption, and whether it was made for this request."""
        key = CaptionKey(await asyncio.to_thread(_sha256, clip), self._captioner.name, self._how)
        task = self._under_way.get(key)
        if task is not None:
            return await _shared(task), False
        stored = await asyncio.to_thread(self._store.find, key)
        if stored is not None:
            return stored, False
        # Another request may have started while the store was read.
        task = self._under_way.get(key)
        mine = task is None
        if task is None:
            task = asyncio.create_task(self._make(key, item_id, clip))
            self._under_way[key] = task
            task.add_done_callback(lambda task: self._done(key, task))
        return await _shared(task), mine

    def _done(self, key: CaptionKey, task: asyncio.Task[Caption]) -> None:
        self._under_way.pop(key, None)
        if not task.cancelled():
            task.exception()  # retrieved, so that asyncio does not report it

    async def _make(self, key: CaptionKey, item_id: str, clip: Path) -> Caption:
        request = Request(item_id, (self._message,), self._message.text, (), clip, self._settings)
        try:
            answer = await self._captioner.ask(request)
        except RequestFailed as failure:
            raise failure.with_message(f"no caption: {failure.message}") from None
        if not answer.text.strip():
            message = f"no caption: {self._captioner.name} wrote none"
            raise RequestFailed("bad_reply", message, retryable=True, usage=answer.usage)
        if answer.sent is not None and answer.sent.source_sha256 != key.clip_sha256:
            raise RequestFailed("audio", f"{clip} changed while it was captioned", retryable=True)
        caption = Caption(answer.text, answer.model, answer.finish_reason, answer.usage, answer.sent)
        return await asyncio.to_thread(self._store.keep, key, caption)

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
    messages = tuple(_with_caption(message, caption) for message in request.messages)
    return msgspec.structs.replace(request, messages=messages, audio=None)


def _with_caption(message: Message, caption: str) -> Message:
    if message.audio is None:
        return message
    text = f"{_LEAD}\n{caption}"
    parts = (text, message.text) if message.audio == "before" else (message.text, text)
    return Message(message.role, "\n\n".join(parts))


async def _shared(task: asyncio.Task[Caption]) -> Caption:
    """Wait for a caption that other requests may wait for too; cancelling one does not cancel it for the others."""
    try:
        return await asyncio.shield(task)
    except RequestFailed as failure:
        # Each waiter gets an exception of its own: one object raised many times gathers all their tracebacks.
        raise RequestFailed(
            failure.kind, failure.message, retryable=failure.retryable, retry_after_s=failure.retry_after_s
        ) from None


def _sha256(clip: Path) -> str:
    from mmar.files.hashing import sha256_file

    try:
        return sha256_file(clip)
    except MmarError as error:
        raise RequestFailed("audio", str(error)) from None


def _together(one: Usage | None, other: Usage | None) -> Usage | None:
    if one is None or other is None:
        return one or other

    counts = zip(msgspec.structs.astuple(one), msgspec.structs.astuple(other), strict=True)
    return Usage(*(None if pair == (None, None) else (pair[0] or 0) + (pair[1] or 0) for pair in counts))


def open_cascade(name: str, options: ModelOptions) -> Cascade:
    """Open both halves.

    Args:
        name: `CAPTIONER+REASONER`.
        options: `base_urls` hold for a half that is given none of its own.

    Raises:
        UsageError: the name is not of that form, an option is unknown or wrong, or a half cannot be opened.
    """
    captioner_name, reasoner_name = _halves(name)
    extra = options.extra
    for option in extra:
        if option not in _OPTIONS and not option.startswith(("captioner.", "reasoner.")):
            raise UsageError(
                f'cascade has no option "{option}"; it has {", ".join(_OPTIONS)}, '
                "and those of its halves as captioner.OPTION and reasoner.OPTION",
                code="unknown-option",
                argument="options",
                hint=did_you_mean(option, _OPTIONS) or None,
            )
    path = extra.get("captions")
    if not path:
        raise UsageError(
            f"cascade/{name} needs a file for its captions, so that they are paid for once",
            code="missing-option",
            argument="options",
            hint="name it with the option captions=FILE; reasoners that share the file share the captions",
        )
    most = number_of(extra, "caption_max_tokens", 1, 1e6)
    settings = Settings(
        temperature=number_of(extra, "caption_temperature", 0, 2),
        max_tokens=None if most is None else int(most),
    )
    captioner = open_model(captioner_name, _half(options, "captioner."))
    if not captioner.uses_audio:
        raise UsageError(
            f"{captioner_name} takes no audio, so it cannot write captions",
            code="no-captioner",
            argument="model",
        )
    how = {name: value for name, value in _own(options, "captioner.").items() if name not in _NOT_HOW}
    return Cascade(
        f"cascade/{name}",
        captioner,
        open_model(reasoner_name, _half(options, "reasoner.")),
        CaptionStore(Path(path).expanduser()),
        prompt=extra.get("caption_prompt", CAPTION_PROMPT),
        settings=settings,
        how=msgspec.json.encode(dict(sorted(how.items()))).decode() if how else "",
    )


def _halves(name: str) -> tuple[str, str]:
    # A model's name may hold a plus sign; the one that counts has an adapter's name behind it.
    parts = re.split(rf"\+(?=(?:{'|'.join(ADAPTERS)})[/:])", name)
    if len(parts) != 2 or not all(parts):
        raise UsageError(
            f'"cascade/{name}" is not of the form CAPTIONER+REASONER',
            code="unknown-model",
            argument="model",
            hint="for example cascade/openai/qwen2-audio+text/deepseek-chat",
        )
    return parts[0], parts[1]


def _own(options: ModelOptions, prefix: str) -> dict[str, str]:
    return {name[len(prefix) :]: value for name, value in options.extra.items() if name.startswith(prefix)}


def _half(options: ModelOptions, prefix: str) -> ModelOptions:
    own = _own(options, prefix)
    urls = own.pop("base_url", None)
    base_urls = options.base_urls if urls is None else tuple(url.strip() for url in urls.split(","))
    return msgspec.structs.replace(options, base_urls=base_urls, extra=own)
