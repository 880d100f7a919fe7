"""`optimum`: what the minimiser of the spectral loss is, mode by mode, under a weight decay, below a linear head, over features."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from popgraph.basics.arguments import whole_number
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.penalties import read_head, read_weight_decay
from popgraph.basics.arguments.populations import read_population
from popgraph.basics.arrays import Floats, Immutable, frozen
from popgraph.basics.protocols import Population, ViewedPopulation
from popgraph.basics.subspace import tolerance
from popgraph.basics.words import printable, shorten
from popgraph.errors import InvalidArgument
from popgraph.populations import check_dimension, read_features
from popgraph.spectrum import ModesUnderDecay, modes_under_decay

MODES_SHOWN = 10  # in the table of a printed optimum


@dataclass(frozen=True, eq=False, repr=False)
class Optimum(Immutable):
    """Hold the minimiser F = √w_x f of the spectral loss and its penalty, mode by mode.

    Attributes
    ----------
    graph : str
    k : int
    weight_decay : float
        λ.
    head : int or None
        The width of the layer below a linear head.
    gamma : (k,) array
        γ_i; of features θ_i with (Ψᵀ w Ψ - λ/2) u = θ Ψᵀ D Ψ u, from which the decay has been taken already.
    sizes : (k,) array
        s_i, the singular values of F, 0 where a mode is off. The eigenvalues of FᵀF are s_i².
    thresholds : (k,) array
        The decay from which on the i-th mode is off: 2γ_i; (2γ_i/3)^(3/2) with a head; of features twice the i-th eigenvalue of
        Ψᵀ w Ψ.
    on : (k,) array of bool
    at_threshold : (k,) array of bool
        Where λ is a threshold to rounding. With a head a mode is then as good on, at s_i = √(2γ_i/3), as off.
    value : float
        The least L(f) + penalty. Add ||Ā||² = Σγ_i² over all N for that of ||Ā - FFᵀ||² + penalty.
    degenerate_cut : bool
        Whether γ_k = γ_{k+1} are on, so that it is free which of their eigenvectors F has.

    See Also
    --------
    optimum : Make one.
    popgraph.train : Reach it.

    Examples
    --------
    >>> import popgraph as pg
    >>> cube = pg.zoo.hypercube(2)
    >>> optimum = pg.theory.optimum(cube, 2, weight_decay=0.1, head="linear")
    >>> optimum.on, optimum.sizes, optimum.below_head
    (array([ True, False]), array([0.974, 0.   ]), array([0.9869, 0.    ]))
    """

    graph: str
    k: int
    weight_decay: float
    head: int | None
    gamma: Floats
    sizes: Floats
    thresholds: Floats
    on: Any
    at_threshold: Any
    value: float
    degenerate_cut: bool

    @property
    def rank(self) -> int:
        """How many modes are on: the rank of F."""
        return int(np.count_nonzero(self.on))

    @property
    def below_head(self) -> Floats | None:
        """σ(H) = √σ(F), (k,): the singular values of the layer below the head, where there is one."""
        return None if self.head is None else frozen(np.sqrt(self.sizes))

    @property
    def note(self) -> str:
        """What is degenerate, or that nothing is on, in a sentence; "" otherwise."""
        if not self.on.any() and self.weight_decay and not self.at_threshold.any():
            return f"weight decay {self.weight_decay:g} switches every mode off: the optimum is f = 0"
        notes = []
        if self.at_threshold.any():
            where = ", ".join(str(i + 1) for i in np.flatnonzero(self.at_threshold))
            either = "as good on as off, so that the optimum is not unique" if self.head else "about to be switched off"
            notes.append(f"weight decay {self.weight_decay:g} is at the threshold of mode {where}, which is {either}")
        if self.degenerate_cut:
            notes.append(
                f"γ_{self.k} = γ_{self.k + 1}: the cut is degenerate, and which of their eigenvectors are on is free"
            )
        return "; ".join(notes)

    def to_dict(self) -> dict[str, Any]:
        """Return all fields by name, with rank, below_head and note, ready for JSON.

        Examples
        --------
        >>> import popgraph as pg
        >>> pg.theory.optimum(pg.zoo.lightning_cloud(), 2, weight_decay=0.5).to_dict()["rank"]
        2
        """
        fields = ("graph", "k", "weight_decay", "head", "gamma", "sizes", "thresholds", "on", "at_threshold", "value")
        names = (*fields, "degenerate_cut", "rank", "below_head", "note")
        return {name: value.tolist() if hasattr(value := getattr(self, name), "tolist") else value for name in names}

    def __repr__(self) -> str:
        head = "" if self.head is None else f", linear head of width {self.head}"
        return (
            f"Optimum({printable(self.graph)}, k={self.k}, weight decay {self.weight_decay:g}{head}: {self.rank} of {self.k} modes "
            f"on, least loss {self.value:.6g})"
        )

    def __str__(self) -> str:
        rows = ["  mode      gamma          s  off from λ"]
        for i in range(min(self.k, MODES_SHOWN)):
            state = "on" if self.on[i] else "off"
            rows.append(f"  {i + 1:<5} {self.gamma[i]:9.6f}  {self.sizes[i]:9.6f}  {self.thresholds[i]:9.6f}  {state}")
        if self.k > MODES_SHOWN:
            rows.append(
                f"  ... and {self.k - MODES_SHOWN:,} more, of which {int(self.on[MODES_SHOWN:].sum()):,} are on"
            )
        return "\n".join([repr(self), *rows, *([f"  {self.note}"] if self.note else [])])


@checked_call()
def optimum(
    graph: Population, k: int, *, weight_decay: float = 0.0, head: str | int | None = None, features: Any = None
) -> Optimum:
    """Return what the minimiser of the spectral loss with its penalty is on each mode, in closed form: which are on, how strongly.

    With F = √w_x f, L(f) + λ||F||² of a table has s_i² = (γ_i - λ/2)_+. Below a linear head F = HWᵀ with λ(||H||² + ||W||²), mode i
    is on iff λ < (2γ_i/3)^(3/2), where s_i, the largest root of s³ - γs + λ/2, is √(2γ_i/3) or more: it is switched by a jump. The
    layer below the head has σ(H) = √σ(F). Over f = ΨW with λ||W||² (ridge) s_i² = (θ_i)_+.

    Parameters
    ----------
    graph : PopulationGraph, or any other population
        N views.
    k : int
        In 1..N, and at most d for features.
    weight_decay : float
        λ, 0 or more.
    head : "linear" or int, optional
        A linear head on a layer of width k, or of so many columns, k or more; a wider one changes nothing.
    features : (N, d) array, mapping view -> vector, callable view -> vector or DataFrame, optional
        Ψ, with independent columns, without a head.

    Returns
    -------
    Optimum
        The sizes s_i of the modes, which of them are on, and the least loss.

    Raises
    ------
    InvalidArgument
        If k is out of range, the decay is negative, the head narrower than k, or a head is asked for above features.
    InvalidEmbedding
        If the features are not a finite (N, d) array.

    See Also
    --------
    minimum : Its value.
    popgraph.train : Reach it.
    popgraph.verify : Check an f against it.

    References
    ----------
    THEORY 14.1 and 14.2; the layer below the head: Xue et al. 2024 (2403.11391). Ridge: the loss of F = √w_x ΨW is the spectral
    loss of Ψᵀ w Ψ - λ/2 in coordinates in which Ψᵀ D Ψ is 1. By Sylvester's law θ_i > 0 iff the i-th eigenvalue of Ψᵀ w Ψ is
    above λ/2.

    Examples
    --------
    >>> import popgraph as pg
    >>> print(pg.theory.optimum(pg.zoo.hypercube(2), 3, weight_decay=0.3))
    Optimum(2-cube, k=3, weight decay 0.3: 3 of 3 modes on, least loss -0.7425)
      mode      gamma          s  off from λ
      1      1.000000   0.921954   2.000000  on
      2      0.250000   0.316228   0.500000  on
      3      0.250000   0.316228   0.500000  on
    """
    population = read_population("optimum(graph, k)", graph)
    decay = read_weight_decay(weight_decay)
    if features is not None:
        if head is not None:
            raise InvalidArgument(
                f"head is {shorten(head)}, and no closed form is known above features; leave one of them out"
            )
        viewed = read_population("optimum(graph, k, features=)", graph, ViewedPopulation)
        return _of_features(viewed, whole_number("k", k, viewed.N), decay, features)
    k = whole_number("k", k, population.N)
    width = read_head(head, k)
    modes, clean = modes_of(population, k, decay, width is not None)
    return _optimum(population, k, modes, width, bool(modes.on[-1]) and not clean)


def modes_of(population: Population, k: int, weight_decay: float, head: bool) -> tuple[ModesUnderDecay, bool]:
    """Return the k leading modes of a population under a decay, and whether the cut after them is clean."""
    spectrum = population.spectrum(k)
    rounding = float(getattr(spectrum, "tolerance", tolerance(min(population.N, 10_000))))
    gamma = np.asarray(spectrum.gamma[:k], dtype=np.float64)
    return modes_under_decay(gamma, weight_decay, head, rounding), k == population.N or k in spectrum.clean_cuts


def _optimum(population: Population, k: int, modes: ModesUnderDecay, width: int | None, degenerate: bool) -> Optimum:
    """Return the value of a population's modes."""
    return Optimum(
        population.name or "graph",
        k,
        modes.weight_decay,
        width,
        modes.gamma,
        modes.sizes,
        modes.thresholds,
        modes.on,
        modes.at_threshold,
        modes.value,
        degenerate,
    )


def _of_features(population: ViewedPopulation, k: int, weight_decay: float, features: Any) -> Optimum:
    """Return the optimum over f = ΨW with a decay of W."""
    feature_class = read_features(population.views, population.w_x, features)
    check_dimension(k, feature_class)
    Q, T, d = feature_class.basis, feature_class.T, feature_class.d
    S = Q.T @ population.gram(Q)
    theta = np.linalg.eigvalsh((S + S.T) / 2 - 0.5 * weight_decay * (T.T @ T))[::-1]
    scaled = feature_class.features * np.sqrt(population.w_x)[:, np.newaxis]
    of_w = np.linalg.eigvalsh(scaled.T @ population.gram(scaled))[::-1]
    # Both problems have the same signs (Sylvester), and this one has the smaller rounding errors where λ is large
    rounding = tolerance(max(population.N, d)) * max(float(of_w[0]), 0.0)
    thresholds = 2.0 * np.maximum(of_w[:k], 0.0)
    on = of_w[:k] > max(0.5 * weight_decay, rounding)
    left = np.where(on, np.maximum(theta[:k], 0.0), 0.0)
    return Optimum(
        population.name or "graph",
        k,
        weight_decay,
        None,
        frozen(theta[:k].copy()),
        frozen(np.sqrt(left)),
        frozen(thresholds),
        frozen(on),
        frozen((thresholds > 0) & (np.abs(weight_decay - thresholds) <= 2.0 * rounding) & (weight_decay > 0)),
        0.0 - float(np.sum(left**2)),
        bool(on[-1]) and k < d and bool(theta[k - 1] - theta[k] <= tolerance(max(population.N, d))),
    )
