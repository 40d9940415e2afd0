"""Evaluation of the replies to the probes: one verdict for each property of a model.

A property is called *failed* only where the replies cannot be explained by guessing: a model that hears poorly gets
*could not tell*. Whether it hears is a binomial tail over all questions about sounds; the finer properties are judged
only for a model that named every sound of the plain clips.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from mmar.items.predictions import is_cut_off
from mmar.models import Answer, Failure, SentAudio
from mmar.protocols import Message
from mmar.protocols.reading import Reading
from mmar.runs.check.probes import Group, Probe
from mmar.stats.chance import poisson_binomial_sf

State = Literal[
    "passed",
    "failed",  # a fault that changes a score without a sign of it
    "limited",  # a limit that is known and recorded, or that most models have
    "unknown",  # guessing explains the replies as well
    "skipped",  # not asked, or it does not apply
]

_LEVEL = 0.01  # probability under guessing below which a model is said to hear
_SOUND_GROUPS: tuple[Group, ...] = ("sounds", "silence", "left", "right", "long", "letters")


class ProbeReply(msgspec.Struct, frozen=True):
    """The reply to one probe.

    Attributes:
        probe: what was asked.
        messages: as they were sent.
        answer: the answer or failure; `None` if it was not asked.
        reading: which choice the answer names; `None` for the open question and without an answer.
    """

    probe: Probe
    messages: tuple[Message, ...]
    answer: Answer | None
    reading: Reading | None

    @property
    def text(self) -> str:
        """The answer's text, empty where there is none."""
        return "" if self.answer is None else self.answer.text

    @property
    def failure(self) -> Failure | None:
        """Why there is no answer."""
        return None if self.answer is None else self.answer.failure

    @property
    def named(self) -> str | None:
        """The choice that the answer names."""
        index = None if self.reading is None else self.reading.index
        return None if index is None else self.probe.choices[index]

    @property
    def right(self) -> bool:
        """Whether it names the right choice."""
        return self.named is not None and self.named == self.probe.answer


class Verdict(msgspec.Struct, frozen=True):
    """The verdict on one property: its stable name, the state, and a sentence with what to do where one can."""

    name: str
    state: State
    reason: str


def evaluate_replies(
    replies: Sequence[ProbeReply], *, uses_audio: bool, max_tokens: int | None = None
) -> tuple[Verdict, ...]:
    """Judge the replies to the probes, in any number: what was not asked is skipped.

    Args:
        replies: in any order.
        uses_audio: whether the model is given clips.
        max_tokens: the limit that was sent, for the reason.
    """
    verdicts = [_answers(replies), _text(replies), _readable(replies), _thinking(replies, max_tokens)]
    if not any(reply.text for reply in replies):
        return tuple(verdicts)
    if not uses_audio:
        return (*verdicts, Verdict("hears", "skipped", "the model is given no audio, by its kind"))
    audio_verdict = _uses_audio(replies)
    verdicts.append(audio_verdict)
    if not any(reply.probe.group != "sounds" for reply in replies):
        return tuple(verdicts)
    # Only a model that names the plain sounds shows by a wrong answer that something else is amiss.
    passed = audio_verdict.state == "passed"
    certain = passed and _all_right(_group(replies, "sounds"))
    checks = (_long, _channels, _sides, _letters, _silence, _clips)
    finer = [check(replies, certain=certain) for check in checks]
    if not passed:
        # What is recorded of the clips as they were sent holds for any model.
        finer = [
            each if each.state == "limited" else Verdict(each.name, "unknown", "asks for a model that hears")
            for each in finer
        ]
    return (*verdicts, *finer)


def _group(replies: Iterable[ProbeReply], *groups: Group) -> list[ProbeReply]:
    return [reply for reply in replies if reply.probe.group in groups]


def _all_right(replies: Sequence[ProbeReply]) -> bool:
    return bool(replies) and all(reply.right for reply in replies)


def _answers(replies: Sequence[ProbeReply]) -> Verdict:
    # Not every model takes an open question, or two clips.
    closed = [reply for reply in replies if reply.probe.group not in ("description", "clips")]
    failures = [reply.failure for reply in closed if reply.failure is not None]
    answered = sum(reply.answer is not None and reply.failure is None for reply in closed)
    if answered == len(closed):
        return Verdict("answers", "passed", f"{_count(answered, 'question')}, all answered")
    first = f"; {failures[0].kind}: {failures[0].message}" if failures else ""
    return Verdict("answers", "failed", f"{answered} of {_count(len(closed), 'question')} answered{first}")


def _text(replies: Sequence[ProbeReply]) -> Verdict:
    spoken = sum(
        (reply.failure is not None and reply.failure.kind == "speech")
        or (reply.answer is not None and reply.answer.spoken)
        for reply in replies
    )
    if spoken:
        advice = 'ask for text only; of openai/ by --option \'body={"modalities": ["text"]}\''
        return Verdict("text", "failed", f"{_count(spoken, 'reply')} of {len(replies)} in speech: {advice}")
    texts = sum(bool(reply.text.strip()) for reply in replies)
    if texts:
        return Verdict("text", "passed", f"{_count(texts, 'reply')} in text")
    empty = [
        reply.failure
        for reply in replies
        if reply.failure is not None and reply.failure.kind == "bad_reply"
        if reply.answer is not None and not is_cut_off(reply.answer.finish_reason)
    ]
    if empty:
        return Verdict("text", "failed", f"no reply holds text; {empty[0].message}")
    return Verdict("text", "skipped", "no reply holds text")


def _readable(replies: Sequence[ProbeReply]) -> Verdict:
    read = [reply for reply in replies if reply.reading is not None]
    if not read:
        return Verdict("readable", "skipped", "no answer to read")
    named = sum(reply.named is not None for reply in read)
    text = f"{named} of {_count(len(read), 'answer')} {'names' if named == 1 else 'name'} a choice"
    if 2 * named >= len(read):
        return Verdict("readable", "passed", text)
    refused = sum(reply.reading is not None and reply.reading.state == "refused" for reply in read)
    declined = f", {refused} decline" if refused else ""
    return Verdict("readable", "failed", f"{text}{declined}: see the replies, or choose another --protocol")


def _thinking(replies: Sequence[ProbeReply], max_tokens: int | None) -> Verdict:
    answers = [reply.answer for reply in replies if reply.answer is not None]
    cut = sum(is_cut_off(answer.finish_reason) for answer in answers)
    if cut:
        limit = "the service's token limit" if max_tokens is None else f"max_tokens={max_tokens}"
        return Verdict(
            "thinking",
            "failed",
            f"{cut} of {_count(len(replies), 'reply')} cut at {limit}: raise --max-tokens",
        )
    if not any(answer.finish_reason for answer in answers):
        return Verdict("thinking", "skipped", "the model does not say why its answers end")
    usages = [answer.usage for answer in answers if answer.usage is not None]
    long = max((usage.output_tokens or 0 for usage in usages), default=0)
    longest = f"; the longest has {_count(long, 'token')}" if long else ""
    return Verdict("thinking", "passed", f"no reply was cut{longest}")


def _uses_audio(replies: Sequence[ProbeReply]) -> Verdict:
    answered = [reply for reply in _group(replies, *_SOUND_GROUPS) if reply.reading is not None]
    right = sum(reply.right for reply in answered)
    tail = poisson_binomial_sf(right, [1 / len(reply.probe.choices) for reply in answered])
    score = f"{right} of {len(answered)} sounds right"
    if tail <= _LEVEL:
        return Verdict("hears", "passed", f"{score}; guessing gets as many in {_percent(tail)}")
    counted = [
        reply.answer.usage.audio_tokens
        for reply in replies
        if reply.answer is not None and reply.answer.usage is not None
        if reply.answer.usage.audio_tokens is not None
    ]
    if counted and not any(counted):
        return Verdict(
            "hears", "failed", f"{score}, and the service counted no audio tokens: the clips are lost"
        )
    # A longer clip may change a reply by its length alone.
    first = answered[0].probe if answered else None
    one_prompt = [
        reply
        for reply in answered
        if first and (len(reply.probe.choices), reply.probe.seconds) == (len(first.choices), first.seconds)
    ]
    clips = len({reply.probe.clip for reply in one_prompt})
    constant = len({reply.named or reply.text.strip() for reply in one_prompt}) == 1
    described = [reply.text.strip() for reply in _group(replies, "description")]
    steady = len(described) == 3 and bool(described[0]) and described[0] == described[1]
    changes = steady and described[2] != described[0]
    if clips > 2 and constant and not changes and (steady or not any(described)):
        return Verdict(
            "hears",
            "failed",
            f"{clips} different clips, silence among them, got one and the same reply: "
            "the clips do not reach the model, or it ignores them",
        )
    note = "; its description of a clip changes with the clip" if changes else ""
    return Verdict("hears", "unknown", f"{score}, which guessing gets in {_percent(tail)}{note}")


def _percent(probability: float) -> str:
    if probability < 0.0001:
        return "less than 0.01 % of cases"
    return f"{100 * probability:.{0 if probability >= 0.1 else 2}f} % of cases"


_UNCERTAIN = "it does not name every plain sound, so a wrong answer shows nothing more"


def _verdict(name: str, group: Sequence[ProbeReply], passed: str, failed: str, *, certain: bool) -> Verdict:
    """Passed if all replies are right; failed if none is, of a model that names every plain sound."""
    if _all_right(group):
        return Verdict(name, "passed", passed)
    if certain and failed and not any(reply.right for reply in group):
        return Verdict(name, "failed", failed)
    return Verdict(name, "unknown", _mixed(group) if certain else _UNCERTAIN)


def _long(replies: Sequence[ProbeReply], *, certain: bool) -> Verdict:
    name, group = "past 30 s", _group(replies, "long")
    cut = [sent.seconds for sent in _sent(group) if sent.cut]
    if cut and not _all_right(group):
        seconds = f" to {min(cut):g} s" if min(cut) < group[0].probe.seconds else ""
        return Verdict(name, "limited", f"clips of 40 s are cut{seconds}, and a run counts such clips")
    failed = ""
    if len({reply.named for reply in group}) == 1:
        failed = f"sounds after 35 s of silence are answered with {_named(group)}: the end is not heard"
    return _verdict(name, group, "names sounds after 35 s of silence", failed, certain=certain)


def _channels(replies: Sequence[ProbeReply], *, certain: bool) -> Verdict:
    name, left, right = "both channels", _group(replies, "left"), _group(replies, "right")
    for named, unnamed, side in ((left, right, "left"), (right, left, "right")):
        if certain and _all_right(named) and not any(reply.right for reply in unnamed):
            return Verdict(name, "failed", f"hears only the {side} channel: {_mixed(unnamed)} in the other")
    passed = "names sounds that are in one channel alone, the left or the right"
    return _verdict(name, [*left, *right], passed, "", certain=certain)


def _sides(replies: Sequence[ProbeReply], *, certain: bool) -> Verdict:
    name, group = "left from right", _group(replies, "sides")
    if not _all_right(group):
        if any(sent.mixed_down for sent in _sent(group)):
            return Verdict(name, "limited", "clips are mixed to one channel before the model hears them")
        if certain and len({reply.named for reply in group}) == 1:
            return Verdict(name, "limited", f'always answers "{group[0].named}": it does not hear sides')
    return _verdict(name, group, "tells left, right and both sides apart", "", certain=certain)


def _letters(replies: Sequence[ProbeReply], *, certain: bool) -> Verdict:
    passed = "chooses the fifth and the sixth choice"
    failed = "never chooses the fifth or the sixth choice, where the right one is"
    return _verdict("letters E and F", _group(replies, "letters"), passed, failed, certain=certain)


def _silence(replies: Sequence[ProbeReply], *, certain: bool) -> Verdict:
    group = _group(replies, "silence")
    failed = f"silence does not change the answer: it is answered with {_named(group)}"
    return _verdict("silence", group, "calls silence by its name", failed, certain=certain)


def _clips(replies: Sequence[ProbeReply], *, certain: bool) -> Verdict:
    name, group = "several clips", _group(replies, "clips")
    failures = [reply.failure for reply in group if reply.failure is not None]
    if failures:
        return Verdict(name, "limited", f"two clips fail; {failures[0].kind}: {failures[0].message}")
    failed = f"the second of two clips is not heard: {_mixed(group)}"
    return _verdict(name, group, "hears the second of two clips", failed, certain=certain)


def _sent(group: Sequence[ProbeReply]) -> list[SentAudio]:
    return [
        reply.answer.sent for reply in group if reply.answer is not None and reply.answer.sent is not None
    ]


def _named(group: Sequence[ProbeReply]) -> str:
    return " and ".join(dict.fromkeys(f'"{reply.named or "no choice"}"' for reply in group))


def _mixed(replies: Sequence[ProbeReply]) -> str:
    return f"{sum(reply.right for reply in replies)} of {len(replies)} right"


def _count(number: int, noun: str) -> str:
    if number == 1:
        return f"1 {noun}"
    return f"{number:,} {noun[:-1]}ies" if noun.endswith("y") else f"{number:,} {noun}s"
