"""How often the intervals of `verify_sampled` hold the exact value, on populations with views that few samples show.

Run `python tests/benchmarks/interval_coverage.py [--repetitions 300] [--pairs 500 3000 20000] [--only rare]`. For each population
and number of pairs it prints the share of repetitions in which each interval held what all of w gives, the least one where there
are many (an interval that is not there holds nothing), and the shares of wrong verdicts: REFUTED what is so, CERTIFIED what is not.
Where the longest f is not known, intervals say "if f is nowhere longer than the longest drawn": a repetition in which it is longer
is none in which they fail, and the last column is the share of the others. Verdicts have no such condition.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.linalg
import scipy.sparse as sp

import popgraph as pg

ROUNDING = 1e-9
ATOL = 0.3  # radians
SPAN_ROUNDING = 1e-6  # radians; below it f spans F*
PAIRS = (500, 3_000, 20_000, 100_000)
INTERVALS = ("loss", "theta", "deficit", "angle", "excess", "P", "G", "stationarity")
WRONG = ("refuted", "certified", "min refuted", "min certified")


@dataclass(frozen=True)
class Case:
    """A population, an embedding f of all its views, k, and what the caller may know: all views, the longest |f|, or neither."""

    graph: Any
    f: Any
    k: int
    given: str = "all views"

    @cached_property
    def gamma(self) -> Any:
        """The k + 1 leading eigenvalues."""
        known = self.graph.spectrum(min(self.k + 1, self.graph.N)).gamma
        return np.append(known, np.zeros(self.k + 1 - len(known)))

    @cached_property
    def truth(self) -> dict[str, Any]:
        """What each interval should hold, from all of w."""
        F = np.sqrt(self.graph.w_x)[:, np.newaxis] * np.asarray(self.f, dtype=float)
        P, G = (self.graph.factor @ F).T @ (self.graph.factor @ F), F.T @ F
        Q = scipy.linalg.qr(F, mode="economic", pivoting=True)[0][:, : np.linalg.matrix_rank(F, tol=1e-12)]
        theta = np.linalg.eigvalsh((self.graph.factor @ Q).T @ (self.graph.factor @ Q))[::-1][: self.k]
        loss = -2 * np.trace(P) + np.sum(G**2)
        angles = scipy.linalg.subspace_angles(self.graph.spectrum(self.k).eigenvectors, Q)
        return {
            "P": P,
            "G": G,
            "loss": loss,
            "theta": theta,
            "deficit": self.gamma[: self.k].sum() - theta.sum(),
            "angle": angles.max() if Q.shape[1] >= self.k else np.pi / 2,
            "excess": loss + np.sum(self.gamma[: self.k] ** 2),
            "stationarity": P - G @ G,
        }

    @cached_property
    def longest(self) -> float:
        """The largest |f(x)| over all views."""
        return float(np.linalg.norm(np.asarray(self.f, dtype=float), axis=1).max())

    def verify(self, pairs: int, seed: int) -> Any:
        """Ask `verify_sampled` what the pairs tell."""
        gamma = self.gamma - 0  # a copy: it is read-only
        if self.given == "all views":
            return pg.verify_sampled(self.graph, self.f, self.k, gamma=gamma, pairs=pairs, atol=ATOL, rng=seed)
        table = np.asarray(self.f)
        known = {"longest": self.longest} if self.given == "longest" else {}
        return pg.verify_sampled(
            rows_of(self.graph), lambda at: table[at], self.k, gamma=gamma, pairs=pairs, atol=ATOL, rng=seed, **known
        )


def rows_of(graph: Any) -> Callable[..., Any]:
    """A sampler of positions: who is given it sees no list of views."""

    def draw(size: int, rng: np.random.Generator) -> Any:
        at = graph.sample_pairs(size, rng=rng)
        return at[:, 0], at[:, 1]

    return draw


def flips(q: float) -> Any:
    """Of two views: stay with probability 1 - q. Its eigenvalues are 1 and (1 - 2q)²."""
    return np.array([[1 - q, q], [q, 1 - q]])


def rare_groups(*shares: float, leak: float = 0.0) -> Any:
    """A square of four views, γ = 1, 1/4, 1/4, 1/16, and beside it groups of two views with γ = 1, 0.64 and these probabilities.

    A leak is the probability with which a view of a group is augmented to one of the square, which joins the components.
    """
    parts = [np.kron(flips(0.25), flips(0.25)), *[flips(0.1)] * len(shares)]
    p = [np.full(4, (1 - sum(shares)) / 4), *[np.full(2, share / 2) for share in shares]]
    A = scipy.linalg.block_diag(*parts)
    A[4:] *= 1 - leak
    A[4:, 0] += leak
    return pg.build(np.concatenate(p), sp.csr_array(A))


def skewed_product(share: float, bits: int = 3) -> Any:
    """Independent bits that are 1 with this probability and flip with 1/10: eigenfunctions are long where many are 1."""
    p, A = np.ones(1), np.ones((1, 1))
    for _ in range(bits):
        p, A = np.kron(p, [1 - share, share]), np.kron(A, [[1 - share / 10, share / 10], [0.1, 0.9]])
    return pg.build(p, A)


def heavy_tailed(count: int = 400) -> Any:
    """Views of probability 1/j², each with a neighbour; and f of 1 and j^0.7, whose fourth moment lies in few rare views."""
    j = np.arange(1, count + 1)
    A = sp.csr_array(0.8 * np.eye(count) + 0.2 * np.roll(np.eye(count), 1, axis=1))
    graph = pg.build(1 / j**2, A, normalize=True)
    return graph, np.column_stack([np.ones(count), j**0.7])


def star(graph: Any, k: int) -> Any:
    """F* as a function of views, D^-1/2 F* diag(√γ): it minimises the loss."""
    return graph.spectrum(k).embedding


def wrong_on_rare_views(graph: Any, k: int, share: float) -> Any:
    """F*, but on views of this probability or less its columns are shuffled and lengthened."""
    f = np.array(star(graph, k))
    rare = graph.w_x <= share
    f[rare] = 3 * f[rare][:, ::-1] + np.random.default_rng(0).standard_normal(f[rare].shape) / np.sqrt(share)
    return f


def make_cases() -> dict[str, Case]:
    """Make the table's rows."""
    cube, clusters = pg.zoo.hypercube(3), pg.zoo.clusters(count=3)
    rng = np.random.default_rng(0)
    cases = {
        "hypercube(3)": Case(cube, star(cube, 4), 4),
        "hypercube(3), random f": Case(cube, rng.normal(size=(8, 2)), 2),
    }
    for share in (1e-2, 1e-3, 3e-4, 1e-4):
        graph = rare_groups(share)
        cases[f"rare group {share:g}"] = Case(graph, star(graph, 3), 3)
    one, leaky = rare_groups(1e-3), rare_groups(1e-3, leak=0.02)
    two, skewed = rare_groups(1e-2, 1e-3), skewed_product(3e-2)
    apart = pg.build(np.array([0.5, 0.5]), flips(2.5e-4))
    tailed, powers = heavy_tailed()
    return cases | {
        "rare group 1e-3 that leaks": Case(leaky, star(leaky, 3), 3),
        "rare group 1e-2 that leaks": Case(graph := rare_groups(1e-2, leak=0.02), star(graph, 3), 3),
        "rare group 1e-3, k = 2": Case(one, star(one, 2), 2),
        "rare groups 1e-2 and 1e-3": Case(two, star(two, 5), 5),
        "skewed product": Case(skewed, star(skewed, 4), 4),
        "halves that meet in 1 of 1000 pairs": Case(apart, star(apart, 2), 2),
        "heavy-tailed f": Case(tailed, powers, 2),
        "wide f, rare group 1e-3": Case(one, star(one, 6) @ rng.normal(size=(6, 6)), 3),
        "wide f, clusters": Case(clusters, star(clusters, 6), 3),
        "float32 f, rare group 1e-3": Case(one, np.asarray(star(one, 3), dtype=np.float32), 3),
        "f B with cond(B) 1e8, rare group 1e-3": Case(
            one, star(one, 3) @ np.diag([1, 1e-8, 1]) @ rng.normal(size=(3, 3)), 3
        ),
        "collapsed f, rare group 1e-3": Case(one, np.ones((6, 2)), 2),
        "f wrong on views of 1e-2": Case(graph := rare_groups(1e-2), wrong_on_rare_views(graph, 3, 0.01), 3),
        "f wrong on views of 1e-3": Case(one, wrong_on_rare_views(one, 3, 1e-3), 3),
        "callable, longest given, hypercube(3)": Case(cube, star(cube, 4), 4, "longest"),
        "callable, longest given, rare group 1e-2": Case(graph := rare_groups(1e-2), star(graph, 3), 3, "longest"),
        "callable, longest given, rare group 1e-3": Case(one, star(one, 3), 3, "longest"),
        "callable, longest given, 1e-3 that leaks": Case(leaky, star(leaky, 3), 3, "longest"),
        "callable, longest given, wrong on 1e-3": Case(one, wrong_on_rare_views(one, 3, 1e-3), 3, "longest"),
        "callable, none given, hypercube(3)": Case(cube, star(cube, 4), 4, "nothing"),
        "callable, none given, rare group 1e-3": Case(one, star(one, 3), 3, "nothing"),
        "callable, none given, 1e-3 that leaks": Case(leaky, star(leaky, 3), 3, "nothing"),
        "callable, none given, wrong on 1e-3": Case(one, wrong_on_rare_views(one, 3, 1e-3), 3, "nothing"),
        "callable, none given, heavy-tailed f": Case(tailed, powers, 2, "nothing"),
    }


def holds(interval: Any, truth: Any, rounding: float = ROUNDING) -> Any:
    """Whether an interval, or each of many as rows or an `Estimate`, holds the truth."""
    if interval is None:
        return np.zeros(np.shape(truth), bool)
    if hasattr(interval, "error"):
        slack = rounding * np.maximum(1.0, np.abs(truth).max())
        return np.abs(np.asarray(interval.value) - truth) <= interval.error + slack
    interval = np.asarray(interval)
    if interval.ndim == 1:
        return interval[0] - rounding <= truth <= interval[1] + rounding
    held = np.zeros(len(truth), bool)  # a Ritz value without an interval is not held
    count = min(len(truth), len(interval))
    held[:count] = (interval[:count, 0] - rounding <= truth[:count]) & (truth[:count] <= interval[:count, 1] + rounding)
    return held


def measure(case: Case, pairs: int, repetitions: int, seed: int = 0) -> dict[str, float]:
    """Return the coverage of each interval, the least of many, and the shares of wrong verdicts."""
    truth, held = case.truth, {name: [] for name in INTERVALS}
    wrong = dict.fromkeys(WRONG, 0)
    minimises = abs(truth["excess"]) <= ROUNDING * max(1.0, abs(truth["loss"]))
    said = 0
    for repetition in range(repetitions):
        sampled = case.verify(pairs, seed + repetition)
        as_said = sampled.longest_known or sampled.longest >= (1 - ROUNDING) * case.longest
        said += as_said
        for name, interval in (
            ("loss", sampled.loss),
            ("theta", sampled.theta_interval),
            ("deficit", sampled.deficit_interval),
            ("excess", sampled.excess_interval),
            ("P", sampled.P),
            ("G", sampled.G),
            ("stationarity", sampled.stationarity),
        ):
            each = holds(interval, truth[name])
            held[name].append((each.all() if name == "stationarity" else each) | (not as_said))
        held["angle"].append(holds(sampled.angle_interval, truth["angle"], SPAN_ROUNDING) | (not as_said))
        wrong["refuted"] += sampled.status.name == "REFUTED" and truth["angle"] <= ATOL
        wrong["certified"] += sampled.status.name == "CERTIFIED" and truth["angle"] > ATOL
        if sampled.minimiser is not None:
            wrong["min refuted"] += sampled.minimiser.name == "REFUTED" and minimises
            wrong["min certified"] += sampled.minimiser.name == "CERTIFIED" and not minimises and truth["angle"] > ATOL
    if len(case.f[0]) > case.k:
        del held["excess"]
    if len(truth["theta"]) < case.k:
        del held["deficit"], held["angle"]
    coverage = {name: float(np.mean(values, axis=0).min()) for name, values in held.items()}
    return coverage | {name: count / repetitions for name, count in wrong.items()} | {"as said": said / repetitions}


def main(arguments: list[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=300)
    parser.add_argument("--pairs", type=int, nargs="+", default=list(PAIRS))
    parser.add_argument("--only", default="", help="populations whose name contains this")
    chosen = parser.parse_args(arguments)
    verdicts = (*WRONG, "as said")
    print(
        f"{'population':<42}{'pairs':>8}",
        *(f"{name[:8]:>8}" for name in INTERVALS),
        *(f"{name:>13}" for name in verdicts),
    )
    least = 1.0
    for name, case in make_cases().items():
        if chosen.only not in name:
            continue
        for pairs in chosen.pairs:
            row = measure(case, pairs, chosen.repetitions)
            shares = [row.get(interval) for interval in INTERVALS]
            least = min(least, *(share for share in shares if share is not None))
            written = ("       -" if share is None else f"{share:>8.3f}" for share in shares)
            print(f"{name:<42}{pairs:>8,}", *written, *(f"{row[verdict]:>13.3f}" for verdict in verdicts), flush=True)
    print(f"the least coverage is {least:.3f}")


if __name__ == "__main__":
    main()
