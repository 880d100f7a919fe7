"""The pairs of a graph as those of two encoders: their table S, its singular values, and the encoders that statements try."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from popgraph.basics.arrays import Floats
from popgraph.basics.subspace import tolerance
from popgraph.populations import BipartiteGraph
from popgraph.theory.assumptions import SIGMA_GAP, NotApplicable
from popgraph.theory.setting import Setting


@dataclass
class Encoders:
    """Hold a bipartite graph with its k leading singular triples, and draw the random encoders that statements try."""

    graph: BipartiteGraph
    k: int
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    @cached_property
    def C(self) -> Floats:
        """The probability of each pair (x, z), (N_x, N_z)."""
        return np.asarray(self.graph.w)

    @cached_property
    def S(self) -> Floats:
        """D_x^-1/2 C D_z^-1/2, (N_x, N_z)."""
        return self.C / np.outer(self.root_x, self.root_z)

    @property
    def root_x(self) -> Floats:
        """√w_x, (N_x,)."""
        return np.sqrt(self.graph.w_x)

    @property
    def root_z(self) -> Floats:
        """√w_z, (N_z,)."""
        return np.sqrt(self.graph.w_z)

    @cached_property
    def spectrum(self) -> Any:
        """The k leading singular triples of S."""
        return self.graph.spectrum(self.k)

    @cached_property
    def all_sigma(self) -> Floats:
        """Every singular value of S, largest first, by LAPACK."""
        return np.asarray(np.linalg.svd(self.S, compute_uv=False), dtype=np.float64)

    @property
    def sigma(self) -> Floats:
        """σ_1..σ_{k+1}, the last one 0 where there is none."""
        following = self.all_sigma[self.k] if self.k < len(self.all_sigma) else 0.0
        return np.append(self.spectrum.sigma[: self.k], following)

    @property
    def rounding(self) -> float:
        """How far rounding may move a number of order 1."""
        return 10 * tolerance(max(self.S.shape))

    def gap(self) -> float:
        """Return σ_k - σ_{k+1}; not applicable where the cut is degenerate."""
        gap = float(self.sigma[self.k - 1] - self.sigma[self.k])
        if gap <= 10 * self.rounding:
            raise NotApplicable(f"σ_{self.k} = σ_{self.k + 1}: the cut is degenerate", SIGMA_GAP)
        return gap

    @property
    def information(self) -> float:
        """I(x; z), in nats."""
        K = self.C / self.graph.w_x[:, np.newaxis] / self.graph.w_z
        return float(np.sum(self.C * np.log(np.where(self.C > 0, K, 1.0))))

    def loss(self, f: Floats, g: Floats) -> float:
        """Return L(f, g) = -2 E_C f(x)ᵀg(z) + E (f(x)ᵀg(z))², x and z independent."""
        scores = f @ g.T
        return float(-2.0 * np.sum(self.C * scores) + self.graph.w_x @ scores**2 @ self.graph.w_z)

    def random(self) -> tuple[Floats, Floats]:
        """Return Gaussian f (N_x, k) and g (N_z, k)."""
        N_x, N_z = self.S.shape
        return self.rng.standard_normal((N_x, self.k)), self.rng.standard_normal((N_z, self.k))

    @property
    def best(self) -> tuple[Floats, Floats]:
        """Encoders of least loss: D_x^-1/2 U √σ and D_z^-1/2 V √σ."""
        return self.spectrum.embedding_x[:, : self.k], self.spectrum.embedding_z[:, : self.k]


def encoders_of(s: Setting) -> Encoders:
    """Return the pairs of a graph as those of two encoders; not applicable above 300 views of a kind."""
    graph = s.two_encoders()
    if s.encoders is None:
        s.encoders = Encoders(graph, min(s.k, graph.N_x, graph.N_z))
    encoders: Encoders = s.encoders
    encoders.rng = s.rng  # each statement has draws of its own
    return encoders
