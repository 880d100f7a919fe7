"""The exact head: the least 0-1 error over all B, by depth-first branch and bound over the labellings of the views.

A node of the search fixes the class of some directions of f; a linear program says whether any head gives these classes.
"""

from typing import NamedTuple

import numpy as np

from popgraph.basics.arrays import Floats, Ints
from popgraph.basics.extras import import_uninterrupted
from popgraph.downstream.probing.task import Task, rounding
from popgraph.downstream.votes import VOTE_TIE, first_largest
from popgraph.errors import TooLarge

MAX_DIRECTIONS = 500  # distinct directions of f
MAX_NODES = 20_000  # linear programs, of 1 to 3 ms each: about half a minute
LEAST_MARGIN = 1e-8  # scores of unit directions closer than this, for |B| <= 1, are not told apart by HiGHS
EQUAL_ERRORS = 1e-12  # probabilities of error closer than this are equal

OPEN = -1  # a direction that may get any class
USELESS = -2  # one that gets a class that none of its naturals has: which one seldom matters, so it stays open


class Node(NamedTuple):
    """Hold each direction's class, OPEN or USELESS where it is undecided, and a head b (rank, r) with these classes, if sought."""

    classes: Ints
    b: Floats | None


def fit(task: Task, start: Floats, best_error: float) -> tuple[Floats | None, float, bool]:
    """Search for a B (d, r) of smaller error than `best_error`, beginning at `start` (d, r).

    Returns B, or None if none was found, the least error, and whether it is proven, which rounding in a linear program prevents.
    """
    directions = task.directions
    unit = directions.unit
    if len(unit) > MAX_DIRECTIONS:
        raise TooLarge(
            f"the exact head would search the labellings of {len(unit):,} directions of f in {unit.shape[1]} dimensions by "
            f'{task.r} classes, and is for {MAX_DIRECTIONS}; head="least squares" and head="logistic" give an upper bound'
        )
    search = _Search(task)
    best_b: Floats | None = None
    undecided = np.append(np.full(len(unit), OPEN, dtype=np.intp), 0)  # f(x) = 0 ties all scores: the first class
    stack = [Node(undecided, directions.outwards @ start)]
    bayes_head = search.realise(np.append(search.most_probable(), 0))
    if bayes_head is not None:
        stack.append(Node(undecided, bayes_head))
    nodes, proven = 0, True
    while stack:
        classes, b = stack.pop()
        least_costs = search.bound(classes)
        if least_costs.sum() >= best_error - EQUAL_ERRORS:
            continue
        nodes += 1
        if nodes > MAX_NODES:
            raise TooLarge(
                f"the exact head tried {MAX_NODES:,} partial labellings of {len(unit):,} directions of f in {unit.shape[1]} "
                f"dimensions by {task.r} classes without an end; the least error so far is {best_error:.6g}, and it cannot be "
                f'below {search.bound(undecided).sum():.6g}; head="least squares" and head="logistic" give an upper bound'
            )
        if b is None:
            b = search.realise(classes)
            if b is None:
                continue
        predicted = search.predict(b)
        costs = search.bound(predicted)
        if costs.sum() < best_error - EQUAL_ERRORS:
            best_error, best_b = float(costs.sum()), b
        if costs.sum() <= least_costs.sum() + EQUAL_ERRORS:
            continue
        # Branch where b errs and need not: on the heaviest undecided direction of the group of naturals that costs most too much.
        urgency = np.where(classes == OPEN, 2.0, np.where(classes == USELESS, 1.0, 0.0))
        weight = search.shares * urgency
        avoidable = np.where(weight.any(axis=1), costs - least_costs, -1.0)
        group = int(np.argmax(avoidable))
        if avoidable[group] < 0:
            proven = False  # all classes are fixed, yet rounding makes b miss one of them
            continue
        x = int(np.argmax(weight[group]))
        children = []
        for c in search.choices(x, classes[x]):
            child = classes.copy()
            child[x] = c
            satisfied = c in (predicted[x], USELESS)  # b itself gives this class
            children.append((float(search.bound(child).sum()), Node(child, b if satisfied else None)))
        stack += [node for _, node in sorted(children, key=lambda child: -child[0])]  # the most promising on top
    return (None if best_b is None else directions.inwards @ best_b), best_error, proven


class _Search:
    """Bound the error of partly decided classes, and find heads by linear programs, for the directions of one task."""

    def __init__(self, task: Task) -> None:
        self.unit, self.r = task.directions.unit, task.r
        first, self.mass = task.groups
        self.total = self.mass.sum(axis=1)
        self.shares = task.shares[first].toarray()
        self.useful = (self.shares > 0).T.astype(float) @ (self.mass > 0) > 0  # (C + 1, r)

    def choices(self, x: int, state: int) -> list[int]:
        """Return the classes to try for a direction: its useful ones first, and all others as one choice, USELESS."""
        useful = np.flatnonzero(self.useful[x]).tolist()
        useless = np.flatnonzero(~self.useful[x]).tolist()
        if state == USELESS:
            return useless
        return useful + (useless if len(useless) == 1 else [USELESS] * bool(useless))

    def most_probable(self) -> Ints:
        """Return the most probable class of each direction, (C,)."""
        joint = self.mass.T @ self.shares[:, : len(self.unit)]
        return np.asarray(np.argmax(joint, axis=0), dtype=np.intp)

    def predict(self, b: Floats) -> Ints:
        """Return the class of each direction, (C + 1,)."""
        return np.append(first_largest(self.unit @ b, rounding(np.ones(len(self.unit)), b)), 0)

    def bound(self, classes: Ints) -> Floats:
        """Return a lower bound on the error in each group of naturals, (G,); the error itself if all directions are decided."""
        # Class c has the votes of its directions, and at the most (`reach`) those of every direction that may still get c. It can
        # win a group only if `reach` comes up to what each other class has for certain, and if no earlier class, which wins
        # ties, is beyond it already. A group whose naturals are of class c with probability mass_c costs total - mass_c if c wins,
        # so it costs at least its total less the largest mass of a class that can win.
        votes = np.column_stack([self.shares[:, classes == c].sum(axis=1) for c in range(self.r)])
        may_get = (classes == OPEN)[:, np.newaxis] | ((classes == USELESS)[:, np.newaxis] & ~self.useful)
        reach = votes + self.shares @ may_get
        largest_mass = np.zeros(len(votes))
        for c in range(self.r):
            others = np.delete(votes, c, axis=1).max(axis=1, initial=0.0)
            earlier = votes[:, :c].max(axis=1, initial=-np.inf)
            wins = (reach[:, c] >= others - VOTE_TIE) & (earlier < np.maximum(others, reach[:, c]) - VOTE_TIE)
            largest_mass = np.maximum(largest_mass, np.where(wins, self.mass[:, c], 0.0))
        return np.asarray(self.total - largest_mass)

    def realise(self, classes: Ints) -> Floats | None:
        """Return b (rank, r) that gives the decided classes, or None if there is none."""
        # Class i wins a direction z iff (b_i - b_j)ᵀz > 0 for j < i, whose ties it loses, and >= 0 for j > i. The program
        # maximises the least margin t of the former plus that, s <= t, of the latter. Differences are all that counts, so b_0 = 0;
        # and a multiple of a head is the same head, so no entry exceeds 1.
        z, i, j = self._duels(classes)
        rank, r = self.unit.shape[1], self.r
        pairs, every = np.zeros((len(z), r, rank)), np.arange(len(z))
        pairs[every, i] = self.unit[z]
        pairs[every, j] -= self.unit[z]
        weights = pairs[:, 1:].reshape(len(z), (r - 1) * rank)
        strict = j < i
        margins = np.column_stack([~strict, strict]).astype(float)
        rows = np.vstack([np.hstack([-weights, margins]), np.append(np.zeros(weights.shape[1]), [1.0, -1.0])])
        bounds = [(-1.0, 1.0)] * weights.shape[1] + [(0.0, 1.0)] * 2
        solved = import_uninterrupted("scipy.optimize").linprog(
            np.append(np.zeros(weights.shape[1]), [-1.0, -1.0]),
            A_ub=rows,
            b_ub=np.zeros(len(rows)),
            bounds=bounds,
            method="highs",
            options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
        )
        if solved.status != 0 or (strict.any() and solved.x[-1] <= LEAST_MARGIN):
            return None
        flat = solved.x[:-2]
        # A tie must be one to the last bits, and is: HiGHS ends at a vertex, solved for to some 1e-16.
        return np.vstack([np.zeros(rank), flat.reshape(r - 1, rank)]).T

    def _duels(self, classes: Ints) -> tuple[Ints, Ints, Ints]:
        """List (direction, its class, another class) for all directions whose class is decided."""
        z = np.flatnonzero(classes[:-1] >= 0)
        i, j = np.broadcast_arrays(classes[z][:, np.newaxis], np.arange(self.r))
        other = i != j
        return np.repeat(z, self.r - 1), i[other], j[other]
