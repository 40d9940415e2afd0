"""A Bilibili video's two names: the number after `av` in older addresses, and the `BV…` id of newer ones.

The id is the number in disguise: mixed with a constant, written in 58 letters in an order of the site's own, with
two pairs of letters exchanged. So both names are known for one video without anybody being asked.
"""

from __future__ import annotations

__all__ = ["bv_id"]

_LETTERS = "FcwAPNKTMug3GV5Lj7EJnHpWsx4tb8haYeviqBz6rkCy12mUSDQX9RdoZf"
_MIXED = 23_442_827_791_579
_BEYOND = 1 << 51
_EXCHANGED = ((0, 6), (1, 4))


def bv_id(number: int) -> str | None:
    """The id that an `av` number stands for; `None` where the site gives no such number.

    Example:
        >>> bv_id(170001)
        'BV17x411w7KC'
    """
    if not 0 < number < _BEYOND:
        return None
    rest, letters = (_BEYOND | number) ^ _MIXED, ""
    while rest:
        rest, at = divmod(rest, len(_LETTERS))
        letters = _LETTERS[at] + letters
    order = list(letters)
    for one, other in _EXCHANGED:
        order[one], order[other] = order[other], order[one]
    return "BV1" + "".join(order)
