"""What a record says of an item that is here already, laid over what the item says."""

from __future__ import annotations

import msgspec

from mmar.items import Item
from mmar.items.item import FIELDS
from mmar.studio.workflow.content import FIELD_NAMES, ItemContent, cue_regions, from_item

__all__ = ["laid_over", "says_the_same"]


def laid_over(item: Item, content: ItemContent) -> ItemContent:
    """Some content with what a record says in the place of what it said.

    Fields that the record does not have stay (a release withholds some), and so does where a cue is heard, if
    the record has the cue and does not say it. What no record says stays in any case: the recording, the idea.
    """
    theirs = from_item(item)
    named = {FIELDS[name] for name in item.names if name in FIELDS} - {"id", "audio_path", "cue"}
    cues = content.cues
    if "cue" in item.names:
        heard = {cue.text: cue for cue in content.cues} if cue_regions(item) is None else {}
        cues = tuple(heard.get(cue.text, cue) for cue in theirs.cues)
    fields = {name: getattr(theirs, name) for name in named}
    spelled = {FIELDS.get(name, name) for name in content.names}
    names = content.names + tuple(name for name in theirs.names if FIELDS.get(name, name) not in spelled)
    return msgspec.structs.replace(
        content,
        **fields,
        cues=cues,
        # An item that was written here has the publisher's own fields, unless it is given another.
        names=names if content.names or theirs.extra else (),
        extra={**content.extra, **theirs.extra},
        empty=(*theirs.empty, *(name for name in content.empty if name not in item.names)),
    )


def says_the_same(item: Item, content: ItemContent) -> bool:
    """Whether a record says of every field that it has what some content says."""
    after = laid_over(item, content)
    return all(getattr(after, name) == getattr(content, name) for name in FIELD_NAMES if name != "clip")
