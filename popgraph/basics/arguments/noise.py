"""Noise laws: where a loss draws its negatives from, in place of w_x [THEORY 14.4].

| taken | read as |
|---|---|
| a number a >= 0, "3/4" | q ∝ w_x^a: 1 is w_x itself, 0 the uniform law, 0.75 that of word2vec |
| mapping view -> probability, Series | by name, every view or none left out |
| (N,) array, list or tensor | the probability of each view, in their order |
| (N, N) array | of each first view a law of its own, a row; for critics |

| refused | because |
|---|---|
| negative numbers, NaN, infinity, sums that are not 1 | it is no law |
| names that are no views, and views without a probability | one was meant, or forgotten; 0 may be given |
"""

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from popgraph.basics.arguments.containers import index_of, is_frame, is_vector, refuse_other_names
from popgraph.basics.arguments.probabilities import SUM_TOLERANCE, parse_probability, read_weights
from popgraph.basics.arguments.scalars import by_value, is_real, number
from popgraph.basics.arguments.tables import numbers, shape_of
from popgraph.basics.arrays import Floats, Immutable, frozen
from popgraph.basics.words import listing, shorten
from popgraph.errors import InvalidArgument, InvalidDistribution

NEED = "give a power of w_x such as 0.75, an (N,) law over the views, or a mapping view -> probability"


@dataclass(frozen=True, eq=False, repr=False)
class Noise(Immutable):
    """Hold a noise law as it was given: a power of w_x, probabilities in the order of the views, or by their names."""

    power: float | None = None
    law: Floats | None = None  # (N,), or (N, N) with a row for each first view
    named: Mapping[Hashable, float] | None = None

    def _key(self) -> Any:
        law = None if self.law is None else (self.law.shape, self.law.tobytes())
        return self.power, law, None if self.named is None else frozenset(self.named.items())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Noise) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        if self.power is not None:
            return f"w_x^{self.power:g}"
        return f"a law over {len(self.named or ()) if self.law is None else self.law.shape[-1]:,} views"

    @property
    def of_pairs(self) -> bool:
        """Whether each first view has a noise law of its own."""
        return self.law is not None and self.law.ndim == 2

    def at(self, views: Collection[Hashable]) -> "Noise":
        """Return the same law by position, in the order of these views; refuse names that are not theirs."""
        if self.named is None:
            return self
        refuse_other_names("noise", list(self.named), views, "view")
        by_key = {by_value(name): p for name, p in self.named.items()}
        return Noise(law=frozen(np.array([by_key[by_value(view)] for view in views])))

    def of(self, w_x: Any) -> Any:
        """Return the law, (N,) or (N, N), of views with these probabilities: an array, or a tensor where w_x is one."""
        if self.named is not None:
            raise InvalidArgument(
                "noise is given by the names of views, which a loss of arrays does not know; give "
                "popgraph.losses.noise_law(graph, noise), the law in the order of graph.views"
            )
        if self.law is None:
            raised = w_x ** (self.power or 0.0)
            return raised / raised.sum()
        if self.law.shape[-1] != len(w_x):
            raise InvalidArgument(
                f"noise is a law over {self.law.shape[-1]} views, and there are {len(w_x)}; give one probability for each"
            )
        return self.law if isinstance(w_x, np.ndarray) else w_x.new_tensor(self.law.tolist())


def read_noise(noise: Any) -> Noise | None:
    """Return a noise law, None for None; raise InvalidArgument of what is none."""
    if noise is None or isinstance(noise, Noise):
        return noise
    noise = _plain(noise)
    if is_real(noise):
        power = number("noise", noise, "a power of w_x is a finite number of 0 or more", below=1e300, ends=True)
        return Noise(power=power)
    if isinstance(noise, str | bytes | type | bool | np.bool_) or is_frame(noise) or callable(noise):
        raise InvalidArgument(f"noise is {shorten(noise)}; {NEED}")
    names = index_of(noise) if is_vector(noise) else None
    if isinstance(noise, Mapping) or (
        names is not None and names != list(range(len(names)))
    ):  # an index may only count
        try:
            weights = {name: float(p) for name, p in read_weights(noise).items()}
        except InvalidDistribution as error:
            raise InvalidArgument(f"noise is no law: {error}") from None
        _check_sum(np.array(list(weights.values())))
        return Noise(named=weights)
    law = numbers("noise", noise, NEED)
    if law.ndim not in (1, 2) or not law.size or (law.ndim == 2 and law.shape[0] != law.shape[1]):
        raise InvalidArgument(f"noise has shape {law.shape}; {NEED}")
    if (bad := np.flatnonzero(law.ravel() < 0)).size:
        where = np.unravel_index(bad[0], law.shape)
        raise InvalidArgument(
            f"noise[{listing([str(int(i)) for i in where])}] is {law[where]:.6g}; probabilities must not be negative"
        )
    _check_sum(law)
    return Noise(law=frozen(np.array(law, dtype=np.float64)))


def _plain(noise: Any) -> Any:
    """Return words and Decimals as numbers, alone or in a list, and the number in an array without dimensions."""
    try:
        if isinstance(noise, str | Decimal) or shape_of(noise) == ():
            return parse_probability(noise)
        if isinstance(noise, list | tuple) and any(isinstance(each, str | Decimal) for each in noise):
            return [float(parse_probability(each)) for each in noise]
    except InvalidDistribution:
        pass  # it is refused below, as what it is
    return noise


def _check_sum(law: Floats) -> None:
    """Refuse a law, or the rows of a table, whose sum is not 1."""
    sums = np.atleast_1d(law.sum(axis=-1))
    if (wrong := np.flatnonzero(~(np.abs(sums - 1.0) <= SUM_TOLERANCE))).size:
        row = "" if law.ndim == 1 else f" in row {int(wrong[0])}"
        raise InvalidArgument(
            f"the probabilities of noise sum to {sums[wrong[0]]:.12g}{row}, not 1; divide them by their sum"
        )


def noise_law(noise: Any, views: Collection[Hashable], w_x: Floats) -> Floats:
    """Return q (N,), every view's noise probability, in the order of the views."""
    given = read_noise(noise)
    if given is None:
        raise InvalidArgument(f"noise is None; {NEED}")
    q = np.asarray(given.at(views).of(w_x))
    if q.ndim == 2:
        raise InvalidArgument(
            f"noise is a table of shape {q.shape}, a law for each first view; one law over the views is needed"
        )
    return frozen(np.array(q))
