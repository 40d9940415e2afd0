"""A cleaned answer as a sequence of units: references to choices, phrases, punctuation and other words.

Each unit has a symbol of one character, so that the grammar of statements can be written as regular expressions
over the string of symbols:

    C  a choice's text, perhaps with its letter     L  a letter in brackets, quotes or emphasis
    l  a bare capital letter                        b  a bare small letter
    X  a letter beside another choice's text        Z  a letter that no choice has
    .  end of a sentence    ?  of a question        |  end of a line
    ,  :  -  ( ) /  themselves                      w  any other word
    the symbols of `mmar.protocols.reading.phrases.KINDS`
"""

from __future__ import annotations

import msgspec

__all__ = ["REFERENCES", "Units"]

REFERENCES = "CLlbXZ"


class Units(msgspec.Struct, gc=False):
    """The units of a text, in order.

    Attributes:
        symbols: one character a unit.
        starts: where each unit begins in the text.
        ends: where it ends.
        places: the 0-based choice that a reference names, -1 for other units.
        labels: the units that are a letter with its own text, by index.
        text: the cleaned text.
    """

    symbols: str
    starts: list[int]
    ends: list[int]
    places: list[int]
    labels: set[int]
    text: str
