"""A statement of the theory: how one is declared, and how its two sides are judged."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from popgraph.basics.arrays import Floats
from popgraph.populations import BipartiteGraph
from popgraph.theory.assumptions import ONE_KIND, NotApplicable, Skipped, Vacuous
from popgraph.theory.setting import Setting
from popgraph.theory.value import Check, Verdict


@dataclass(frozen=True)
class Sides:
    """Hold the two sides of a statement, the difference that counts as rounding, and a remark on the sides.

    The difference that counts as rounding is `tolerance`, or else `scale` times that of a number of order 1. `trivial` says why the
    statement could not fail on this graph, `vacuous` why it says nothing there; both are empty where it could, and does. The
    general rules of `Verdict` need no word of a statement.
    """

    left: float
    right: float
    scale: float = 1.0
    note: str = ""
    tolerance: float | None = None
    trivial: str = ""
    vacuous: str = ""


def nearest(slack: Floats, rounding: float) -> int:
    """Return the first place of the least slack; what differs from it by rounding is as small."""
    least = np.flatnonzero(slack <= np.min(slack) + rounding)
    return int(least[0] if len(least) else np.argmin(slack))  # a NaN is what np.argmin finds


@dataclass(frozen=True)
class Statement:
    """Hold what a statement says and assumes, its source and section of the theory, and the function that computes its sides.

    `of_probability` says that the left side is a probability, which lies in [0, 1], and `nonnegative` that it is never below 0.
    """

    name: str
    statement: str
    latex: str
    source: str
    relation: str
    sides: Callable[[Setting], Sides]
    section: str = ""
    assumptions: tuple[str, ...] = ()
    why: str = ""
    of_probability: bool = False
    nonnegative: bool = False

    @property
    def about_two_encoders(self) -> bool:
        """Whether it is about encoders f(x) and g(z) of two kinds of views."""
        return self.sides.__module__.endswith(".two_encoders")

    def __call__(self, setting: Setting) -> Check:
        """Return the check of this statement."""
        try:
            if isinstance(setting.graph, BipartiteGraph) and not self.about_two_encoders:
                raise NotApplicable(
                    "it is about one encoder; theory.check(graph.side_x) is about f, .side_z about g", ONE_KIND
                )
            sides = self.sides(setting)
        except NotApplicable as reason:
            return self._check(Verdict.NOT_APPLICABLE, str(reason), unmet=reason.assumption)
        except Vacuous as reason:
            return self._check(Verdict.VACUOUS, str(reason))
        except Skipped as reason:
            return self._check(Verdict.SKIPPED, str(reason))
        allowed = setting.rounding * sides.scale if sides.tolerance is None else sides.tolerance
        verdict, reason_of_verdict = self._judge(sides, allowed)
        remark = "; ".join(filter(None, [reason_of_verdict, sides.note]))
        return self._check(verdict, remark, sides, None if self.relation == "<~" else allowed)

    def _judge(self, sides: Sides, allowed: float) -> tuple[Verdict, str]:
        """Return the verdict on two sides, and its reason where it is neither "holds" nor "fails"."""
        difference = abs(sides.left - sides.right) if self.relation == "=" else sides.left - sides.right
        if self.relation != "<~" and not difference <= allowed:  # NaN fails every comparison
            return Verdict.FAILS, ""
        if vacuous := sides.vacuous or self._nothing_said(sides):
            return Verdict.VACUOUS, vacuous
        if trivial := sides.trivial or self._nothing_risked(sides, allowed):
            return Verdict.TRIVIAL, trivial
        return (Verdict.RATIO if self.relation == "<~" else Verdict.HOLDS), ""

    def _nothing_said(self, sides: Sides) -> str:
        """Return why a bound says nothing, whatever its left side is; empty if it says something."""
        if self.relation == "=":
            return ""
        if self.of_probability and self.relation == "<=" and sides.right >= 1:
            return "the bound is 1 or more, and no probability is above 1"
        return "the bound is infinite" if np.isposinf(sides.right) else ""

    def _nothing_risked(self, sides: Sides, allowed: float) -> str:
        """Return why a bound could not fail; empty if it could."""
        if self.relation == "=":
            return ""
        if abs(sides.left) <= allowed and abs(sides.right) <= allowed:
            return "both sides are 0"
        if (self.nonnegative or self.of_probability) and sides.left <= allowed:
            return "the left side is 0, the least that it can be"
        return ""

    def _check(
        self, verdict: Verdict, reason: str, sides: Sides | None = None, tolerance: float | None = None, unmet: str = ""
    ) -> Check:
        left, right = (None, None) if sides is None else (sides.left, sides.right)
        return Check(
            self.name,
            self.statement,
            self.latex,
            self.source,
            self.relation,
            left,
            right,
            tolerance,
            verdict,
            reason,
            section=self.section,
            # That there is one encoder is said only where there are two
            assumptions=(ONE_KIND, *self.assumptions) if unmet == ONE_KIND else self.assumptions,
            why=self.why,
            unmet=unmet,
        )


STATEMENTS: list[Statement] = []


def states(
    name: str,
    statement: str,
    latex: str,
    source: str,
    relation: str = "=",
    *,
    section: str = "",
    assumptions: tuple[str, ...] = (),
    why: str = "",
    of_probability: bool = False,
    nonnegative: bool = False,
) -> Callable[..., Any]:
    """Decorate a function that returns the sides of a statement: the statement is added to STATEMENTS.

    `section` is that of docs/theory.md, as "5.3"; `assumptions` are sentences without a full stop, those of this file where they
    fit; `why` is the idea of the proof in a line.
    """

    def declare(sides: Callable[[Setting], Sides]) -> Callable[[Setting], Sides]:
        declared = (name, statement, latex, source, relation, sides)
        STATEMENTS.append(Statement(*declared, section, assumptions, why, of_probability, nonnegative))
        return sides

    return declare
