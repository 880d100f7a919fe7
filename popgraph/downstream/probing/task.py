"""`Task`: views' features and naturals' classes as arrays, and the error of a linear head on them. Knows no outcomes.

Here the class g_B(x) of a view, the vote of a natural's views and the error are defined once, for every head.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arrays import Floats, Immutable, Ints, Sparse, frozen, frozen_csr
from popgraph.basics.subspace import EPS, tolerance
from popgraph.downstream.labelling import class_mass
from popgraph.downstream.votes import VOTE_TIE, first_largest, sum_by_class
from popgraph.errors import TooLarge

DIRECTION_DECIMALS = 9  # decimals to which the unit directions of two views must agree to count as one
MAX_SHARES = 2**25  # entries of Pr[direction | x̄] that are read off products with a kernel that is not listed: 256 MiB


@dataclass(frozen=True, eq=False)
class Directions(Immutable):
    """Hold the distinct directions of the rows of X, on which alone g_B depends, as argmax ignores positive multiples."""

    unit: Floats  # (C, rank): the directions as unit vectors, in coordinates in which the columns are uncorrelated
    of_view: Ints  # (N,): the number of each view's direction, -1 where its row of X is 0
    inwards: Floats  # (d, rank): a head b on `unit` is the head inwards @ b on X
    outwards: Floats  # (rank, d): a head B on X is the head outwards @ B on `unit`


@dataclass(frozen=True, eq=False)
class Task(Immutable):
    """Hold features of the views and classes of the naturals; p and w_x are conditional on a labelled natural."""

    X: Floats  # (N, d)
    w_x: Floats  # (N,): 0 for a view that no labelled natural has
    p: Floats  # (n,): 0 for an unlabelled natural
    A: Any  # (n, N): the kernel
    y: Ints  # (n,): in 0..r-1, or -1 for an unlabelled natural
    r: int
    # A bound in radians on the angle between the span of √w_x X, with w_x of all naturals, and the true one: 0 for an f that was
    # given, the bound of the certificate for a computed F*.
    angle: float = 0.0
    w_x_of_all: Floats | None = None  # (N,): w_x of all naturals, where some are unlabelled; otherwise None

    @cached_property
    def labelled(self) -> Ints:
        """The positions of the labelled naturals."""
        return np.flatnonzero(self.y >= 0)

    @cached_property
    def joint(self) -> Floats:
        """Pr[x, y = i], (N, r)."""
        return frozen(class_mass(self.p, self.A, self.y, self.r))

    @cached_property
    def T(self) -> Floats:
        """√w_x Pr[y = i|x], (N, r), 0 for a view of no labelled natural."""
        root = np.sqrt(self.w_x)[:, np.newaxis]
        return frozen(np.divide(self.joint, root, out=np.zeros_like(self.joint), where=root > 0))

    @cached_property
    def whitening(self) -> Floats:
        """The (d, rank) matrix W for which the features XW are uncorrelated and have mean square 1 under w_x."""
        # Columns are scaled to length 1 first, so that diag(1, 1e-20) has rank two. With unlabelled naturals the features are first
        # made uncorrelated over all views. Then directions in which the labelled views do not differ are left out alike for f and
        # for every fQ, and of all heads that agree on the labelled views, a head on XW is the smallest on all views.
        return self._whitening[0]

    @cached_property
    def _whitening(self) -> tuple[Floats, float]:
        """The whitening, and the factor by which `angle` counts more for a head that is fitted to some of the views only."""
        if self.w_x_of_all is None:
            return frozen(_inverse_factor(self.X * np.sqrt(self.w_x)[:, np.newaxis])[0]), 1.0
        over_all_views = _inverse_factor(self.X * np.sqrt(self.w_x_of_all)[:, np.newaxis])[0]
        F = (self.X @ over_all_views) * np.sqrt(self.w_x)[:, np.newaxis]
        # An angle t moves the rows √w_x f(x), with w_x of all views, by at most t, and those of F, whose weights are the law of the
        # labelled views, by at most `weight_ratio` t. A singular value below that may be one of a direction that does not exist.
        # A fit divides by the singular values that are left, so it moves by at most weight_ratio t over the least of them.
        weight_ratio = float(np.sqrt((self.w_x / self.w_x_of_all).max()))
        _, sigma, Vt = np.linalg.svd(F, full_matrices=False)
        certain = sigma > max(tolerance(F.shape[1]) * sigma.max(initial=0.0), weight_ratio * self.angle)
        sigma, Vt = sigma[certain], Vt[certain]
        whitening = frozen(over_all_views @ (Vt / sigma[:, np.newaxis]).T)
        return whitening, 1.0 + weight_ratio / float(sigma.min(initial=np.inf))

    @cached_property
    def size(self) -> Floats:
        """The largest entry of each column, (d,), 1 for a column of zeros: the unit in which a column is measured."""
        largest = np.abs(self.X).max(axis=0, initial=0.0)
        return frozen(np.where(largest > 0, largest, 1.0))

    def scores(self, B: Floats) -> tuple[Floats, Floats]:
        """Return XB (N, r), and how far rounding can move each view's scores, (N,)."""
        # A column of B is known to eps of its length, so an entry of 1e-17 beside one of 1 may stand for 0. Where F* is known
        # to an angle t only, the function x -> √w_x (XB)_xi moves in the 2-norm by at most t times its own norm for a given B,
        # and for the least-squares B, which projects T_i = √w_x Pr[y = i|x] on the span, by at most t ||T_i|| (the projectors
        # on two subspaces t apart differ by sin t). A head fitted to some of the views moves further on the others, by the
        # condition of that fit.
        lengths = np.linalg.norm(self.X / self.size, axis=1)
        scores = self.X @ B
        tie = rounding(lengths, B * self.size[:, np.newaxis])
        if self.angle:
            root = np.sqrt(self.w_x if self.w_x_of_all is None else self.w_x_of_all)
            change = self._whitening[1] * max(
                np.linalg.norm(root[:, np.newaxis] * scores, axis=0).max(), np.linalg.norm(self.T, axis=0).max()
            )
            tie = tie + 2 * self.angle * change / root  # twice: both of two scores move
        return scores, tie

    def predict(self, B: Floats) -> Ints:
        """Return g_B(x) = argmax_i (Bᵀf(x))_i, (N,); scores that rounding cannot tell apart are a tie."""
        return first_largest(*self.scores(B))

    def vote(self, g: Ints) -> Ints:
        """Return ḡ(x̄) = argmax_i Pr[g(x) = i | x̄] of all naturals, (n,), from the classes g of the views, (N,)."""
        return first_largest(sum_by_class(self.A, g, self.r), VOTE_TIE)

    def error(self, B: Floats) -> float:
        """Return Pr[ḡ_B(x̄) ≠ y(x̄)]."""
        return self.error_of_vote(self.vote(self.predict(B)))

    def error_of_vote(self, predicted: Ints) -> float:
        """Return Pr[predicted class ≠ y(x̄)], of predictions for all naturals, (n,)."""
        return error_of(predicted[self.labelled], self.y[self.labelled], self.p[self.labelled])

    @cached_property
    def directions(self) -> Directions:
        """The distinct directions of the views that a labelled natural reaches."""
        scaled = self.X / self.size
        length = np.linalg.norm(scaled, axis=1)
        nonzero = (length > 0) & (self.w_x > 0)
        rows = scaled[nonzero] / length[nonzero, np.newaxis]
        inwards, outwards = _inverse_factor(rows)
        whitened = rows @ inwards
        whitened /= np.linalg.norm(whitened, axis=1, keepdims=True)
        _, first, inverse = np.unique(
            np.round(whitened, DIRECTION_DECIMALS) + 0.0, axis=0, return_index=True, return_inverse=True
        )  # + 0.0 turns -0.0 into 0.0
        of_view = np.full(len(self.X), -1, dtype=np.intp)
        of_view[nonzero] = inverse.reshape(-1)
        inwards, outwards = inwards / self.size[:, np.newaxis], outwards * self.size
        return Directions(frozen(whitened[first]), frozen(of_view), frozen(inwards), frozen(outwards))

    @property
    def shares_fit(self) -> bool:
        """Whether `shares` can be listed; of a kernel that is listed itself they always can."""
        return sp.issparse(self.A) or len(self.y) * (len(self.directions.unit) + 1) <= MAX_SHARES

    @cached_property
    def shares(self) -> Sparse:
        """Pr[direction of x | x̄] of labelled naturals, a csr_array (labelled, C + 1); the last column is for f(x) = 0."""
        count = len(self.directions.unit)
        column = self.directions.of_view % (count + 1)  # -1 becomes the last
        if sp.issparse(self.A):
            ones = (np.ones(len(column)), (np.arange(len(column)), column))
            rows = self.A if len(self.labelled) == len(self.y) else sp.csr_array(self.A)[self.labelled]
            return frozen_csr(sp.csr_array(rows @ sp.csr_array(ones, shape=(len(column), count + 1))))
        if not self.shares_fit:
            raise TooLarge(
                f"the share of each of {count:,} directions of f in each of {len(self.y):,} naturals would have to be read off "
                "products with a kernel that is not listed; use the population's .expand()"
            )
        return frozen_csr(sp.csr_array(sum_by_class(self.A, column, count + 1)[self.labelled]))

    @cached_property
    def groups(self) -> tuple[Ints, Floats]:
        """Labelled naturals grouped by equal rows of `shares`: each group's first row, (G,), and the mass of each class, (G, r)."""
        # Every head predicts one class for all naturals of a group.
        rows = self.shares
        group: dict[bytes, int] = {}
        of_natural = np.empty(len(self.labelled), dtype=np.intp)
        data = np.round(rows.data, 12)
        for i, (start, stop) in enumerate(zip(rows.indptr[:-1].tolist(), rows.indptr[1:].tolist(), strict=True)):
            key = rows.indices[start:stop].tobytes() + data[start:stop].tobytes()
            of_natural[i] = group.setdefault(key, len(group))
        mass = np.zeros((len(group), self.r))
        np.add.at(mass, (of_natural, self.y[self.labelled]), self.p[self.labelled])
        return np.unique(of_natural, return_index=True)[1], mass

    @cached_property
    def unavoidable_error(self) -> float:
        """A lower bound on the error of every head, from groups with several classes; 0 where `shares` cannot be listed."""
        if not self.shares_fit:
            return 0.0
        mass = self.groups[1]
        return float(np.sum(mass.sum(axis=1) - mass.max(axis=1)))


def rounding(lengths: Floats, B: Floats) -> Floats:
    """Return how far rounding can move Bᵀx for rows x of these lengths."""
    return np.asarray(16 * max(len(B), 1) * EPS * lengths * np.linalg.norm(B, axis=0).max(initial=0.0))


def error_of(predicted: Ints, y: Ints, p: Floats) -> float:
    """Return the probability of a wrong prediction; exactly 0 where all are right."""
    return float(np.sum(p[predicted != y]))


def _inverse_factor(rows: Floats) -> tuple[Floats, Floats]:
    """Return W (d, rank) that makes the columns of rows @ W orthonormal, and its left inverse (rank, d)."""
    length = np.linalg.norm(rows, axis=0)
    length[length == 0] = 1.0
    _, sigma, Vt = np.linalg.svd(rows / length, full_matrices=False)
    nonzero = sigma > tolerance(rows.shape[1]) * sigma.max(initial=0.0)
    sigma, Vt = sigma[nonzero], Vt[nonzero]
    return (Vt / sigma[:, np.newaxis]).T / length[:, np.newaxis], (Vt * sigma[:, np.newaxis]) * length
