"""The two heads that minimise a loss: least squares, in closed form, and logistic, by Newton's method in a trust region."""

import numpy as np

from popgraph.basics.arrays import Floats
from popgraph.basics.extras import import_uninterrupted
from popgraph.downstream.probing.task import Task
from popgraph.errors import NotConverged

RIDGE = 1e-6  # on E||Bᵀf||²/2: scores of separable classes stop at 15 or so apart, cross-entropy below 1e-4
MAX_EXCESS_NATS = 1e-9  # above the ridged minimum; the loss is RIDGE-strongly convex, so the gradient bounds it


def least_squares(task: Task) -> tuple[Floats, float]:
    """Return B = argmin E||y⃗(x̄) - Bᵀf(x)||² (d, r), and its loss; of many minimisers one that leaves surplus directions at 0."""
    # With T_i = √w_x Pr[y = i|x] and Π the projection on the span of √w_x f, E||y⃗ - Bᵀf||² = (1 - Σ_i ||T_i||²) + Σ_i
    # ||T_i - √w_x f B_i||²: the first part no head changes, and the second is least at √w_x f B_i = ΠT_i [THEORY 5.4].
    root = np.sqrt(task.w_x)[:, np.newaxis]
    T = task.T
    basis = (task.X @ task.whitening) * root  # orthonormal: Π = basis basisᵀ
    theta = basis.T @ T
    fitted = basis @ theta
    loss = 1.0 - float(np.sum(T**2)) + float(np.sum((T - fitted) ** 2))
    return task.whitening @ theta, max(0.0, loss)


def logistic(task: Task) -> tuple[Floats, float]:
    """Return B (d, r), and its cross-entropy -E log softmax(Bᵀf(x))_y(x̄) in nats, without the ridge."""
    # The ridge RIDGE/2 E||Bᵀf(x)||² is on the scores and not on B, so that invertible maps of f do not change the minimiser.
    special = import_uninterrupted("scipy.special")
    Z = task.X @ task.whitening
    shape = (Z.shape[1], task.r)
    joint, w_x = task.joint, task.w_x[:, np.newaxis]

    def value_and_gradient(flat: Floats) -> tuple[float, Floats]:
        theta = flat.reshape(shape)
        scores = Z @ theta
        value = -float(np.sum(joint * special.log_softmax(scores, axis=1))) + RIDGE / 2 * float(flat @ flat)
        gradient = Z.T @ (w_x * special.softmax(scores, axis=1) - joint) + RIDGE * theta
        return value, gradient.ravel()

    def curvature(flat: Floats, direction: Floats) -> Floats:
        chances = special.softmax(Z @ flat.reshape(shape), axis=1)
        change = Z @ direction.reshape(shape)
        change = chances * (change - np.sum(chances * change, axis=1, keepdims=True))
        return np.asarray((Z.T @ (w_x * change)).ravel() + RIDGE * direction)

    # The objective is RIDGE-strongly convex in theta, so it lies at most |gradient|² / (2 RIDGE) above its minimum.
    gtol = np.sqrt(2 * RIDGE * MAX_EXCESS_NATS)
    start = np.zeros(Z.shape[1] * task.r)
    minimum = import_uninterrupted("scipy.optimize").minimize(
        value_and_gradient,
        start,
        jac=True,
        hessp=curvature,
        method="trust-ncg",
        options={"gtol": gtol, "maxiter": 1000},
    )
    excess = float(np.linalg.norm(minimum.jac)) ** 2 / (2 * RIDGE)
    if excess > 1e3 * MAX_EXCESS_NATS:
        raise NotConverged(
            f"the logistic head stopped {excess:.1e} nats above its minimum at most, after {minimum.nit:,} steps "
            f'({minimum.message}); use head="least squares"'
        )
    theta = minimum.x.reshape(shape)
    return task.whitening @ theta, max(0.0, -float(np.sum(joint * special.log_softmax(Z @ theta, axis=1))))
