"""The content of an item without problems."""

from mmar.studio.workflow import Cue, ItemContent

__all__ = ["GOOD"]

GOOD = ItemContent(
    question="Which instrument enters last?",
    choices=("Violin", "Cello", "Flute", "Harp"),
    answer=1,
    modality="music",
    category="Perception Layer",
    sub_category="Music Theory",
    url="https://youtu.be/qx8hrhBZJ98",
    timestamp="1:32,2:02",
    thinking="The low bowed voice comes after the others.",
    cues=(Cue("low bowed string", 21.0, 24.5),),
)
