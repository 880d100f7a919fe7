"""`Objective`: a loss on a population as a function of the unknowns that a descent moves, and the record of its steps."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from popgraph.basics.arrays import Floats, Ints, frozen, norm
from popgraph.basics.protocols import Coordinates
from popgraph.losses import Loss, ScaledLoss, SpectralLoss, is_ready_made, scaled_hessian, scaled_loss
from popgraph.populations import ClassCoordinates, FeatureClass
from popgraph.training.penalties import Decayed
from popgraph.training.steps import Callback, tell

LEAST_CREDIBLE_LOSS = -1e12  # no loss that has a minimum is near this


class Stopped(Exception):
    """The loss is not a number, or it falls without end."""


@dataclass(frozen=True)
class Limits:
    """At most so many steps, down to a gradient norm of tol; `tick` is called after each step."""

    steps: int
    tol: float
    tick: Callable[[], Any]


@dataclass
class Objective:
    """A loss as a function of unknowns z, in which rare views are scaled like common ones.

    For a table, z is F = √w_x f, (N, k), flattened. For a class of functions z is G (d, k), flattened, with F = Q G for the class's
    orthonormal basis Q. The spectral loss depends on G and QᵀĀQ alone, so that its steps cost O(d² k) for any number of views.
    """

    population: Coordinates
    loss: Loss
    features: FeatureClass | None = None
    path: list[Floats] | None = None  # the embeddings of the recorded steps, where they are kept
    callback: Callback | None = None  # sees each recorded step
    drawing: Any = None  # the loss that batches evaluate, where its negatives are drawn from a noise law
    embed: Callable[[Floats], Any] | None = None  # unknowns -> what the callback is shown as f; `embedding` by default
    records: list[tuple[int, float, float]] = field(default_factory=list)  # (step, loss, gradient norm)
    latest: tuple[float, float] = (np.inf, np.inf)  # loss and gradient norm at the latest evaluation
    # Of the looks for a way off saddles. Each look draws anew: a step off a saddle goes along the part that the direction drawn
    # has in an eigenspace, so that at the next saddle nothing of this direction is left in that eigenspace outside of F. The seed
    # is none that a user would take, whose start would be the same numbers.
    directions: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0x5ADD1E))
    latest_z: Floats = field(default_factory=lambda: np.zeros(0))
    weight_decay: float = 0.0  # λ of the spectral loss, on ||F||² of a table, or on ||W||² of a class of functions
    leaves_by_itself: ClassVar[bool] = False  # whether `step_off` is the way off critical points that are no minimum

    def __post_init__(self) -> None:
        self.root_w_x = np.sqrt(self.population.w_x)[:, np.newaxis]
        self.is_spectral = is_ready_made(self.loss, SpectralLoss)
        self.basis = None if self.features is None else self.features.basis
        self.row_count = self.population.N if self.features is None else self.features.d

    @cached_property
    def coordinates(self) -> Coordinates:
        """What the loss is evaluated on: the class where the loss depends on QᵀĀQ alone, else the whole population."""
        if self.features is None or not self.is_spectral:
            return Decayed(self.population, self.weight_decay) if self.weight_decay else self.population
        S = self.features.basis.T @ self.population.gram(self.features.basis)
        of_class = ClassCoordinates((S + S.T) / 2, self.features.T)
        # W = TG, so that ||W||² = tr GᵀTᵀTG
        penalised = self.features.T.T @ self.features.T
        return Decayed(of_class, self.weight_decay, penalised) if self.weight_decay else of_class

    @cached_property
    def _scaled_loss(self) -> ScaledLoss:
        return scaled_loss(self.loss, self.coordinates)

    @property
    def step(self) -> int:
        """The latest recorded step."""
        return self.records[-1][0] if self.records else 0

    def table(self, z: Floats) -> Floats:
        """Return unknowns as F, (N, k), or as G, (d, k)."""
        return z.reshape(self.row_count, -1)

    def embedding(self, z: Floats) -> Floats:
        """Return the f (N, k) of unknowns."""
        table = self.table(z)
        return np.asarray((table if self.basis is None else self.basis @ table) / self.root_w_x)

    def embedding_in_place(self, z: Floats) -> Floats:
        """Return the f (N, k) of unknowns that nobody needs any more: a table is not copied."""
        if self.basis is not None:
            return self.embedding(z)
        table = self.table(z)
        return np.divide(table, self.root_w_x, out=table)

    def unknowns(self, f: Floats) -> Floats:
        """Return the unknowns of f, or of its projection on the class."""
        F = f * self.root_w_x
        return np.asarray((F if self.basis is None else self.basis.T @ F).ravel())

    def evaluate(self, z: Floats) -> tuple[float, Floats]:
        """Return the loss and its gradient, flattened like z; raise Stopped if the loss is NaN, or falls without end."""
        self.latest_z, table = z, self.table(z)
        if self.basis is None or self.is_spectral:
            value, gradient = self._scaled_loss(table)
        else:
            value, in_F = self._scaled_loss(self.basis @ table)
            gradient = self.basis.T @ in_F
        if np.isnan(value):
            raise Stopped(f"the loss {self.loss.name} became NaN")
        if value < LEAST_CREDIBLE_LOSS:
            raise Stopped(f"the loss {self.loss.name} falls without end: it passed {value:.1e}, and has no minimum")
        flat = gradient.ravel()
        self.latest = (float(value), norm(flat))
        return self.latest[0], flat

    def reach(self, loss: float, gradient_norm: float, z: Floats) -> None:
        """Note where a descent that evaluates the spectral loss itself has come to."""
        self.latest, self.latest_z = (loss, gradient_norm), z

    def curvature(self, z: Floats, direction: Floats) -> Floats:
        """Return the Hessian times a direction: exactly for the spectral loss, else by central differences of gradients."""
        if self.is_spectral:
            return scaled_hessian(self.coordinates, self.table(z), self.table(direction)).ravel()
        size = norm(direction)
        if size == 0:
            return np.zeros_like(direction)
        # A step h leaves an error of h² from truncation and of eps/h from rounding, which balance at h = eps^(1/3), about 1e-5,
        # relative to the size of an entry of z.
        h = 1e-5 * (1.0 + norm(z) / np.sqrt(z.size)) / size
        before = self.latest, self.latest_z
        ahead, behind = self.evaluate(z + h * direction)[1], self.evaluate(z - h * direction)[1]
        self.latest, self.latest_z = before
        return np.asarray((ahead - behind) / (2 * h))

    def step_off(self, z: Floats) -> Floats | None:
        """Return a step to a lower loss from a critical point, or None, where `leaves_by_itself` says that this is the way."""
        raise NotImplementedError

    def record(self, step: int | None = None) -> None:
        """Record the latest evaluation as a step, the next one by default, and show it to the callback."""
        if step is None:
            step = self.step + 1 if self.records else 0
            shown = self.callback
        else:
            shown = None  # a run of batches shows its own steps, recorded or not
        self.records.append((step, *self.latest))
        if self.path is not None:
            self.path.append(self.embedding(self.latest_z))
        if shown is not None:
            tell(shown, step, *self.latest, lambda: self.shown(self.latest_z))

    def shown(self, z: Floats) -> Any:
        """Return what a callback is shown of these unknowns as f."""
        return frozen(self.embedding(z)) if self.embed is None else self.embed(z)

    def amend(self) -> None:
        """Replace the loss and the gradient norm of the latest record by those of a more accurate evaluation at the same place."""
        self.records[-1] = (self.step, *self.latest)

    def history(self) -> tuple[Ints, Floats, Floats]:
        """Return the recorded steps, and the losses and gradient norms at them, (T,) each."""
        steps, losses, norms = zip(*self.records, strict=True)
        return frozen(np.array(steps, dtype=np.intp)), frozen(np.array(losses)), frozen(np.array(norms))
