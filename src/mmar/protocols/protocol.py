"""A protocol: how a question is put (template, choice format, system text, settings) and how its answer is read.

Protocols are data: `protocols.toml` beside this file holds the published ones, each with its source; a file
of the same form adds one's own. A protocol makes the request that a model is given: the messages, the clip, the
settings. A request has a digest, by which an answer is known.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from mmar.errors import InputError, UsageError
from mmar.files.typed import convert, decode_toml, read_text
from mmar.items import Item
from mmar.protocols.reading import Reading, ReadingRule, read


class Message(msgspec.Struct, frozen=True):
    """One turn of a conversation; `audio` says whether the clips stand before or after the text, in their order."""

    role: Literal["system", "user", "assistant"]
    text: str
    audio: Literal["before", "after"] | None = None


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Generation settings; `None` is not sent, and left to the model's own default. Temperature 0 is greedy."""

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    seed: int | None = None

    def over(self, others: Settings) -> Settings:
        """These settings, and the others' where these say nothing."""
        values = {
            name: value for name in self.__struct_fields__ if (value := getattr(self, name)) is not None
        }
        return msgspec.structs.replace(others, **values)


class Request(msgspec.Struct, frozen=True):
    """One question as put to a model.

    Attributes:
        messages: the conversation; the clip stands where a message's `audio` says.
        question: the bare question, for models that take it in parts.
        choices: the choices in the order of the prompt.
        audio: the clip's file, or `None` for a request without audio.
        rotation: by how many positions the choices are rotated to the left.
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


DEFAULT = "mmar"

ChoiceFormat = Literal["lines", "(A) lines", "A. lines", "A: lines", "python-list", "quoted"]


class Protocol(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One way to put a question and read the answer.

    Attributes:
        name: as given to `--protocol`.
        version: raised with any change that could change an answer or its reading.
        template: the user's turn; `{q}` stands for the question, `{choices}` for the formatted choices, once each,
            and `{n}` for their number, where the prompt names it.
        wording: whether the prompt is the publisher's to the letter, was written to a publisher's description,
            or is one's own.
        system: the system turn; none when empty.
        audio: whether the clip stands before or after the text.
    """

    name: str
    template: str
    choices: ChoiceFormat
    source: str
    wording: Literal["published", "described", "own"] = "own"
    version: int = 1
    system: str = ""
    audio: Literal["before", "after"] = "before"
    settings: Settings = Settings()
    reading: ReadingRule = ReadingRule()

    @property
    def label(self) -> str:
        """Name and version, as they stand in a signature, e.g. `mmar@1`."""
        return f"{self.name}@{self.version}"

    def request(
        self,
        item: Item,
        audio: Path | None,
        settings: Settings | None = None,
        more_audio: tuple[Path, ...] = (),
    ) -> Request:
        """Put one item; an open question is put by its own text, since templates speak of choices.

        Its answer, thinking, cues and rubric are not looked at. Settings replace the protocol's own.
        """
        text = item.question
        if item.choices:
            # Not str.format: a question may hold braces, and one that holds "{choices}" must stay as it is.
            before, _, rest = self.template.replace("{n}", str(len(item.choices))).partition("{q}")
            middle, _, after = rest.partition("{choices}")
            text = f"{before}{text}{middle}{format_choices(item.choices, self.choices)}{after}"
        user = Message("user", text, self.audio if audio is not None else None)
        messages = (Message("system", self.system), user) if self.system else (user,)
        return Request(
            item.id,
            messages,
            item.question,
            item.choices,
            audio,
            settings or self.settings,
            more_audio=more_audio,
        )

    def read(self, text: str | None, choices: tuple[str, ...]) -> Reading:
        """Read an answer; see `mmar.protocols.reading.read`."""
        return read(text, choices, self.reading)


def format_choices(choices: Sequence[str], form: ChoiceFormat) -> str:
    """The choices as they stand in a prompt."""
    if form == "python-list":
        return repr(list(choices))
    if form == "quoted":
        *first, last = (f'"{choice}"' for choice in choices)
        return f"{', '.join(first)} or {last}"
    label = "" if form == "lines" else form.removesuffix("lines")
    return "\n".join(label.replace("A", chr(ord("A") + n)) + choice for n, choice in enumerate(choices))


@cache
def protocols() -> dict[str, Protocol]:
    """The protocols that come with the program, by name."""
    text = Path(__file__).with_name("protocols.toml").read_text("utf-8")
    return {protocol.name: protocol for protocol in _parse(text, "protocols.toml")}


def load_protocol(name: str) -> Protocol:
    """Find a protocol by its name, or read it from a file that holds one.

    Raises:
        UsageError: there is none of that name.
        InputError: the file does not describe a protocol.
    """
    protocol = protocols().get(name)
    if protocol is not None:
        return protocol
    path = Path(name)
    if path.suffix != ".toml" and not path.exists():
        raise UsageError(
            f'no protocol "{name}"; there are {", ".join(protocols())}, or give a TOML file',
            code="unknown-protocol",
        )
    result = _parse(read_text(path), name)
    if len(result) != 1:
        raise InputError(
            f"found {len(result)} protocols, expected one", file=name, hint="one [[protocol]] a file"
        )
    return result[0]


def _parse(text: str, file: str) -> list[Protocol]:
    tables = decode_toml(text, file=file).get("protocol", [])
    result = [
        convert(table, Protocol, file=file, hint="see docs/protocols.md for the fields")
        for table in (tables if isinstance(tables, list) else [tables])
    ]
    for protocol in result:
        for blank in ("{q}", "{choices}"):
            if protocol.template.count(blank) != 1:
                problem = f'the template of "{protocol.name}" must contain {blank} exactly once'
                raise InputError(problem, file=file, field="template")
        if protocol.template.index("{q}") > protocol.template.index("{choices}"):
            raise InputError("{q} must come before {choices}", file=file, field="template")
    return result
