"""Losses without negatives: VICReg, idealised and as published, and Barlow Twins. They keep f from collapsing by its covariance."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from popgraph.basics.arguments import number
from popgraph.basics.arrays import Floats
from popgraph.losses.moments import Moments, PlugInLoss, trace


def _off_diagonal(S: Floats) -> Floats:
    """Return S with zeros on its diagonal."""
    return S - np.diag(np.diag(S))


@dataclass(frozen=True)
class IdealisedVICReg(PlugInLoss):
    """E||f(x) - f(x⁺)||² + λ ||E f fᵀ - I||_F², idealised VICReg; at λ = 1 it is the spectral loss + k.

    Its minimisers lie on the k leading eigenfunctions, the i-th scaled so that E f fᵀ has the eigenvalue
    max(0, 1 - (1 - γ_i)/λ).

    Parameters
    ----------
    weight : float
        λ > 0.

    See Also
    --------
    idealised_vicreg : It, ready to use.
    VICReg : As published.
    popgraph.theory.minimum : Its least value.

    References
    ----------
    HaoChen and Ma 2023 [H23].

    Examples
    --------
    >>> import popgraph as pg
    >>> graph = pg.zoo.lightning_cloud()
    >>> pg.losses.idealised_vicreg.value(graph.factor, graph.w_x, graph.spectrum(2).embedding) < 1e-12
    True
    """

    weight: float = 1.0
    name: str = "idealised VICReg"
    bias: str = "biased: the batch's own second moments are squared"

    _centres: ClassVar[bool] = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "weight", number("weight", self.weight))
        super().__post_init__()

    def _of_moments(self, moments: Moments) -> Any:
        """Return the loss at these moments."""
        C, m, k = moments.second, moments.mean, len(moments.mean)
        G = C + m[:, None] * m[None, :]
        return 2.0 * (trace(C) - trace(moments.cross)) + self.weight * ((G**2).sum() - 2.0 * trace(G) + k)

    def _moment_gradient(self, moments: Moments) -> tuple[Floats, Floats, Floats]:
        """Return the derivatives in E f and in the two covariances."""
        m, identity = moments.mean, np.eye(len(moments.mean))
        in_G = 2.0 * self.weight * (moments.second + np.outer(m, m) - identity)
        return 2.0 * in_G @ m, 2.0 * identity + in_G, -2.0 * identity


@dataclass(frozen=True)
class VICReg(PlugInLoss):
    """VICReg as published: invariance, a hinge on every standard deviation, and the squared covariances between columns.

    λ E||f(x) - f(x⁺)||²/k + μ 2/k Σ_i max(0, 1 - sqrt(Var f_i + ε)) + ν 2/k Σ_{i≠j} Cov(f_i, f_j)²; the factors 2 count both views.
    Its minimum has no closed form: compare numerically. Its hinge has a kink where its minima lie, at standard deviations of 1, so
    training stops near one with a gradient that does not vanish, and says so. Published code takes the variances of the first and
    of the second views of a batch apart, and divides by B - 1; here both are pooled.

    Parameters
    ----------
    invariance, variance, covariance : float
        λ, μ and ν.
    epsilon : float
        ε.

    See Also
    --------
    vicreg : It, ready to use.
    IdealisedVICReg : The form with a known minimum.

    References
    ----------
    Bardes, Ponce and LeCun 2022 (2105.04906), equations (1) to (6).

    Examples
    --------
    >>> import numpy as np
    >>> import popgraph as pg
    >>> graph = pg.zoo.lightning_cloud()
    >>> pg.losses.vicreg.value(graph.factor, graph.w_x, [[1.0], [1.0], [-1.0], [-1.0]] * np.ones(1))
    0.0
    """

    invariance: float = 25.0
    variance: float = 25.0
    covariance: float = 1.0
    epsilon: float = 1e-4
    name: str = "VICReg"
    bias: str = "biased: the batch's own covariance goes through a hinge, a root and a square"

    _centres: ClassVar[bool] = True

    def __post_init__(self) -> None:
        for what in ("invariance", "variance", "covariance", "epsilon"):
            value = number(what, getattr(self, what), "it must be a number, 0 or more", ends=True)
            object.__setattr__(self, what, value)
        super().__post_init__()

    def _of_moments(self, moments: Moments) -> Any:
        """Return the loss at these moments."""
        C, k = moments.second, len(moments.mean)
        shortfall = 1.0 - (C.diagonal() + self.epsilon) ** 0.5
        hinge = (
            shortfall + abs(shortfall)
        ).sum()  # twice the positive parts, with operations common to numpy and torch
        distance = 2.0 * (trace(C) - trace(moments.cross))  # E||f(x) - f(x⁺)||²
        off_diagonal = 2.0 * ((C**2).sum() - (C.diagonal() ** 2).sum())
        return (self.invariance * distance + self.variance * hinge + self.covariance * off_diagonal) / k

    def _moment_gradient(self, moments: Moments) -> tuple[None, Floats, Floats]:
        """Return the derivatives in the two covariances."""
        C, k = moments.second, len(moments.mean)
        deviation = np.sqrt(np.diag(C) + self.epsilon)
        in_C = np.diag(-self.variance * (deviation < 1.0) / deviation) + 4.0 * self.covariance * _off_diagonal(C)
        identity = 2.0 * self.invariance * np.eye(k)
        return None, (in_C + identity) / k, -identity / k


@dataclass(frozen=True)
class BarlowTwins(PlugInLoss):
    """Barlow Twins as published: Σ_i (1 - C_ii)² + weight Σ_{i≠j} C_ij² of the cross-correlation C of the two views.

    C_ij = Cov(f_i(x), f_j(x⁺)) / sqrt((Var f_i + ε)(Var f_j + ε)). Its minimiser is *not* F*: at weight 1 it spans leading
    eigenfunctions after the constant, with a water-filled spectrum; as the weight falls, the later ones drop out, until at a
    small weight all columns are φ_2. Published code takes the variances of the first and of the second views apart; here both are
    pooled.

    Parameters
    ----------
    weight : float
        Of the entries off the diagonal.
    epsilon : float
        ε, as of batch normalisation; without it a collapsed column would be 0/0.

    See Also
    --------
    barlow_twins : It, ready to use.
    popgraph.theory.minimum : Its least value at weight 1.
    popgraph.flow : Linear Barlow Twins through time.

    References
    ----------
    Zbontar, Jing, Misra, LeCun and Deny 2021 (2103.03230), equations (1) and (2).

    Examples
    --------
    >>> import numpy as np
    >>> import popgraph as pg
    >>> graph = pg.zoo.lightning_cloud()
    >>> f = np.array([[1.0], [1.0], [-1.0], [-1.0]])
    >>> pg.losses.barlow_twins.value(graph.factor, graph.w_x, f) < 1e-9
    True
    """

    weight: float = 0.005
    epsilon: float = 1e-5
    name: str = "Barlow Twins"
    bias: str = "biased: the batch is standardised by its own mean and variance"

    _centres: ClassVar[bool] = True

    def __post_init__(self) -> None:
        for what in ("weight", "epsilon"):
            value = number(what, getattr(self, what), "it must be a number, 0 or more", ends=True)
            object.__setattr__(self, what, value)
        super().__post_init__()

    def _of_moments(self, moments: Moments) -> Any:
        """Return the loss at these moments."""
        scale = (moments.second.diagonal() + self.epsilon) ** -0.5
        C = moments.cross * scale[:, None] * scale[None, :]
        diagonal = C.diagonal()
        return ((1.0 - diagonal) ** 2).sum() + self.weight * ((C**2).sum() - (diagonal**2).sum())

    def _moment_gradient(self, moments: Moments) -> tuple[None, Floats, Floats]:
        """Return the derivatives in the two covariances."""
        scale = (np.diag(moments.second) + self.epsilon) ** -0.5
        C = moments.cross * np.outer(scale, scale)
        in_C = 2.0 * self.weight * _off_diagonal(C) - np.diag(2.0 * (1.0 - np.diag(C)))
        in_cross = in_C * np.outer(scale, scale)
        in_variance = -np.sum(in_C * C, axis=1) * scale**2  # C is symmetric: its row sums are its column sums
        return None, np.diag(in_variance), in_cross


idealised_vicreg, vicreg, barlow_twins = IdealisedVICReg(), VICReg(), BarlowTwins()
