"""The budget of a run, and its spending.

Tokens are counted as the service counts them. Money needs a price table, which is the user's own file because
prices change:

    [[price]]
    model = "openai/gpt-4o-audio-preview"   # as given to mmar run; a trailing * stands for any ending
    input = 2.50                            # for a million tokens, in the currency that you think in
    output = 10.00
    audio = 40.00                           # of the input tokens, those that are audio; as input when left out
    audio_tokens_a_second = 10              # for --dry-run alone
"""

from __future__ import annotations

import math
import re
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec

from mmar.errors import UsageError
from mmar.files.typed import convert, read_toml
from mmar.models import Usage

_MILLION = 1_000_000


class Price(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of a price table, as above."""

    model: str
    input: float
    output: float
    audio: float | None = None
    audio_tokens_a_second: float | None = None

    def cost(self, usage: Usage) -> float:
        """Cost of a request."""
        audio_tokens = usage.audio_tokens or 0
        text_tokens = max(0, (usage.input_tokens or 0) - audio_tokens)
        audio_price = self.input if self.audio is None else self.audio
        cost = (
            text_tokens * self.input + audio_tokens * audio_price + (usage.output_tokens or 0) * self.output
        )
        return cost / _MILLION


class Budget(msgspec.Struct, frozen=True):
    """The most tokens and money that a session may spend; money needs the price of the model's tokens."""

    tokens: int | None = None
    money: float | None = None
    price: Price | None = None

    def __post_init__(self) -> None:
        if self.money is not None and self.price is None:
            raise UsageError(
                "a budget of money needs a table of prices that has the model's price",
                code="no-price",
                argument="budget",
                hint="name the table with prices, or give a number of tokens: 500000tokens",
            )


class Spending:
    """Counts tokens and money (0 without a price) that are spent against a budget.

    Attributes:
        requests: number of requests whose usage the service reported.
    """

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self.tokens, self.money, self.requests = 0, 0.0, 0

    def add(self, usage: Usage | None) -> int:
        """Count one answer; returns its tokens."""
        if usage is None:
            return 0
        tokens = (usage.input_tokens or 0) + (usage.output_tokens or 0)
        self.requests += 1
        self.tokens += tokens
        if self._budget.price is not None:
            self.money += self._budget.price.cost(usage)
        return tokens

    def allows(self, in_flight: int) -> bool:
        """Whether one more request is likely to stay within the budget, counting those in flight at the mean cost."""
        expected = (in_flight + 1) / self.requests if self.requests else 0.0
        budget = self._budget
        if budget.tokens is not None and self.tokens * (1 + expected) > budget.tokens:
            return False
        return budget.money is None or self.money * (1 + expected) <= budget.money


def parse_budget(budget: str | float | None) -> tuple[int | None, float | None]:
    """Read a budget: `500000tokens` (or `500ktokens`, `2Mtokens`), or an amount of money such as `3.50`.

    Returns:
        Tokens and money; one of them, or both, `None`.

    Raises:
        UsageError: it is neither.
    """
    if budget is None:
        return None, None
    text = str(budget).strip().lower().replace("_", "").replace(",", "")
    match = re.fullmatch(r"(.*?)(?:([km]?)\s*(?:tokens?|tok))?", text, re.DOTALL)
    assert match is not None  # all of it is optional
    is_tokens = match[2] is not None
    try:
        amount = float(match[1]) * {"k": 1000, "m": _MILLION}.get(match[2], 1)
    except ValueError:
        amount = math.nan
    if isinstance(budget, bool) or not math.isfinite(amount) or amount <= 0 or (is_tokens and amount < 1):
        raise UsageError(
            f"expected tokens such as 500000tokens or 2Mtokens, or money such as 3.50, got {budget!r}",
            code="invalid-value",
            argument="budget",
        )
    return (int(amount), None) if is_tokens else (None, amount)


def price_of(model: str, path: str | Path | None) -> Price | None:
    """The price of a model in a price table: the first entry whose name or pattern fits.

    Raises:
        InputError: the file is not a price table.
        UsageError: it has no price for the model.
    """
    if path is None:
        return None
    prices = convert(
        read_toml(Path(path)).get("price", []),
        list[Price],
        file=str(path),
        field="price",
        hint="each [[price]] has model, input, output",
    )
    for price in prices:
        if fnmatchcase(model, price.model):
            return price
    known = ", ".join(price.model for price in prices) or "none"
    raise UsageError(f'{path} has no price for "{model}"; it has {known}', code="no-price", argument="prices")
