"""A grammar for writing on: bars that stand already are read out to the writer, parts that stay are read out with them.

Notable: to the writer a rewritten bar is the next bar of a piece that it wrote itself, so what it writes fits what came
before; harmony that is to stay is given as `Brief.chords`.
"""

from __future__ import annotations

from collections.abc import Collection

from soundstage.score.language import TOKENS, Brief, Side, head, spell_bar, spell_part
from soundstage.score.sheet import Bar, Sheet
from soundstage.score.speller import Speller


class Rewriter:
    """Reads like a `Speller`; done when bar `until` is written.

    The first `known` bars of `sheet` are dictated; in those after them only `roles` are free, other parts of the
    sheet's roster are dictated too. The brief may have other instruments for the roles than the sheet has.
    """

    def __init__(
        self, brief: Brief, sheet: Sheet, *, known: int, until: int, roles: Collection[str], patience: int = 1000
    ) -> None:
        self.speller = Speller(brief, patience=patience)
        self.sheet, self.until, self.roles = sheet, until, frozenset(roles)
        self._dictated: list[int] = head(brief)
        for index in range(known):
            self._dictated += spell_bar(sheet, index, brief.places[index].left)
        self._dictated.reverse()
        self._closing = known > 0  # whether the part ends with what is dictated

    @property
    def bars(self) -> list[Bar]:
        """The bars so far."""
        return self.speller.bars

    @property
    def done(self) -> bool:
        """Whether all that was asked for is written."""
        return self.speller.done or len(self.speller.bars) >= self.until

    def allowed(self) -> list[int]:
        """The tokens that may come next; at least one."""
        if self._dictated:
            return [self._dictated[-1]]
        return [self.speller.next_part()] if self._closing else self.speller.allowed()

    def push(self, token: int) -> None:
        """Takes the next token, which must be one of `allowed`."""
        dictated = bool(self._dictated) and self._dictated.pop() == token
        self._closing = self._closing and dictated
        self.speller.push(token)
        if TOKENS[token][0] != "role" or dictated:
            return
        role, index = self.speller.roles[self.speller.role], len(self.speller.bars)
        if role not in self.roles and index < len(self.sheet.bars) and role in self.sheet.bars[index].parts:
            self._dictated, self._closing = list(spell_part(self.sheet, index, role))[::-1], True

    def side(self) -> Side:
        """The sides of the token read last."""
        return self.speller.side()

    def anchor(self) -> int | None:
        """The number of the bar that the last token opened, or None."""
        return self.speller.anchor()
