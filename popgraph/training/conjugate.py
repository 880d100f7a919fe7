"""Nonlinear conjugate gradients and Newton steps for the spectral contrastive loss; every step has exactly the best length.

Neither asks for an eigenvector of Ā, or of a projection of it: directions are sums of gradients, multiplied by k x k matrices.
"""

from collections.abc import Callable

import numpy as np

from popgraph.basics.arrays import Floats
from popgraph.training.arcs import arc_along
from popgraph.training.quartic import EPS, LineMoments, QuarticState

# Conjugate gradients need about √(γ_k / gap) products for a digit: 500 are enough for relative gaps down to 1e-4, and where the
# gap is smaller the direction that they reach is a good one nevertheless.
MAX_PRODUCTS_A_NEWTON_STEP = 500
RELATIVE_FLATNESS = 64.0 * EPS  # relative to the terms whose difference it is: no curvature that can be told from 0


class ConjugateGradients:
    """Polak-Ribière directions, conditioned by (FᵀF + δ)^-1: three tables beside F and ĀF."""

    def __init__(self, state: QuarticState) -> None:
        self.state = state
        self.D = np.zeros_like(state.F)
        self.image = self.D[:0]
        self.restart()

    def restart(self) -> None:
        """Set out along the gradient."""
        self.C = self.state.conditioner()
        self.decrement = float(np.sum(self.state.GG * self.C))
        self.moments = self._turn(0.0)

    def _turn(self, beta: float) -> LineMoments:
        """Make D the new direction, beta D - G C."""
        state = self.state

        def turn(rows: slice) -> tuple[Floats, Floats, float]:
            D, F, G = self.D[rows], state.F[rows], state.G[rows]
            if beta:
                D *= beta
                D -= G @ self.C
            else:
                np.matmul(G, -self.C, out=D)
            return F.T @ D, D.T @ D, float(np.vdot(G, D))

        return LineMoments(*state.sums(turn))

    def step(self) -> None:
        """Go to the lowest point along D, and find the next direction."""
        state = self.state
        self.image = self.D[:0]
        self.image = state.times(self.D)
        t = state.along(self.D, self.image, self.moments)
        mixed = state.move(t, self.D, self.image, self.moments)
        self.C = state.conditioner()
        decrement = float(np.sum(state.GG * self.C))
        beta = max(0.0, (decrement - float(np.sum(mixed * self.C))) / self.decrement) if self.decrement > 0 else 0.0
        self.decrement = decrement
        self.moments = self._turn(beta)
        if self.moments.GD >= 0 and beta:
            self.moments = self._turn(0.0)


class NewtonSteps:
    """Newton steps of which each linear system is solved by conjugate gradients, conditioned by (FᵀF + δ)^-1.

    Three tables beside F, ĀF and the gradient, in whose place the residuals are kept.
    """

    def __init__(self, state: QuarticState, D: Floats, most_products: int = MAX_PRODUCTS_A_NEWTON_STEP) -> None:
        self.state, self.D, self.X, self.most_products = state, D, np.empty_like(D), most_products

    def step(self, target: float) -> bool:
        """Go to the lowest point along the Newton direction, solved until the residual's norm is at most `target`.

        Where the Hessian is seen to curve down along a direction, go along that if the loss falls further there, and return True.
        """
        curved, solved = self._solve(target)
        state = self.state
        state.restore_gradient()
        image = state.times(self.X if solved else self.D)
        arc = arc_along(state, self.X if solved else self.D, image)
        if solved and curved:  # one product more, and no table: a move along both would need one
            del image
            image = state.times(self.D)
            other = arc_along(state, self.D, image)
            if other.fall > arc.fall:
                arc = other
            else:
                del image
                image = state.times(self.X)
        state.bend(arc.t, arc.S, arc.E, image)
        return curved

    def _solve(self, target: float) -> tuple[bool, bool]:
        """Leave in X an approximate solution of H X = -G, and return whether H curves down along D, and whether X is not 0."""
        # H D = 4 (D FᵀF + F (DᵀF + FᵀD) - ĀD). It is 0 along rotations of F, to which the gradient and all residuals are
        # orthogonal. A direction D without positive curvature ends the search: what was summed up before lowers L, and so does D,
        # as <G, D> < 0. Without steps along such a D, 500 steps at a gap of 1e-5 came no further than to an angle of 0.05.
        state, X, R = self.state, self.X, self.state.G
        C = state.conditioner()
        decrement = float(np.sum(state.GG * C))

        def begin(rows: slice) -> tuple[()]:
            X[rows] = 0.0
            np.negative(R[rows], out=R[rows])
            return ()

        state.sums(begin)
        FD, DD = self._turn(C, 0.0)
        for products in range(self.most_products):
            image = state.times(self.D)
            (bent,) = state.sums(_product_with(self.D, image))
            stiff = float(np.sum(DD * state.FF) + np.sum(FD * (FD + FD.T).T))
            curvature = 4.0 * (stiff - float(bent))
            if curvature <= RELATIVE_FLATNESS * abs(stiff):
                return True, products > 0
            length = decrement / curvature
            RR = self._advance(length, image, FD + FD.T)
            del image
            if np.sqrt(max(0.0, np.trace(RR))) <= target:
                break
            before, decrement = decrement, float(np.sum(RR * C))
            FD, DD = self._turn(C, decrement / before)
        return False, True

    def _advance(self, length: float, image: Floats, S: Floats) -> Floats:
        """Go on along D, and return (residuals)ᵀ(residuals); S = FᵀD + DᵀF."""
        state, X, D, R = self.state, self.X, self.D, self.state.G

        def advance(rows: slice) -> tuple[Floats]:
            HD = D[rows] @ state.FF
            HD += state.F[rows] @ S
            HD -= image[rows]
            HD *= 4.0 * length
            R[rows] -= HD
            X[rows] += length * D[rows]
            return (R[rows].T @ R[rows],)

        return np.asarray(state.sums(advance)[0])

    def _turn(self, C: Floats, beta: float) -> tuple[Floats, Floats]:
        """Make D the next direction, R C + beta D, and return FᵀD and DᵀD."""
        state, D, R = self.state, self.D, self.state.G

        def turn(rows: slice) -> tuple[Floats, Floats]:
            if beta:
                D[rows] *= beta
                D[rows] += R[rows] @ C
            else:
                np.matmul(R[rows], C, out=D[rows])
            return state.F[rows].T @ D[rows], D[rows].T @ D[rows]

        FD, DD = state.sums(turn)
        return FD, DD


def _product_with(D: Floats, image: Floats) -> Callable[[slice], tuple[float]]:
    """Return what gives the part of <D, ĀD> in a block of rows."""
    return lambda rows: (float(np.vdot(D[rows], image[rows])),)
