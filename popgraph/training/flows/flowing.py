"""`flow`: read a population, a start and a rule, and return where f is at each time."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from popgraph.basics.arguments import count, flag, generator, number, one_of, whole_number
from popgraph.basics.arguments.embeddings import check_scale, read_embedding
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.populations import read_population
from popgraph.basics.arguments.scalars import is_real
from popgraph.basics.arguments.tables import numbers
from popgraph.basics.arrays import Floats, frozen
from popgraph.basics.blas import one_thread
from popgraph.basics.memory import in_words, reserve
from popgraph.basics.protocols import ViewedPopulation
from popgraph.basics.words import shorten
from popgraph.declare import Seed
from popgraph.errors import InvalidArgument, InvalidEmbedding, TooLarge
from popgraph.populations import NoiseGraph
from popgraph.training.flows import spectral
from popgraph.training.flows.descending import crossings, descend, descend_on_samples, steps_of
from popgraph.training.flows.integrated import solve_aligned_barlow, solve_by_integration
from popgraph.training.flows.modes import Modes, eigenpairs_of, modes_of
from popgraph.training.flows.rules import RULES, Rule, State
from popgraph.training.flows.solution import Solution, amounts_of
from popgraph.training.flows.value import Flow

LATEST_TIME = 1e12  # beyond it every flow of float64 rests
START_SIZE = 0.1  # ||F_0||_F of a start that is drawn
MAX_PAIRS_A_STEP = 2**31
MOST_DECAY = 1e6
SHORTEST_LEARNING_RATE = 1e-12


@dataclass(frozen=True)
class Descent:
    """The learning rate, where the flow is to be followed in steps, how many pairs are sampled for each, and its bound."""

    step: float | None
    batch_size: int | None
    largest_stable_step: float = np.inf


@checked_call(
    momentum="averaging_time= is the time over which the target averages: a momentum of m in steps of h is h/(1 - m).",
    learning_rate="step= is the learning rate of descent; without it the flow is continuous.",
    loss='rule= is "spectral", "barlow", "byol" or "simsiam".',
    t="times=",
    decay="weight_decay=",
)
@in_words("the flow", "use fewer times, or fewer views")
@one_thread()
def flow(
    graph: ViewedPopulation,
    k: int,
    start: Any = None,
    times: Any = None,
    *,
    rule: str = "spectral",
    weight_decay: float = 0.0,
    stop_gradient: bool = True,
    averaging_time: float | None = None,
    predictor: Any = None,
    step: float | None = None,
    batch_size: int | None = None,
    rng: Seed = None,
) -> Flow:
    """Follow an embedding through time as gradient flow moves it, and say when each mode of Ā switches on.

    With F = √w_x f and X = FFᵀ the rules are, for "spectral", F' = 4ĀF - 4FFᵀF, gradient flow on the spectral contrastive loss,
    which has a closed form at any time; for "barlow", F' = 4ĀF(I - FᵀĀF), on ||FᵀĀF - I||² (linear Barlow Twins); for "byol" and
    "simsiam", a linear predictor P that is trained with F to map f(x) to f(x⁺), with or without a stopped gradient.

    Parameters
    ----------
    graph : PopulationGraph, or any other population with a list of views
        Of N views or n naturals, at most 4,096: all eigenpairs of Ā are computed. Eigenvalues may be negative, as those of a
        PairGraph.
    k : int
        The dimension of f, in 1..N.
    start : (N, k) array, number or None
        f at time 0. A number x_0 > 0 stands for the aligned start that holds so much of each of the k leading modes,
        F_0 = √x_0 V_k. None draws a small Gaussian table.
    times : (T,) array of float, optional
        Increasing, 0 or more. By default 101 of them, from 0 to twice the time when the last mode switches on.
    rule : str
        "spectral", "barlow", "byol" or "simsiam", which is "byol" with the target F itself.
    weight_decay : float
        λ of λ||F||² for "spectral" and "barlow", as in `train`; for "byol" the rate λ at which F and P decay.
    stop_gradient : bool
        Whether the target of "byol" is held fixed when the loss is differentiated.
    averaging_time : float, optional
        The target T of "byol" follows F by T' = (F - T)/averaging_time, an exponential average; T_0 = F_0.
    predictor : (k, k) array, optional
        P at time 0 for "byol"; by default (F_0ᵀF_0)^½, with which s = p in every aligned mode.
    step : float, optional
        Follow plain gradient descent with this learning rate in place of the flow; a step is so much time, and ``times`` are
        rounded to whole steps.
    batch_size : int, optional
        With ``step`` and "spectral": estimate each gradient from so many sampled positive pairs, at least 2.
    rng : None, int or numpy.random.Generator
        Draws the start, and the batches.

    Returns
    -------
    Flow
        The path of f, what it holds of each mode, and the loss at each time; when each mode switches on, where each may rest, and
        the limit.

    Raises
    ------
    InvalidArgument
        If k, a time, a rate or the rule is out of range, an argument does not belong to the rule, or the step is at or above
        the largest at which descent is stable.
    InvalidEmbedding
        If the start is not a finite (N, k) array.
    NotConverged
        If an integration takes too many steps to reach the last time.
    TooLarge
        If there are more than 4,096 views and naturals, or not the memory for f at all times.

    See Also
    --------
    train : Minimise a loss to the end.
    plot.flow : Draw what f holds of each eigenvector over time.

    Notes
    -----
    A part of the start below 1e-13 of the length of its column counts as rounding, and never switches on.

    References
    ----------
    THEORY 13; linear Barlow Twins: Simon et al. 2023 (2303.15438); BYOL: Tian et al. 2021 (2102.06810).

    Examples
    --------
    >>> import popgraph as pg
    >>> square = pg.zoo.hypercube(2, "1/8")  # γ = 1, .5625, .5625, .3164
    >>> flow = pg.flow(square, k=3, start=0.01)
    >>> flow.switch_on.round(4)  # ln(γ/x_0 - 1)/(8γ)
    array([0.5744, 0.8915, 0.8915])
    >>> bool(pg.verify(square, pg.flow(square, k=3, rng=0, times=[0, 100])))
    True
    >>> pg.flow(square, k=4, start=0.5, rule="byol", weight_decay=0.05).final_amounts.round(3)  # on iff γ > 2√λ
    array([0.897, 0.204, 0.204, 0.   ])
    """
    population: ViewedPopulation = read_population("flow(graph, k)", graph, ViewedPopulation)
    k = whole_number("k", k, population.N)
    name = one_of("rule", rule, RULES)
    flag("stop_gradient", stop_gradient)
    decay = number("weight_decay", weight_decay, "it must be a number from 0 to 1,000,000", below=MOST_DECAY, ends=True)
    averaging = None if averaging_time is None else number("averaging_time", averaging_time)
    _refuse_foreign(name, bool(stop_gradient), averaging, predictor)
    read_times = None if times is None else _read_times(times)
    descent = _read_descent(step, batch_size, name, population)
    source = generator(rng)
    if read_times is not None:
        reserve(
            f"f at {len(read_times):,} times, {population.N:,} views and k = {k:,}",
            32.0 * len(read_times) * population.N * k,
            "use fewer times",
        )
    values, vectors = eigenpairs_of(population)
    if len(values) < population.N and (descent.batch_size is not None or (is_real(start) and k > len(values))):
        what = (
            "batch_size="
            if descent.batch_size is not None
            else f"k above the number of positive eigenvalues, {len(values):,},"
        )
        raise TooLarge(
            f"{what} needs all eigenvectors, and there are {population.N:,} views: use 4,096 at most, or leave it out"
        )
    root = np.sqrt(population.w_x)[:, None]
    modes = modes_of(values, vectors, _read_start(population, start, k, vectors, source, root))
    kept = Rule(name, modes.gamma, decay, bool(stop_gradient), averaging)
    state = _state(kept, modes, predictor)
    # Of all modes: rounding and samples excite those that the start lacks
    most = replace(kept, gamma=values).largest_stable_step(k)
    if descent.step is None:
        read_times, solution = _continuous(kept, modes, state, read_times)
    else:
        _check_step(most, kept, descent.step)
        if read_times is None:
            read_times, _ = _continuous(kept, modes, state, None)
        read_times, steps = steps_of(read_times, descent.step)
        if descent.batch_size is None:
            solution = descend(kept, state, descent.step, steps)
        else:
            batch = (descent.batch_size, descent.step, source)
            tables = descend_on_samples(population, modes.vectors @ modes.start, decay, batch, steps)
            modes = _all_modes(values, vectors, modes)
            kept = replace(kept, gamma=modes.gamma)
            solution = _sampled(np.stack([modes.vectors.T @ table for table in tables]), descent, steps[-1])
        final = amounts_of(solution.F[-1])
        solution = replace(solution, final_amounts=final, switch_on=crossings(read_times, solution.F, final))
    return _flow(kept, modes, read_times, solution, replace(descent, largest_stable_step=most), root)


def _continuous(rule: Rule, modes: Modes, state: State, times: Floats | None) -> tuple[Floats, Solution]:
    """Return the times and the continuous flow."""
    if rule.name == "spectral":
        return spectral.solve(modes, rule.weight_decay, times)
    if rule.name == "barlow" and modes.aligned:
        return solve_aligned_barlow(rule, modes.start, times)
    return solve_by_integration(rule, state, times)


def _refuse_foreign(name: str, stop_gradient: bool, averaging: float | None, predictor: Any) -> None:
    """Raise InvalidArgument of arguments that do not belong to a rule."""
    if name in ("spectral", "barlow"):
        given = {"stop_gradient": not stop_gradient, "averaging_time": averaging, "predictor": predictor}
        if unused := [key for key, value in given.items() if value is not None and value is not False]:
            raise InvalidArgument(f'{unused[0]}= belongs to rule="byol", and rule is "{name}": leave it out')
    elif averaging is not None and (name == "simsiam" or not stop_gradient):
        why = (
            'rule="simsiam" has the target f itself'
            if name == "simsiam"
            else "an averaged target is not differentiated"
        )
        raise InvalidArgument(
            f'averaging_time is {averaging:g}; {why}: use rule="byol" with stop_gradient=True, or leave it out'
        )


def _read_times(times: Any) -> Floats:
    """Return increasing times of 0 or more."""
    read = np.array(numbers("times", times, "give increasing numbers, 0 or more"), dtype=np.float64)
    if read.ndim != 1 or not len(read):
        raise InvalidArgument(f"times has shape {read.shape}; give one or more increasing numbers, 0 or more")
    wrong = np.flatnonzero(~((read >= 0) & (read <= LATEST_TIME)))
    if len(wrong):
        raise InvalidArgument(
            f"times[{wrong[0]}] is {read[wrong[0]]:g}; a time must be 0 or more, and at most {LATEST_TIME:g}: .limit is "
            "f as t -> inf"
        )
    falling = np.flatnonzero(np.diff(read) <= 0)
    if len(falling):
        i = int(falling[0])
        raise InvalidArgument(f"times[{i + 1}] is {read[i + 1]:g}, after {read[i]:g}; times must increase: sort them")
    return read


def _read_descent(step: Any, batch_size: Any, name: str, population: ViewedPopulation) -> Descent:
    """Return the learning rate and the batch size, if they are given."""
    longer = f"it must be a positive number, above {SHORTEST_LEARNING_RATE:g}"
    read = None if step is None else number("step", step, longer, above=SHORTEST_LEARNING_RATE)
    if batch_size is None:
        return Descent(read, None)
    if read is None:
        raise InvalidArgument(
            f"batch_size is {shorten(batch_size)}, without step=; give the learning rate, as in step=0.01"
        )
    if name != "spectral" or isinstance(population, NoiseGraph):
        what = "negatives from a noise law" if name == "spectral" else f'rule="{name}"'
        raise InvalidArgument(f'batch_size= samples pairs for rule="spectral", and not for {what}: leave it out')
    why = "the batch loss spectral needs a whole number"
    return Descent(read, count("batch_size", batch_size, 2, MAX_PAIRS_A_STEP, why))


def _check_step(most: float, rule: Rule, step: float) -> None:
    """Refuse a learning rate at which descent leaves the resting point of the leading modes."""
    if step >= most:
        raise InvalidArgument(
            f"step is {step:g}; descent by rule {rule.name} is stable below {most:.6g} on this graph, which its resting point with "
            f"the mode γ = {rule.gamma.max(initial=0.0):.4g} sets: give a smaller one"
        )


def _read_start(
    population: ViewedPopulation, start: Any, k: int, vectors: Floats, source: np.random.Generator, root: Floats
) -> Floats:
    """Return F at time 0."""
    if start is None:
        return np.asarray(source.standard_normal((population.N, k)) * START_SIZE / np.sqrt(population.N * k))
    if is_real(start):
        amount = number("start", start, "as a number it is the amount of each leading mode, and must be positive")
        return check_scale("start", np.sqrt(amount) * vectors[:, :k], 1e-50, 1e50)
    f = read_embedding(population.views, start, "start")
    if f.shape[1] != k:
        raise InvalidEmbedding(f"start has shape {f.shape}; k = {k} needs ({population.N}, {k})")
    return np.asarray(check_scale("start", f, 1e-50, 1e50) * root)


def _state(rule: Rule, modes: Modes, predictor: Any) -> State:
    """Return F, P and the target at time 0."""
    F, k = modes.start, modes.k
    if not rule.predicts:
        return State(F)
    if predictor is None:
        _, s, Vt = np.linalg.svd(F, full_matrices=False)
        P = (Vt.T * s) @ Vt
    else:
        P = np.array(numbers("predictor", predictor, "give a (k, k) array of real numbers"), dtype=np.float64)
        if P.shape != (k, k):
            raise InvalidArgument(f"predictor has shape {P.shape}; k = {k} needs ({k}, {k})")
        if not (np.abs(P) <= 1e50).all():
            raise InvalidArgument("predictor is NaN, infinite or above 1e50 in an entry; give finite numbers")
    return State(F, P, None if rule.averaging_time is None else F)


def _all_modes(values: Floats, vectors: Floats, modes: Modes) -> Modes:
    """Return all modes, those of the start first among equals: sampled gradients excite every one."""
    rest = vectors - modes.vectors @ (modes.vectors.T @ vectors)
    kept = [modes.vectors]
    for value in np.unique(values):
        block = rest[:, values == value]
        U, s, _ = np.linalg.svd(block, full_matrices=False)
        kept.append(U[:, s > 0.5])
    basis = np.concatenate(kept, axis=1)
    own = np.concatenate([modes.gamma, np.repeat(np.unique(values), [part.shape[1] for part in kept[1:]])])
    order = np.argsort(-own, kind="stable")
    return Modes(frozen(own[order]), basis[:, order], basis[:, order].T @ (modes.vectors @ modes.start))


def _sampled(F: Floats, descent: Descent, steps: int) -> Solution:
    """Make the solution of descent on samples."""
    nan = np.full(F.shape[1], np.nan)
    how = f"{steps:,} steps of gradient descent with learning rate {descent.step:g}, each on {descent.batch_size:,} sampled pairs"
    return Solution(F, None, nan, nan, 0.0, False, how)


def _flow(rule: Rule, modes: Modes, times: Floats, solution: Solution, descent: Descent, root: Floats) -> Flow:
    """Make the value that `flow` returns."""
    F, k = solution.F, modes.k
    held = np.zeros((len(times), k))
    held[:, : min(k, F.shape[1])] = np.square(np.linalg.svd(F, compute_uv=False))
    parts: list[Any] = [solution.predictors, solution.targets]
    states = [State(each, *(None if part is None else part[i] for part in parts)) for i, each in enumerate(F)]
    return Flow(
        times=frozen(times),
        path=frozen(np.matmul(modes.vectors / root, F)),
        gamma=modes.gamma,
        vectors=frozen(modes.vectors),
        amounts=frozen(amounts_of(F)),
        held=frozen(held),
        loss=frozen(np.array([rule.loss(each) for each in states])),
        switch_on=frozen(solution.switch_on),
        fixed_points=frozen(rule.fixed_points),
        final_amounts=frozen(solution.final_amounts),
        limit=None if solution.limit is None else frozen(modes.vectors / root @ solution.limit),
        largest_stable_step=descent.largest_stable_step,
        error=solution.error,
        exact=solution.exact,
        rule=rule.name,
        how=solution.how,
        weight_decay=rule.weight_decay,
        step=descent.step,
        predictors=None if solution.predictors is None else frozen(solution.predictors),
    )
