"""The exact head: the least 0-1 error over all B, by depth-first branch and bound over the labellings of the views.

A node fixes the class of some directions of f, and holds a `B` that realises them if a linear program finds one.
"""

from typing import NamedTuple

import numpy as np

from popgraph.basics.arrays import Floats, Ints
from popgraph.downstream.probing.task import VOTE_TIE, Task, first_largest, rounding
from popgraph.errors import TooLarge, load_whole

DIRECTIONS = 500  # distinct directions of f
NODES = 20_000  # linear programs, of 1 to 3 ms each: about half a minute
MARGIN = 1e-8  # scores of unit directions closer than this, for |B| <= 1, are not told apart by HiGHS
CLOSED = 1e-12  # errors closer than this are equal

OPEN = -1  # a direction that may get any class
USELESS = -2  # one that gets a class that none of its naturals has: which one seldom matters, so none is asked for


class Node(NamedTuple):
    """A class for some directions, OPEN or USELESS for the others, and a head b (rank, r), None if not yet sought."""

    fixed: Ints
    b: Floats | None


def fit(task: Task, start: Floats, best: float) -> tuple[Floats | None, float, bool]:
    """Search for a B that errs less than `best`; `start` (d, r) is where the search sets out.

    Returns
    -------
    B : (d, r) array or None
        None if there is no better one.
    error : float
        The least error.
    proven : bool
        Whether the search was exhaustive; False only where rounding blurred a linear program.
    """
    directions = task.directions
    unit = directions.unit
    if len(unit) > DIRECTIONS:
        raise TooLarge(
            f"the exact head would search the labellings of {len(unit):,} directions of f in {unit.shape[1]} dimensions by "
            f'{task.r} classes, and is for {DIRECTIONS}; head="least squares" and head="logistic" give an upper bound'
        )
    search = _Search(task)
    found: Floats | None = None
    unfixed = np.append(np.full(len(unit), OPEN, dtype=np.intp), 0)  # f(x) = 0 ties all scores: the first class
    stack = [Node(unfixed, directions.outwards @ start)]
    likely = np.append(search.likely(), 0)
    realised = search.realise(likely)
    if realised is not None:
        stack.append(Node(unfixed, realised))
    nodes, proven = 0, True
    while stack:
        fixed, b = stack.pop()
        costs = search.bound(fixed)
        if costs.sum() >= best - CLOSED:
            continue
        nodes += 1
        if nodes > NODES:
            raise TooLarge(
                f"the exact head tried {NODES:,} partial labellings of {len(unit):,} directions of f in {unit.shape[1]} "
                f"dimensions by {task.r} classes without an end; the least error so far is {best:.6g}, and it cannot be below "
                f'{search.bound(unfixed).sum():.6g}; head="least squares" and head="logistic" give an upper bound'
            )
        if b is None:
            b = search.realise(fixed)
            if b is None:
                continue
        guess = search.predict(b)
        reached = search.bound(guess)
        if reached.sum() < best - CLOSED:
            best, found = float(reached.sum()), b
        if reached.sum() <= costs.sum() + CLOSED:
            continue
        # Branch where b errs and need not: on the heaviest undecided direction of the worst group of naturals.
        undecided = np.where(fixed == OPEN, 2.0, np.where(fixed == USELESS, 1.0, 0.0))
        weight = search.shares * undecided
        gain = np.where(weight.any(axis=1), reached - costs, -1.0)
        group = int(np.argmax(gain))
        if gain[group] < 0:
            proven = False  # all is fixed, and still b errs by more: b does not quite give what the program promised
            continue
        x = int(np.argmax(weight[group]))
        children = []
        for c in search.choices(x, fixed[x]):
            child = fixed.copy()
            child[x] = c
            free = c in (guess[x], USELESS)  # b itself will do
            children.append((float(search.bound(child).sum()), Node(child, b if free else None)))
        stack += [node for _, node in sorted(children, key=lambda child: -child[0])]  # the most promising on top
    return (None if found is None else directions.inwards @ found), best, proven


class _Search:
    """Bounds on the error, and linear programs, over the directions of one task."""

    def __init__(self, task: Task) -> None:
        self.unit, self.r = task.directions.unit, task.r
        first, self.mass = task.alike
        self.total = self.mass.sum(axis=1)
        self.shares = task.shares[first].toarray()
        self.useful = (self.shares > 0).T.astype(float) @ (self.mass > 0) > 0  # (C + 1, r)

    def choices(self, x: int, state: int) -> list[int]:
        """Return how a direction may be decided further: its useful classes first, and the others as one if they are many."""
        useful = np.flatnonzero(self.useful[x]).tolist()
        useless = np.flatnonzero(~self.useful[x]).tolist()
        if state == USELESS:
            return useless
        return useful + (useless if len(useless) == 1 else [USELESS] * bool(useless))

    def likely(self) -> Ints:
        """Return the most probable class of each direction, (C,)."""
        given = self.mass.T @ self.shares[:, : len(self.unit)]
        return np.asarray(np.argmax(given, axis=0), dtype=np.intp)

    def predict(self, b: Floats) -> Ints:
        """Return the class of each direction, (C + 1,)."""
        return np.append(first_largest(self.unit @ b, rounding(np.ones(len(self.unit)), b)), 0)

    def bound(self, fixed: Ints) -> Floats:
        """Return what each group of naturals costs at least, (G,), whatever class its open directions get.

        A class can still win a group's vote only if it would with all that it may get. With all fixed, this is the cost.
        """
        votes = np.column_stack([self.shares[:, fixed == c].sum(axis=1) for c in range(self.r)])
        may = (fixed == OPEN)[:, np.newaxis] | ((fixed == USELESS)[:, np.newaxis] & ~self.useful)
        reach = votes + self.shares @ may
        least = np.zeros(len(votes))
        for c in range(self.r):
            others = np.delete(votes, c, axis=1).max(axis=1, initial=0.0)
            before = votes[:, :c].max(axis=1, initial=-np.inf)
            wins = (reach[:, c] >= others - VOTE_TIE) & (before < np.maximum(others, reach[:, c]) - VOTE_TIE)
            least = np.maximum(least, np.where(wins, self.mass[:, c], 0.0))
        return np.asarray(self.total - least)

    def realise(self, fixed: Ints) -> Floats | None:
        """Return b (rank, r) that gives the fixed classes, or None if there is none.

        Class i wins a direction z iff (b_i - b_j)ᵀz > 0 for j < i and >= 0 for j > i. The program maximises the least margin
        t of the former plus that, s <= t, of the latter; b_0 = 0, and no entry exceeds 1.
        """
        z, i, j = self._duels(fixed)
        rank, r = self.unit.shape[1], self.r
        pairs, every = np.zeros((len(z), r, rank)), np.arange(len(z))
        pairs[every, i] = self.unit[z]
        pairs[every, j] -= self.unit[z]
        weights = pairs[:, 1:].reshape(len(z), (r - 1) * rank)
        strict = j < i
        margins = np.column_stack([~strict, strict]).astype(float)
        rows = np.vstack([np.hstack([-weights, margins]), np.append(np.zeros(weights.shape[1]), [1.0, -1.0])])
        bounds = [(-1.0, 1.0)] * weights.shape[1] + [(0.0, 1.0)] * 2
        solved = load_whole("scipy.optimize").linprog(
            np.append(np.zeros(weights.shape[1]), [-1.0, -1.0]),
            A_ub=rows,
            b_ub=np.zeros(len(rows)),
            bounds=bounds,
            method="highs",
            options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
        )
        if solved.status != 0 or (strict.any() and solved.x[-1] <= MARGIN):
            return None
        flat = solved.x[:-2]
        # A tie must be one to the last bits, and is: HiGHS ends at a vertex, solved for to some 1e-16.
        return np.vstack([np.zeros(rank), flat.reshape(r - 1, rank)]).T

    def _duels(self, fixed: Ints) -> tuple[Ints, Ints, Ints]:
        """List (direction, its class, another class) for all fixed directions."""
        z = np.flatnonzero(fixed[:-1] >= 0)
        i, j = np.broadcast_arrays(fixed[z][:, np.newaxis], np.arange(self.r))
        other = i != j
        return np.repeat(z, self.r - 1), i[other], j[other]
