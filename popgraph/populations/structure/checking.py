"""`verify` on a product: exactly where f is a sum of few products of eigenfunctions, else by sampled pairs."""

from dataclasses import dataclass, replace
from itertools import chain, islice, product
from typing import Any

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arguments import called, generator, whole_number
from popgraph.basics.arrays import Floats, frozen
from popgraph.basics.progress import Progress, check_progress
from popgraph.basics.subspace import EPS
from popgraph.declare.distribution import Seed
from popgraph.errors import InvalidArgument, InvalidEmbedding, shorten
from popgraph.populations.structure.factors import Factors
from popgraph.populations.structure.low_degree import LowDegree
from popgraph.populations.structure.spectrum import ProductSpectrum, solve
from popgraph.spectrum import Certificate, SolverUse, Spectrum
from popgraph.spectrum.product.levels import Index
from popgraph.verification.match import Match
from popgraph.verification.moments import Estimate, draw_moments
from popgraph.verification.reasons import family_in_words
from popgraph.verification.sampled import SampledMatch, read_sampling, verify_sampled
from popgraph.verification.verifying import judge, read_angle

LARGEST_FACTOR = 800  # views of a factor whose whole eigenbasis is used; up to here all eigenvalues are solved for
MOST_COEFFICIENTS = 500_000  # of f in the eigenfunctions of the product
FORMS = (
    "a product has no table f: give a LowDegree, a ProductTraining, or a callable that takes an (m, d) array of positions and "
    "returns (m, k)"
)
SAMPLED_ATOL = 0.1  # radians, as of `verify_sampled`


@dataclass(frozen=True, eq=False)
class _Seen:
    """Stand for the product as the B eigenfunctions see it that f or F* is made of: coordinates in which Ā is diagonal."""

    gamma: Floats  # (B,), largest first
    side: int
    residual: float

    is_exact = False

    @property
    def N(self) -> int:
        """The number of eigenfunctions."""
        return len(self.gamma)

    @property
    def factor(self) -> Any:
        """M, whose Ā = MᵀM is diag(γ)."""
        return sp.diags_array(np.sqrt(self.gamma)).tocsr()

    def exact(self) -> Any:
        """Say that there is no rational form: γ are floats."""
        raise InvalidArgument("a product is not held exactly")

    def spectrum(self, k: int) -> Spectrum:
        """Return the first k coordinates."""
        after = float(self.gamma[k]) if k < self.N else 0.0  # these are all eigenfunctions, or those of 0 are left out
        gap = float(self.gamma[k - 1]) - after
        spread = np.sqrt(k) * self.residual + self.side * EPS
        angle = float(np.arcsin(min(1.0, spread / gap))) if gap > 8 * self.side * EPS else np.pi / 2
        return Spectrum(
            gamma=frozen(self.gamma[:k].copy()),
            eigenvectors=frozen(np.eye(self.N, k)),
            w_x=frozen(np.ones(self.N)),
            residuals=frozen(np.full(k, self.residual)),
            gamma_known=self.gamma,
            floor=0.0,
            components=int(np.sum(self.gamma == 1)),
            certificate=Certificate(self.residual, 0.0, after, after, "best-first search", angle),
            solvers=(SolverUse("product", 1, (self.N, self.N), "coordinates in which Ā is diagonal"),),
            side=self.side,
        )


def verify(
    factors: Factors,
    f: Any,
    k: Any = None,
    *,
    atol: float | None = None,
    spectrum: Any = None,
    pairs: int = 100_000,
    confidence: float = 0.95,
    longest: float | None = None,
    rng: Seed = None,
    progress: Progress = None,
) -> Match | SampledMatch:
    """Check f against F*: a `Match` where f is known as a function, a `SampledMatch` where it can only be evaluated."""
    pairs, confidence, longest = read_sampling(
        pairs, confidence, longest
    )  # refused also where an exact answer needs none
    source = generator(rng)
    check_progress(progress)
    f = f.__low_degree__() if hasattr(f, "__low_degree__") and not isinstance(f, type) else f
    if isinstance(f, LowDegree) and not f.factors.same(factors):
        raise InvalidEmbedding(
            f"{f!r} is a function of another product; make it with this one's features or LowDegree.of"
        )
    if not callable(f) or isinstance(f, type):
        raise InvalidEmbedding(f"f is {shorten(f)}; {FORMS}")
    wide = f.k if isinstance(f, LowDegree) else _width(factors, f)
    k = wide if k is None else whole_number("k", k, wide, "the number of f's columns")
    most = factors.product_of([graph.N for graph in factors.kinds])
    if k > most:
        raise InvalidArgument(f"k is {k}, and there are only {most} views; use k <= {most}")
    if spectrum is not None and (
        not isinstance(spectrum, ProductSpectrum) or not spectrum.factors.same(factors) or spectrum.k < k
    ):
        raise InvalidArgument(
            f"spectrum is {shorten(spectrum)}, which does not serve: k = {k} pairs of this product are needed"
        )
    solved = solve(factors, k) if spectrum is None else spectrum.leading(k)
    if isinstance(f, LowDegree) and (seen := _coefficients(factors, f)) is not None:
        return _exactly(factors, f, solved, *seen, read_angle(atol))
    gamma = np.append(solved.gamma, solved.certificate.remainder)

    def draw(size: int, generator: np.random.Generator) -> Any:
        return factors.sample(size, True, generator)

    atol = SAMPLED_ATOL if atol is None else atol
    return verify_sampled(
        draw,
        f,
        k,
        pairs=pairs,
        gamma=gamma,
        confidence=confidence,
        atol=atol,
        longest=longest,
        rng=source,
        progress=progress,
    )


def estimate_loss(
    factors: Factors,
    f: Any,
    pairs: int,
    confidence: float,
    rng: Seed,
    progress: Progress,
    *,
    longest: float | None = None,
) -> Estimate:
    """Return the spectral contrastive loss: an exact sum, of width 0, for a LowDegree; else with its interval."""
    pairs, confidence, longest = read_sampling(pairs, confidence, longest)
    source = generator(rng)
    check_progress(progress)
    f = f.__low_degree__() if hasattr(f, "__low_degree__") and not isinstance(f, type) else f
    if isinstance(f, LowDegree):
        if not f.factors.same(factors):
            raise InvalidEmbedding(f"{f!r} is a function of another product")
        return Estimate(f.loss(), 0.0)
    if not callable(f) or isinstance(f, type):
        raise InvalidEmbedding(f"f is {shorten(f)}; {FORMS}")
    return draw_moments(
        lambda size, draws: factors.sample(size, True, draws),
        f,
        pairs,
        confidence,
        source,
        progress,
        longest=longest,
    ).loss()


def _width(factors: Factors, f: Any) -> int:
    """Return the number of columns of a callable f, asked about one view."""
    value = called(f, np.zeros((1, factors.d), dtype=np.intp), "f")
    shape = tuple(getattr(value, "shape", np.shape(value)))
    if len(shape) != 2 or shape[0] != 1 or shape[1] < 1:
        raise InvalidEmbedding(f"f of a batch of 1 view has shape {shape}; it must be (1, k)")
    return int(shape[1])


def _coefficients(factors: Factors, f: LowDegree) -> tuple[list[Index], Floats] | None:
    """Return the eigenfunctions that f is made of, and its coefficients (B, d), or None where they are too many."""
    used = [kind for kind, table in enumerate(f.terms.tables) if table.shape[1] > 1]
    if any(factors.kinds[kind].N > LARGEST_FACTOR for kind in used):
        return None
    columns: dict[int, list[list[tuple[int, float]]]] = {}
    for kind in used:
        graph = factors.kinds[kind]
        held = factors.gram(kind, factors.functions(kind, graph.N), f.terms.tables[kind])[0]
        size = np.sqrt(np.sum(held**2, axis=0))
        columns[kind] = [
            [(int(i), float(held[i, c])) for i in np.flatnonzero(np.abs(held[:, c]) > EPS * size[c])]
            for c in range(held.shape[1])
        ]
    kinds = factors.kind_of.tolist()
    parts, total = [], 0
    for coordinates, at in zip(f.terms.coordinate.tolist(), f.terms.column.tolist(), strict=True):
        part = [
            [((j, number), value) for number, value in columns[kinds[j]][c]]
            for j, c in zip(coordinates, at, strict=True)
            if c
        ]
        size_of = 1
        for choices in part:
            size_of *= len(choices)
        total += size_of
        if total > MOST_COEFFICIENTS:
            return None
        parts.append(part)
    row_of: dict[Index, int] = {}
    rows, terms, values = [], [], []
    for term, part in enumerate(parts):
        for chosen in product(*part):
            index = tuple(sorted(pair for pair, _ in chosen if pair[1]))
            value = 1.0
            for _, factor in chosen:
                value *= factor
            rows.append(row_of.setdefault(index, len(row_of)))
            terms.append(term)
            values.append(value)
    made = sp.csr_array((values, (rows, terms)), shape=(len(row_of), len(parts)))
    return list(row_of), np.asarray(made @ f.weights)


def _exactly(
    factors: Factors, f: LowDegree, solved: ProductSpectrum, indices: list[Index], held: Floats, atol: float
) -> Match:
    """Judge f by its coefficients, beside the k + 2 leading eigenfunctions and one of the eigenvalue after γ_k.

    With these every gap that the judge asks for, after k and after k + 1, is that of the whole product.
    """
    k, through = solved.k, 0
    for level in solved.levels:
        through += level.multiplicity
        if through >= k:
            break
    whole = solved if through == k else solve(factors, through)
    search = whole.search
    lead = list(islice(chain.from_iterable(search.members(level) for level in whole.levels), k + 2))
    beyond, below = [], 0
    for level in whole.levels:
        if below >= through:
            beyond = list(islice(search.members(level), 1))
            break
        below += level.multiplicity
    order = list(dict.fromkeys([*lead, *beyond, *indices]))
    known = {key: level.gamma for level in whole.levels for key in level.keys}
    gamma = np.array([known.get(search.key_of(index)) or search.gamma_of(index) for index in order])
    rank = np.argsort(-gamma, kind="stable")  # those of `lead` stay first among equals
    position = {order[i]: row for row, i in enumerate(rank.tolist())}
    F = np.zeros((len(order), f.k))
    F[[position[index] for index in indices]] = held
    error = max(level.error for level in whole.levels)
    side = max(16, int(np.ceil(error / (8 * EPS))))
    seen = _Seen(frozen(gamma[rank]), side, solved.certificate.residual)
    root = np.zeros(len(order))
    root[position[()]] = 1.0
    match = judge(seen, F, F, root, k, atol, seen.spectrum(k), f.loss())
    if not match.family:
        return replace(match, clean_cuts=solved.clean_cuts)
    above = sum(level.multiplicity for level in whole.levels if level.gamma > solved.last)
    return replace(match, family=family_in_words(above, k, through), clean_cuts=whole.clean_cuts)
