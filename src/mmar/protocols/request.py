"""What a model is given: the messages, the clip, the settings. A request has a digest, by which an answer is known."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

import msgspec

__all__ = ["Message", "Request", "Settings"]


class Message(msgspec.Struct, frozen=True):
    """One turn of a conversation.

    Attributes:
        role: who speaks.
        text: what is said.
        audio: where the clip stands in this turn, if it does: before or after the text. Several clips stand there in order.
    """

    role: Literal["system", "user", "assistant"]
    text: str
    audio: Literal["before", "after"] | None = None


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Generation settings; what is `None` is left to the model's own default and not sent.

    Attributes:
        temperature: sampling temperature, 0 for greedy.
        top_p: nucleus mass, 0 to 1.
        max_tokens: most tokens of the answer.
        seed: sampling seed, where the model takes one.
    """

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    seed: int | None = None

    def over(self, others: Settings) -> Settings:
        """These settings, and the others' where these say nothing."""
        said = {name: value for name in self.__struct_fields__ if (value := getattr(self, name)) is not None}
        return msgspec.structs.replace(others, **said)


class Request(msgspec.Struct, frozen=True):
    """One question as put to a model.

    Attributes:
        item_id: the item asked about.
        messages: the conversation; the clip stands where a message's `audio` says.
        question: the bare question, for models that take it in parts.
        choices: the choices in the order in which they were put.
        audio: the clip's file, or `None` for a request without audio.
        settings: generation settings.
        rotation: by how many places the choices stand rotated to the left.
        repeat: which of several samples this is, from 0; not part of the digest.
        more_audio: the second and further clips of an item with several.
    """

    item_id: str
    messages: tuple[Message, ...]
    question: str
    choices: tuple[str, ...]
    audio: Path | None
    settings: Settings = Settings()
    rotation: int = 0
    repeat: int = 0
    more_audio: tuple[Path, ...] = ()

    @property
    def clips(self) -> tuple[Path, ...]:
        """The files of all clips, in order; none for a request without audio."""
        return () if self.audio is None else (self.audio, *self.more_audio)

    def digest(self) -> str:
        """SHA-256 over messages, choices and settings, 64 hexadecimal digits. The clip's bytes have a digest of their own."""
        form = msgspec.json.encode((self.messages, self.question, self.choices, self.settings))
        return hashlib.sha256(form).hexdigest()
