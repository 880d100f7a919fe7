"""The minimum of the spectral loss with weight decay, on a table f or below a linear head, as functions of the eigenvalues γ.

With F = √w_x f, a table has the penalty λ||F||². Below a linear head F = HWᵀ the penalty is λ(||H||² + ||W||²), whose least value
for a given F is 2λ||F||_*, twice the sum of singular values, reached by balanced factors HᵀH = WᵀW, with σ(H) = √σ(F). Both
penalties depend on σ(F) alone. No eigenvector is needed here, so that training's oracle and the judge share one formula.
"""

import numpy as np

from popgraph.basics.arguments import number
from popgraph.basics.arrays import Floats


def read_weight_decay(value: object) -> float:
    """Return λ >= 0 as a float; InvalidArgument if it is no finite number of at least 0."""
    return number("weight_decay", value, "it must be a number of 0 or more, and 0 is no decay", ends=True)


def decay_thresholds(gamma: Floats, head: bool) -> Floats:
    """Return for each eigenvalue the λ from which on its mode is switched off: 2γ of a table, (2γ/3)^{3/2} below a head.

    At that λ itself a table holds 0 of the mode; below a head 0 and √(2γ/3) are equally good. A γ <= 0 is never on: its
    threshold is 0.
    """
    positive = np.maximum(gamma, 0.0)
    return np.asarray((2.0 * positive / 3.0) ** 1.5 if head else 2.0 * positive)


def singular_values_at_minimum(gamma: Floats, weight_decay: float, head: bool) -> Floats:
    """Return the singular values s_i >= 0 of the best F, one for each of the k leading eigenvalues, 0 where decay wins.

    A mode's share of the loss is s⁴ - 2γs² + λs² of a table, which is least at s² = (γ - λ/2)_+. Below a linear head it is
    s⁴ - 2γs² + 2λs; where it has a minimum s > 0, that is the largest root of s³ - γs + λ/2 = 0, and it is below 0 only if
    λ < (2γ/3)^{3/2}, where s > √(2γ/3): the mode is switched off by a jump.
    """
    # Both terms of the loss depend on FFᵀ through its eigenvalues s² and -2 tr ĀFFᵀ, which is least where FFᵀ shares Ā's
    # eigenvectors in the same order (von Neumann's trace inequality); then the modes no longer meet.
    positive = np.maximum(np.asarray(gamma, dtype=np.float64), 0.0)
    if not head:
        return np.asarray(np.sqrt(np.maximum(positive - weight_decay / 2.0, 0.0)))
    # The mode is on iff (λ / threshold)^{2/3} = 1.5 λ^{2/3}/γ is below 1; written so, nothing under- or overflows. The roots of the
    # cubic are 2√(γ/3) cos((θ - 2πj)/3) with cos θ = -(3√3/4) λ/γ^{3/2} = -(λ/threshold)/√2, and j = 0 is the largest.
    on = 1.5 * np.cbrt(weight_decay) ** 2 < positive
    share = 1.5 * np.cbrt(weight_decay) ** 2 / np.where(on, positive, 1.0)
    root = 2.0 * np.sqrt(positive / 3.0) * np.cos(np.arccos(-(np.where(on, share, 0.0) ** 1.5) / np.sqrt(2.0)) / 3.0)
    return np.asarray(np.where(on, root, 0.0))


def decay_penalty(sigma: Floats, weight_decay: float, head: bool) -> float:
    """Return λ||F||² of a table from the singular values of F, or 2λ||F||_*, the least penalty of a head, from them."""
    return float(2.0 * weight_decay * np.sum(sigma) if head else weight_decay * np.sum(np.square(sigma)))


def regularised_minimum(gamma: Floats, weight_decay: float, head: bool) -> float:
    """Return min L(f) + penalty over all f into R^k, from the k leading eigenvalues; add ||Ā||² for that of ||Ā - FFᵀ||²."""
    s, positive = singular_values_at_minimum(gamma, weight_decay, head), np.maximum(gamma, 0.0)
    if not head:  # s⁴ - 2γs² + λs² = -s⁴ at s² = γ - λ/2
        return 0.0 - float(np.sum(s**4))
    # The cubic gives 2λs = 4γs² - 4s⁴, so that s⁴ - 2γs² + 2λs = 2γs² - 3s⁴ = s²(2γ - 3s²)
    return 0.0 + float(np.sum(s**2 * (2.0 * positive - 3.0 * s**2)))
