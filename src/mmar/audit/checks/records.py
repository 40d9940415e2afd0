"""Checks of families S, R and I: records and their fields, reference reasoning and rubrics, ids and the files they belong to."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import PurePosixPath

from msgspec import UNSET

from mmar.audit.check import Finding, check, of_item
from mmar.audit.subject import Subject, contains_phrase, find_stray_space, quoted
from mmar.files.safe_paths import UnsafePathError, check_relative
from mmar.items import Item


def _faults(subject: Subject, named: str = "") -> Iterator[Finding]:
    """The records that could not be read because of a field; without one, for any other reason."""
    for fault in subject.faults:
        field = (fault.field or "").partition("[")[0]
        if field == named if named else field not in ("id", "answer", "choices"):
            line = "" if fault.line is None else f"line {fault.line}: "
            # By line, since what cannot be read has no id.
            yield Finding(None, fault.field, f"{line}{fault.problem}")


@check("S001", "error", "records that cannot be read")
def unreadable_records(subject: Subject) -> Iterator[Finding]:
    """A record that is not JSON, lacks a field that every question has, or contains a value of the wrong type.

    No command asks such a question, so the benchmark is shorter than it seems. Correct the line that is
    named.
    """
    yield from _faults(subject)


@check("S002", "error", "ids that are missing or occur twice")
def invalid_ids(subject: Subject) -> Iterator[Finding]:
    """A record without an id of its own.

    Answers are joined to questions by id, so of two records with one id only the first is ever asked.
    """
    yield from _faults(subject, "id")


@check("S003", "error", "answers that are not one of the choices")
def answer_not_a_choice(subject: Subject) -> Iterator[Finding]:
    """A record whose key names no choice, to the letter.

    Nobody can answer it right. Often a choice was corrected and the key was not.
    """
    yield from _faults(subject, "answer")


@check("S004", "error", "invalid lists of choices")
def number_of_choices(subject: Subject) -> Iterator[Finding]:
    """A record without choices, with one, or with more than 26, or with choices that are not texts."""
    yield from _faults(subject, "choices")


@check("S005", "error", "questions without text")
def empty_question(subject: Subject) -> Iterator[Finding]:
    """A question that is empty or blank: the model is shown choices and does not know what is asked."""
    for item in subject.items:
        if not item.question.strip():
            yield of_item(item, "question", "is empty")


_MOJIBAKE = re.compile(r"[ÃÂâ][\x80-\xff‚-›€™œžŸŠŒŽ]")


@check("S006", "warning", "texts with characters that were lost or cannot be seen")
def lost_characters(subject: Subject) -> Iterator[Finding]:
    """A question, choice or reference reasoning with a character that cannot be meant.

    U+FFFD, a control, private or invisible formatting character; or text read in the wrong encoding, `â€™`
    for `’`. A model is shown them, and two choices may differ in nothing else. The zero-width joiner inside
    an emoji is no fault. Where the wrong decoding can be undone, the corrected text is proposed.
    """
    for item in subject.items:
        for field, text in _texts(item):
            if text.isascii() and text.isprintable():
                continue
            odd = sorted({mark for index, mark in enumerate(text) if _is_odd(text, index)})
            if odd:
                listed = ", ".join(f"U+{ord(mark):04X}" for mark in odd[:5])
                yield Finding(item.id, field, f"{quoted(text)} contains {listed}", "odd character", (), text)
            elif (right := _redecoded(text)) is not None:
                message = f"{quoted(text)} was decoded wrongly, it should be {quoted(right)}"
                # A choice is corrected together with the answer that must equal it, so by hand.
                proposed = UNSET if "[" in field else right
                yield Finding(item.id, field, message, "decoding", (), text, proposed)


def _texts(item: Item) -> Iterator[tuple[str, str]]:
    yield "question", item.question
    yield from ((f"choices[{index}]", choice) for index, choice in enumerate(item.choices))
    yield "thinking", item.thinking or ""


def _is_odd(text: str, index: int) -> bool:
    mark = text[index]
    if mark in "\n\t\r" or mark.isprintable():
        return mark == "\ufffd"
    if mark == "\u200d":  # a joiner between two pictures
        around = text[max(0, index - 1) : index] + text[index + 1 : index + 2]
        return not (len(around) == 2 and all(unicodedata.category(c) in ("So", "Sk", "Mn") for c in around))
    return unicodedata.category(mark) in ("Cc", "Cf", "Co", "Cn", "Cs")


def _redecoded(text: str) -> str | None:
    if not _MOJIBAKE.search(text):
        return None
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return None


@check("S007", "warning", "questions with stray white space")
def question_white_space(subject: Subject) -> Iterator[Finding]:
    """White space before or after a question, twice within it, or a line break or tab.

    It is sent to the model unchanged. The text without it is proposed.
    """
    for item in subject.items:
        stray = find_stray_space(item.question)
        if stray and item.question.strip():
            right = " ".join(item.question.split())
            yield of_item(item, "question", stray, proposed=right)


@check("S008", "warning", "labels that are written in several ways")
def inconsistent_labels(subject: Subject) -> Iterator[Finding]:
    """A modality, category, sub-category or source that is blank, or a commoner one in another form.

    In case, spaces, hyphens or underscores, that is. Tables by group then have two rows for one thing. The
    commoner spelling is proposed.
    """
    for field in ("modality", "category", "sub_category", "source"):
        values = [(item, value) for item in subject.items if (value := getattr(item, field)) is not None]
        counts = Counter(value for _, value in values)
        commonest: dict[str, str] = {}
        for value, _ in counts.most_common():
            commonest.setdefault("".join(filter(str.isalnum, value.casefold())), value)
        name = field.replace("_", "-")
        for item, value in values:
            usual = commonest["".join(filter(str.isalnum, value.casefold()))]
            if not value.strip():
                yield Finding(item.id, name, "is blank", "", (), value)
            elif value != usual:
                message = f"{quoted(value)} beside {quoted(usual)}, which {counts[usual]:,} items have"
                yield Finding(item.id, name, message, "", (), value, usual)


@check("S009", "warning", "sub-categories of several categories")
def inconsistent_categories(subject: Subject) -> Iterator[Finding]:
    """An item whose sub-category belongs to another category in most items.

    A taxonomy is a tree; an accuracy by sub-category would mix two layers.
    """
    under: dict[str, Counter[str]] = defaultdict(Counter)
    for item in subject.items:
        if item.sub_category is not None:
            under[item.sub_category][item.category] += 1
    for item in subject.items:
        if item.sub_category is None or len(under[item.sub_category]) < 2:
            continue
        usual, count = under[item.sub_category].most_common(1)[0]
        if item.category != usual:
            message = (
                f"{quoted(item.sub_category)} is under {quoted(item.category)} here, "
                f"under {quoted(usual)} in {count:,}"
            )
            yield of_item(item, "category", message)


@check("R001", "note", "rubrics that name the answer")
def rubric_names_answer(subject: Subject) -> Iterator[Finding]:
    """A criterion that contains the answer's text as words of its own.

    In a scoring point, or only in a name or note. No fault of a rubric, whose judge may know the answer; but
    who shows such a rubric to the model under test shows it the answer. "No" inside "not" does not count.
    """
    for item, answer in subject.keyed:
        criteria = item.rubric or ()
        points = [index for index, each in enumerate(criteria) if contains_phrase(each.scoring_point, answer)]
        if points:
            listed = ", ".join(str(index + 1) for index in points)
            message = f"{quoted(answer)} in criterion {listed}"
            yield Finding(item.id, "rubric", message, "scoring point")
        elif any(contains_phrase(f"{each.name}\n{each.note}", answer) for each in criteria):
            yield Finding(item.id, "rubric", f"{quoted(answer)} in a name or note", "name or note")


@check("R002", "warning", "rubrics unlike the others")
def inconsistent_rubrics(subject: Subject) -> Iterator[Finding]:
    """Another number of criteria than most items have, other scores, or two criteria of one name.

    Scores are added up, so an item with another number of points weighs differently.
    """
    sizes = Counter(len(item.rubric) for item in subject.items if item.rubric)
    scales = Counter(each.choices for item in subject.items for each in item.rubric or ())
    if not sizes or not scales:
        return
    usual, scores = sizes.most_common(1)[0][0], scales.most_common(1)[0][0]
    for item in subject.items:
        if not item.rubric:
            continue
        if len(item.rubric) != usual:
            yield Finding(item.id, "rubric", f"{len(item.rubric)} criteria where most have {usual}", "number")
        odd = [each.choices for each in item.rubric if each.choices != scores]
        if odd:
            own, common = (" or ".join(map(str, each)) for each in (odd[0], scores))
            yield Finding(item.id, "rubric", f"scores {own} where most have {common}", "scores")
        repeated = [name for name, count in Counter(each.name for each in item.rubric).items() if count > 1]
        if repeated:
            yield Finding(item.id, "rubric", f"two criteria are called {quoted(repeated[0])}", "names")


@check("R003", "warning", "items without rubric or reference reasoning")
def missing_annotations(subject: Subject) -> Iterator[Finding]:
    """No `rubric`, `thinking` or `cue`, in a set of which most items have one."""
    for field in ("rubric", "thinking", "cue"):
        without = [item for item in subject.items if not getattr(item, field)]
        if 2 * len(without) <= len(subject.items):
            for item in without:
                yield Finding(item.id, field, f"{field} is empty", field)


_TIMES = re.compile(r"_(\d{1,2}(?:-\d{2}){1,2})_(\d{1,2}(?:-\d{2}){1,2})$")


@check("I001", "warning", "ids that are not their clip's name")
def id_differs_from_clip(subject: Subject) -> Iterator[Finding]:
    """An id that differs from the name of the clip's file without its ending.

    Programs that derive the one from the other, as many do, miss these clips. Use `audio_path`, always.
    Reported only for sets in which the two are the same otherwise.
    """
    stems = [(item, PurePosixPath(item.audio_path).stem) for item in subject.items]
    odd = [(item, stem) for item, stem in stems if stem != item.id]
    if 2 * len(odd) > len(subject.items):
        return  # a set whose ids follow another scheme
    for item, stem in odd:
        yield of_item(item, "id", f"the clip is {quoted(stem)}", _way(item.id, stem))


def _way(item_id: str, stem: str) -> str:
    """In what the two differ."""
    times = _seconds(item_id), _seconds(stem)
    if not stem.startswith(item_id.partition("_")[0]):
        return "another recording"
    if None in times:
        return "no times in the name"
    return "times written otherwise" if times[0] == times[1] else "other times"


def _seconds(name: str) -> tuple[int, int] | None:
    """The start and the end that a name ends in."""
    match = _TIMES.search(name)
    if match is None:
        return None
    start, end = (
        sum(int(part) * 60**power for power, part in enumerate(reversed(clock.split("-"))))
        for clock in match.groups()
    )
    return start, end


@check("I002", "warning", "ids that name other times than the timestamp")
def id_differs_from_timestamp(subject: Subject) -> Iterator[Finding]:
    """An id in the form `VIDEO_START_END` whose times are not those of the item's `timestamp`, first part.

    Nothing may be read from such an id; the timestamp and the clip count.
    """
    for item in subject.items:
        times, parts = _seconds(item.id), subject.segments.get(item.id)
        if times is not None and parts and times != (parts[0].start, parts[0].end):
            message = f"the timestamp is {quoted(item.timestamp or '')}"
            yield of_item(item, "id", message)


@check("I003", "error", "ids that some systems take for one")
def colliding_ids(subject: Subject) -> Iterator[Finding]:
    """Ids that differ only in case, in Unicode's way of writing an accent, or in white space at an end.

    A file system or a spreadsheet makes one of two. One finding for each further id.
    """
    first: dict[str, str] = {}
    for item in subject.items:
        form = unicodedata.normalize("NFC", item.id.strip()).casefold()
        if form in first:
            message = f"differs from {quoted(first[form])} only in case or spelling"
            yield of_item(item, "id", message, others=(first[form],))
        first.setdefault(form, item.id)


@check("I004", "error", "clip paths that lead out of the folder")
def unsafe_path(subject: Subject) -> Iterator[Finding]:
    """An `audio_path` that is absolute, climbs with `..`, or that some system reads differently.

    Such a record can make a program read any file of the machine. Commands of this program refuse it.
    """
    for item in subject.items:
        try:
            check_relative(item.audio_path)
        except UnsafePathError as error:
            message = f"{quoted(item.audio_path)} {error}"
            yield of_item(item, "audio_path", message)


@check("I005", "note", "clips that several items ask about")
def shared_clips(subject: Subject) -> Iterator[Finding]:
    """One audio file for several questions. Their answers are right or wrong together; cluster by source."""
    items: dict[str, list[str]] = defaultdict(list)
    for item in subject.items:
        items[item.audio_path].append(item.id)
    for path, ids in items.items():
        if len(ids) > 1:
            yield Finding(ids[0], "audio_path", f"{len(ids)} items: {path}", "", tuple(ids[1:]), path)
