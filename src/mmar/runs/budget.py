"""What a run has cost, and whether the next request would go over the budget.

Tokens are counted as the service counts them. Money needs a price table, which is the user's own file, since
prices change and no table here could be trusted:

    [[price]]
    model = "openai/gpt-4o-audio-preview"   # as given to mmar run; a trailing * stands for any ending
    input = 2.50                            # for a million tokens, in the currency that you think in
    output = 10.00
    audio = 40.00                           # of the input tokens, those that are audio; as input when left out
    audio_tokens_a_second = 10              # for --dry-run alone
"""

from __future__ import annotations

import tomllib
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec

from mmar.errors import InputError, UsageError
from mmar.items.decoding import wrong_shape
from mmar.models import Usage

__all__ = ["Budget", "Price", "parse_budget", "price_of"]

_MILLION = 1_000_000


class Price(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Price of a million tokens.

    Attributes:
        model: name or pattern.
        input: of input tokens.
        output: of output tokens.
        audio: of input tokens that are audio; as `input` when `None`.
        audio_tokens_a_second: of a clip, for estimates.
    """

    model: str
    input: float
    output: float
    audio: float | None = None
    audio_tokens_a_second: float | None = None

    def cost(self, usage: Usage) -> float:
        """What a request cost."""
        heard = usage.audio_tokens or 0
        read = max(0, (usage.input_tokens or 0) - heard)
        audio = self.input if self.audio is None else self.audio
        return (read * self.input + heard * audio + (usage.output_tokens or 0) * self.output) / _MILLION


class Budget:
    """Counts what is spent. Money when a price is known, tokens always.

    Args:
        tokens: most tokens, or `None`.
        money: most money, or `None`; needs a price.
        price: of the model's tokens.

    Attributes:
        spent_tokens: so far.
        spent_money: so far, 0 without a price.
        priced: requests whose usage the service told.
    """

    def __init__(
        self, tokens: int | None = None, money: float | None = None, price: Price | None = None
    ) -> None:
        if money is not None and price is None:
            raise UsageError(
                "a budget of money needs --prices FILE with the model's price; or give tokens: 500000tokens"
            )
        self.tokens, self.money, self.price = tokens, money, price
        self.spent_tokens, self.spent_money, self.priced = 0, 0.0, 0

    def spend(self, usage: Usage | None) -> int:
        """Count one answer; returns its tokens."""
        if usage is None:
            return 0
        tokens = (usage.input_tokens or 0) + (usage.output_tokens or 0)
        self.priced += 1
        self.spent_tokens += tokens
        if self.price is not None:
            self.spent_money += self.price.cost(usage)
        return tokens

    def allows(self, in_flight: int) -> bool:
        """Whether one more request is likely to stay within the budget, those in flight counted at the mean so far."""
        expected = (in_flight + 1) / self.priced if self.priced else 0.0
        if self.tokens is not None and self.spent_tokens * (1 + expected) > self.tokens:
            return False
        return self.money is None or self.spent_money * (1 + expected) <= self.money

    @property
    def bounded(self) -> bool:
        """Whether there is a bound at all."""
        return self.tokens is not None or self.money is not None


def parse_budget(text: str | None) -> tuple[int | None, float | None]:
    """Read `--budget`: `500000tokens` (or `500ktokens`, `2Mtokens`) or an amount of money such as `3.50`.

    Returns:
        Tokens and money, one of them `None`.

    Raises:
        UsageError: it is neither.
    """
    if text is None:
        return None, None
    plain = text.strip().lower().replace("_", "").replace(",", "")
    try:
        for ending in ("tokens", "token", "tok"):
            if plain.endswith(ending):
                number = plain.removesuffix(ending).strip()
                unit = {"k": 1000, "m": _MILLION}.get(number[-1:], 1)
                tokens = int(float(number.rstrip("km")) * unit)
                if tokens > 0:
                    return tokens, None
                raise ValueError
        money = float(plain)
        if money > 0:
            return None, money
    except ValueError:
        pass
    raise UsageError(
        f"--budget {text}: expected tokens such as 500000tokens or 2Mtokens, or money such as 3.50"
    )


def price_of(model: str, path: Path | None) -> Price | None:
    """The price of a model in a price table: the first entry whose name or pattern fits.

    Raises:
        InputError: the file is not a price table.
        UsageError: it has no price for the model.
    """
    if path is None:
        return None
    try:
        with path.open("rb") as stream:
            prices = msgspec.convert(tomllib.load(stream).get("price", []), list[Price])
    except FileNotFoundError:
        raise InputError("no such file", file=str(path), hint="--prices names your price table") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise InputError(f"cannot be read ({error})", file=str(path)) from None
    except msgspec.ValidationError as error:
        raise wrong_shape(error, file=str(path), hint="each [[price]] has model, input, output") from None
    for price in prices:
        if fnmatchcase(model, price.model):
            return price
    raise UsageError(
        f"{path} has no price for “{model}”; it has {', '.join(price.model for price in prices) or 'none'}"
    )
