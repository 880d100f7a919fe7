"""`Flow`: where an embedding is at each time, what it holds of each mode, and when each mode switches on."""

from dataclasses import dataclass

import numpy as np

from popgraph.basics.arrays import Floats, Immutable

MAX_MODES_LISTED = 12


@dataclass(frozen=True, eq=False, repr=False)
class Flow(Immutable):
    """Hold the way of an embedding through time, from a start to what a rule makes of it.

    Attributes
    ----------
    times : (T,) array
        The times, increasing; of descent in steps, the step's number times its length.
    path : (T, N, k) array
        f at each time; row x of F = √w_x f.
    gamma : (m,) array
        The eigenvalues of Ā whose modes the start holds, descending. Of a repeated one the axes are those of the start, at most k.
    vectors : (N, m) array
        The unit eigenvectors of Ā that these are.
    amounts : (T, m) array
        v_iᵀ X v_i of each mode, X = FFᵀ.
    held : (T, k) array
        The eigenvalues of X, descending.
    loss : (T,) array
        What the rule descends on, its decay included.
    switch_on : (m,) array
        When a mode first holds half of what it holds at last: 0 if it starts with more, NaN where it holds nothing at last.
    fixed_points : (m,) array
        The amount at which each mode rests where the rule lets it: of the spectral rule (γ - λ/2)_+.
    final_amounts : (m,) array
        What each mode holds as t -> ∞; of sampled batches, at the last time. NaN where it was not reached.
    limit : (N, k) array or None
        f as t -> ∞; None where it was not reached, and of descent in steps.
    largest_stable_step : float
        The learning rate from which on descent by this rule does not settle at its resting point.
    error : float
        An estimate of the largest error of an entry of F at any of the times; of descent in steps 0, as it is no approximation.
    exact : bool
        Whether X comes of the closed form, at any time without integration.
    rule : str
        Which rule.
    how : str
        How it was computed, in words.
    weight_decay : float
        λ of the rule.
    step : float or None
        The learning rate of descent, None of the continuous flow.
    predictors : (T, k, k) array or None
        The predictor P at each time, where the rule has one.

    See Also
    --------
    flow : Make one.
    plot.flow : Draw it.

    Examples
    --------
    >>> import popgraph as pg
    >>> flow = pg.flow(pg.zoo.hypercube(2), k=1, start=0.01)
    >>> flow.f.shape
    (4, 1)
    """

    times: Floats
    path: Floats
    gamma: Floats
    vectors: Floats
    amounts: Floats
    held: Floats
    loss: Floats
    switch_on: Floats
    fixed_points: Floats
    final_amounts: Floats
    limit: Floats | None
    largest_stable_step: float
    error: float
    exact: bool
    rule: str
    how: str
    weight_decay: float = 0.0
    step: float | None = None
    predictors: Floats | None = None

    @property
    def f(self) -> Floats:
        """The embedding at the last time, (N, k)."""
        last: Floats = self.path[-1]
        return last

    def __embedding__(self) -> Floats:
        return self.f

    def __repr__(self) -> str:
        _, N, k = self.path.shape
        on = int(np.count_nonzero(self.final_amounts > 0))
        count = "unknown" if np.isnan(self.final_amounts).any() else f"{on:,} of {len(self.gamma):,} modes"
        kind = self.rule if self.step is None else f"{self.rule} in steps of {self.step:g}"
        return f"Flow({N:,} views, k={k}, {kind}, {len(self.times):,} times to {self.times[-1]:g}; at last on: {count})"

    def __str__(self) -> str:
        lines = [repr(self), self.how, f"{'gamma':>12} {'start':>12} {'end':>12} {'t -> inf':>12} {'half at':>12}"]
        columns = (self.gamma, self.amounts[0], self.amounts[-1], self.final_amounts, self.switch_on)
        rows = np.stack(columns, axis=1)[:MAX_MODES_LISTED]
        lines += [" ".join(f"{'-' if np.isnan(entry) else f'{entry:.6g}':>12}" for entry in row) for row in rows]
        unlisted = len(self.gamma) - len(rows)
        return "\n".join(lines + [f"and {unlisted:,} more modes"] * (unlisted > 0))
