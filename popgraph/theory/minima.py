"""The known minima of the losses. They live apart from the losses, as training must not see them."""

from typing import Any

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arguments import flag, whole_number
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.penalties import read_head, read_weight_decay
from popgraph.basics.arguments.populations import read_population
from popgraph.basics.arrays import Floats
from popgraph.basics.protocols import Population, ViewedPopulation
from popgraph.basics.words import shorten
from popgraph.errors import InvalidArgument
from popgraph.losses import (
    BarlowTwins,
    CentredLoss,
    IdealisedVICReg,
    InfoNCE,
    NTLogistic,
    OrderedLoss,
    SpectralLoss,
    UnsquaredLoss,
    pair_table,
    read_loss,
)
from popgraph.populations import BipartiteGraph
from popgraph.theory.noise_minima import critic_minimum_with_noise, draws_from_noise, on_noise
from popgraph.theory.nonnegative import nonnegative_minimum
from popgraph.theory.optima import modes_of


@checked_call()
def minimum(
    loss: Any,
    graph: Population | BipartiteGraph,
    k: int,
    *,
    weight_decay: float = 0.0,
    head: str | int | None = None,
    nonnegative: bool = False,
) -> float:
    """Return the least value of a loss over all embeddings f into R^k, in closed form from the spectrum of Ā.

    ==========================================  ================================================================================
    Loss                                        Minimum
    ==========================================  ================================================================================
    spectral                                    -Σ_{i<=k} γ_i²; with noise= q the same of D_q^-1/2 w D_q^-1/2
    ordered                                     -(1/k) Σ_{i<=k} (k - i + 1) γ_i²
    centred                                     -½ Σ_{i=2..k+1} γ_i²
    idealised VICReg                            Σ_{i<=k} 2(1-γ_i) s_i + λ (1 - s_i)², s_i = max(0, 1 - (1-γ_i)/λ)
    Barlow Twins, weight 1, ε = 0               Σ_{i=2..k+1} min(1, μ/γ_i)², Σ max(0, γ_i - μ)/γ_i² = k (μ = 0 if a γ_i is 0)
    unsquared                                   -∞
    spectral + ``λ||F||²``                      -Σ_{i<=k} (γ_i - λ/2)_+²
    spectral + ``λ(||H||² + ||W||²)``, F = HWᵀ  Σ s_i⁴ - 2γ_i s_i² + 2λ s_i over the modes with λ < (2γ_i/3)^(3/2), see `optimum`
    ==========================================  ================================================================================

    Add ||Ā||² = Σγ_i² over all N to these of the spectral loss for those of ||Ā - FFᵀ||².

    Where pairs are given directly γ may be negative, and counts as 0 everywhere but in idealised VICReg, and in Barlow Twins where
    all of γ_2, ... are negative: one encoder reaches no negative eigenvalue [THEORY 11].

    Parameters
    ----------
    loss : a loss of `popgraph.losses`, or its name
        One of the table.
    graph : PopulationGraph, or any other population; or a BipartiteGraph
        N views. Of two kinds of views the minimum is over f and g: spectral -Σ_{i<=k} σ_i², ordered likewise with σ_i for γ_i.
    k : int
        In 1..N, or at most the smaller of N_x and N_z.
    weight_decay : float
        λ, 0 or more, of the spectral loss and one encoder.
    head : "linear" or int, optional
        A linear head F = HWᵀ on a layer of width k, or of so many columns.
    nonnegative : bool
        Over f >= 0: known where an optimum over all f can be turned so, as at k = 1, at k <= the number of components, at k >= n
        without a decay, and where FFᵀ >= 0 has rank 2 at most in each component.

    Returns
    -------
    float
        L, with its penalty.

    Raises
    ------
    InvalidArgument
        If no closed form is known, as of VICReg and of Barlow Twins at other weights; InfoNCE and NT-logistic have one over
        critics (`critic_minimum`), and at a rank k none.

    See Also
    --------
    popgraph.train : Reach it.
    optimum : The minimiser, mode by mode.
    critic_minimum : The least value over critics.

    References
    ----------
    [H21] Lemma 3.2; THEORY 4. Barlow Twins: with F = VA on eigenvectors V it is ||I - AᵀΓA||², which depends on T = AAᵀ alone,
    and T may be any matrix of trace k: a rotation of A gives FᵀF a unit diagonal (Schur and Horn). Parts of A along negative γ only
    use up trace: they raise no eigenvalue of AᵀΓA.

    Examples
    --------
    >>> import popgraph as pg
    >>> from popgraph.theory import minimum
    >>> graph = pg.zoo.lightning_cloud()
    >>> minimum(pg.losses.spectral, graph, k=2), minimum(pg.losses.ordered, graph, k=2)
    (-2.0, -1.5)
    >>> minimum("spectral", pg.zoo.image_text(), k=3)  # -1 - 3/4 - 3/4
    -2.5
    >>> minimum("spectral", graph, k=2, weight_decay=0.5)  # -(1 - 1/4)² twice
    -1.125
    """
    decay, over_nonnegative = read_weight_decay(weight_decay), flag("nonnegative", nonnegative)
    penalties = {"weight_decay": decay or None, "head": head, "nonnegative": over_nonnegative or None}
    if isinstance(graph, BipartiteGraph):
        _refuse_penalties(penalties, "two encoders")
        return _minimum_of_two(read_loss(loss, "any"), graph, k)
    population = read_population("minimum(loss, graph, k)", graph, place="second")
    loss = read_loss(loss, "any")
    k = whole_number("k", k, population.N)
    width = read_head(head, k)
    if over_nonnegative and width is not None:
        raise InvalidArgument(
            "nonnegative is True with a head, above which no sign of f is kept; leave one of them out"
        )
    if draws_from_noise(loss):
        loss, population = on_noise(loss, population)
    if any(value is not None for value in penalties.values()):
        if not isinstance(loss, SpectralLoss):
            _refuse_penalties(penalties, shorten(loss))
        modes, _ = modes_of(population, k, decay, width is not None)
        return nonnegative_minimum(population, k, modes) if over_nonnegative else modes.value
    return minimum_of(loss, population.spectrum(min(int(k) + 1, population.N)).gamma, int(k), population.N)


def _refuse_penalties(penalties: dict[str, Any], where: str) -> None:
    """Raise InvalidArgument if any penalty was given: of this no minimum with it is known."""
    for name, value in penalties.items():
        if value is not None:
            raise InvalidArgument(
                f"{name} is {shorten(value)}, with which no minimum is known of {where}; leave it out, or take the spectral loss "
                "of one encoder"
            )


def _minimum_of_two(loss: Any, graph: BipartiteGraph, k: int) -> float:
    """Return the least value of a loss over all f and g into R^k, in closed form from the singular values of S."""
    k = whole_number("k", k, min(graph.N_x, graph.N_z), "the smaller number of views")
    if draws_from_noise(loss):
        raise InvalidArgument(
            f"{shorten(loss)} has a noise law, of which no minimum is known for two encoders; leave out noise="
        )
    match loss:
        case SpectralLoss():
            return -float(np.sum(graph.spectrum(k).sigma ** 2))
        case OrderedLoss():  # the mean over j of the spectral loss of the first j columns, all of which one (f, g) minimises
            return -float(np.arange(k, 0, -1) @ graph.spectrum(k).sigma ** 2) / k
        case UnsquaredLoss():
            return -np.inf
    raise _unknown(loss)


def minimum_of(loss: Any, gamma: Floats, k: int, N: int) -> float:
    """Return the least value of a loss from γ_1..γ_{k+1}, where missing ones are 0; InvalidArgument if no formula is known."""
    signed = np.concatenate([gamma[: k + 1], np.zeros(max(0, k + 1 - len(gamma)))])
    gamma = np.maximum(signed, 0.0)
    leading, nontrivial = gamma[:k], gamma[1:]
    match loss:
        case SpectralLoss():
            return -float(np.sum(leading**2))
        case OrderedLoss():
            return -float(np.arange(k, 0, -1) @ leading**2) / k
        case CentredLoss():
            return 0.0 - 0.5 * float(np.sum(nontrivial**2))
        case IdealisedVICReg():
            leading = signed[:k]
            s = np.maximum(0.0, 1.0 - (1.0 - leading) / loss.weight)
            return float(np.sum(2.0 * (1.0 - leading) * s + loss.weight * (1.0 - s) ** 2))
        case BarlowTwins(weight=1.0, epsilon=0.0):
            # C = AᵀΓA is C = diag(c) after a rotation, and the loss Σ(1 - c_i)². With A₊ and A₋ the parts of A along positive and
            # negative γ, A₊ᵀΓ₊A₊ = C + A₋ᵀ|Γ₋|A₋ >= C: for given c >= 0 a part A₋ costs trace and lets A₊ have no less. But it can
            # use up trace that is left over, as γ = 0 does. Where there are negative γ alone, all of the trace must go to them.
            nontrivial = (signed[1:] if (signed[1:N] < 0).all() else nontrivial)[: N - 1]
            return float(np.sum((1.0 - nontrivial * _water_filled(nontrivial, k)) ** 2)) + k - len(nontrivial)
        case UnsquaredLoss():
            return -np.inf
    raise _unknown(loss)


def _unknown(loss: Any) -> InvalidArgument:
    """Return the refusal of a loss whose minimum has no known closed form."""
    of_critics = isinstance(loss, InfoNCE | NTLogistic)
    advice = (
        "theory.critic_minimum gives its minimum over critics" if of_critics else "train it, and compare numerically"
    )
    return InvalidArgument(f"no closed form is known for the minimum of {shorten(loss)} over embeddings; {advice}")


def _water_filled(gamma: Floats, total: int) -> Floats:
    """Return the t >= 0 of this sum with the least Σ (1 - γ_i t_i)², for γ in falling order; a γ_i = 0 takes what is left over.

    The γ are all at least 0, or all negative.
    """
    # With a multiplier μ of Σt, a positive t_i has γ_i (1 - γ_i t_i) = μ, so that t_i = (γ_i - μ)/γ_i². These are the m largest γ,
    # and the sum gives μ = (Σ 1/γ_i - total) / Σ 1/γ_i² over them; the right m is the largest with μ below the least of these γ.
    positive, t = gamma[gamma != 0], np.zeros(len(gamma))
    for m in range(len(positive), 0, -1):
        inverse = 1.0 / positive[:m]
        mu = float((inverse.sum() - total) / (inverse**2).sum())
        if len(positive) < len(gamma):
            mu = max(0.0, mu)
        if mu < positive[m - 1]:
            t[:m] = inverse * (1.0 - mu * inverse)
            break
    return t


@checked_call()
def mutual_information(graph: ViewedPopulation | BipartiteGraph) -> float:
    """Return I(x; x⁺) = Σ w_xx' log(w_xx' / (w_x w_x')) of a positive pair, in nats; I(x; z) of two kinds of views.

    Parameters
    ----------
    graph : PopulationGraph, another population that lists its views, or BipartiteGraph
        Whose pairs are meant.

    Returns
    -------
    float
        In nats, 0 or more.

    Raises
    ------
    TooLarge
        If w does not fit as a sparse matrix; of a population without a listed kernel, above 8,192 views.

    See Also
    --------
    critic_minimum : Minus this, of InfoNCE.

    Examples
    --------
    >>> import popgraph as pg
    >>> from popgraph.theory import mutual_information
    >>> mutual_information(pg.zoo.lightning_cloud())  # log 2: which image it is
    0.6931
    """
    if isinstance(graph, BipartiteGraph):
        return _information(graph.pairs, graph.w_x, graph.w_z)
    population = read_population("mutual_information(graph)", graph, ViewedPopulation)
    sparse = getattr(population, "weight_matrix", None)
    w = pair_table(population) if sparse is None else sparse("csr")
    return _information(w, population.w_x, population.w_x)


def _information(w: Any, w_x: Floats, w_z: Floats) -> float:
    """Return Σ w log(w / (w_x w_z)) of the positive entries of w."""
    entries = sp.coo_array(w)
    (x, z), pairs = entries.coords, entries.data
    # Divided by one after the other, as the product w_x w_z of two rare views underflows; where w itself does, its term is 0.
    return float(np.sum(pairs * np.log(np.where(pairs > 0, pairs / w_x[x] / w_z[z], 1.0))))


@checked_call()
def critic_minimum(loss: Any, graph: ViewedPopulation | BipartiteGraph) -> float:
    """Return the least value of InfoNCE or NT-logistic over all critics s(x, x'): its value at s = log K (- log m).

    InfoNCE with infinitely many negatives: -I(x; x⁺); with noise= q minus the divergence of w_xx' from
    w_x q_x'. Where w_xx' = 0 the best score is -∞, and the value the limit.

    Parameters
    ----------
    loss : InfoNCE or NTLogistic, or the name of one that is ready, such as "infonce"
        With its noise law, if it has one.
    graph : PopulationGraph, another population that lists its views, or BipartiteGraph
        At most 8,192 views.

    Returns
    -------
    float
        In nats.

    Raises
    ------
    InvalidArgument
        If the loss is none of a critic.
    TooLarge
        Above 8,192 views.

    See Also
    --------
    popgraph.train_critic : Reach it.
    minimum : The least value over embeddings.
    mutual_information : Minus that of InfoNCE.

    References
    ----------
    [J22]; THEORY 4.

    Examples
    --------
    >>> import popgraph as pg
    >>> from popgraph.theory import critic_minimum
    >>> critic_minimum(pg.losses.infonce, pg.zoo.lightning_cloud())
    -0.6931
    """
    if isinstance(graph, BipartiteGraph):
        loss = read_loss(loss, "critic")
        w, first, second = graph.w, graph.w_x, graph.w_z
    else:
        population = read_population("critic_minimum(loss, graph)", graph, ViewedPopulation, "second")
        loss = read_loss(loss, "critic")
        w, first, second = pair_table(population), population.w_x, population.w_x
    if draws_from_noise(loss):
        return critic_minimum_with_noise(loss, w, graph, first, second)
    K = w / first[:, np.newaxis] / second  # not by the product, which underflows for two rare views
    match loss:
        case InfoNCE(negatives=None):
            return -mutual_information(graph)
        case InfoNCE():
            with np.errstate(divide="ignore"):
                s = np.log(K)
            lowest = s[np.isfinite(s)].min() - 800.0  # e^-800 is 0 in float64: as good as -∞, and no NaN
            return float(loss._critic_value(w, second, np.maximum(s, lowest)))
        case NTLogistic():
            m, is_pair = loss.negatives, K > 0
            attraction = np.sum(w[is_pair] * np.log1p(m / K[is_pair]))
            return float(attraction + m * np.sum(np.outer(first, second) * np.log1p(K / m)))
    raise InvalidArgument(
        f"loss is {shorten(loss)}, not one of a critic; theory.minimum gives those of losses of embeddings"
    )
