"""A table of verbs x kinds of population: every verb asked of every kind, beside the answer on the same population, listed.

`python tests/verbs.py` prints the table. A kind is one entry of KINDS (`kinds.py`), a verb one entry of VERBS. A cell is right (the
answer is that of the listed graph, to a tolerance) or refused: one sentence that names a call which helps, and the call works.
"""

import html
import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import Enum
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from clusters import close
from given_pairs import ASKED_OTHERWISE, TRUTHS
from kinds import KINDS

import popgraph as pg
from popgraph.errors import InvalidArgument, PopgraphError

K = 3  # at which every population below has a clean cut
EXACT = 1e-8  # spans, eigenvalues and losses of populations of some ten views: N eps / gap is below it
DESCENT = 1e-5  # what two descents from two starts agree to
NOISY = pg.losses.SpectralLoss(noise=0.75)
AT_A_KINK = 1e-2  # where the loss has one, as a hinge does, and both stop before they have converged


@dataclass(frozen=True, eq=False)
class Asked:
    """A population, the same one listed, and what both are asked with, in words that the population understands."""

    population: Any
    listed: pg.PopulationGraph
    k: int = K

    @cached_property
    def true(self) -> Any:
        """One pair more than are asked for, of the listed graph."""
        return self.listed.spectrum(self.k + 1)

    @property
    def table(self) -> Any:
        """F* up to a map, one row for each view."""
        return self.true.embedding[:, : self.k] @ (np.eye(self.k) + 0.3)

    @property
    def wrong(self) -> Any:
        """Such a table with the eigenvector k + 1 in place of the k-th."""
        return self.true.embedding[:, [*range(self.k - 1), self.k]]

    @property
    def features(self) -> Any:
        """A class of functions: the products' own of degree 1, or five of the views'."""
        if hasattr(self.population, "features"):
            return self.population.features(1)
        return np.column_stack([self.true.embedding, np.cos(np.arange(self.listed.N))])

    def rows(self, f: Any) -> Any:
        """f at every view: a table as it is, a function evaluated."""
        f = f.__low_degree__() if hasattr(f, "__low_degree__") else getattr(f, "f", f)
        return f(positions_of(self.population, self.listed)) if callable(f) else np.asarray(f)

    def instead(self, population: Any) -> "Asked":
        """The same questions of another population."""
        asked = Asked(population, self.listed, self.k)
        asked.__dict__["true"] = self.true
        return asked

    @property
    def labels(self) -> Any:
        return list(self.listed.labels)

    @property
    def teacher(self) -> list[Any]:
        """Bayes' labels of the views, but for one that is wrong and one without a label."""
        labels = list(self.listed.view_labels)
        first, *_ = labels
        labels[1] = next(label for label in labels if label != first)
        return [*labels[:-1], None]


@cache
def asked_of(kind: str) -> Asked:
    return Asked(KINDS[kind].make(), KINDS[kind].listed())


# Verbs: each answers with numbers, words and arrays that the listed graph's answer must equal


@dataclass(frozen=True)
class Verb:
    """One verb, what of its answer is compared, and to what tolerance."""

    ask: Callable[[Asked], Any]
    tolerance: float = EXACT
    needs: str = ""


def positions_of(population: Any, listed: Any) -> Any:
    """All views as the population's pairs name them: by rows of coordinates, or by their numbers."""
    if hasattr(population, "positions"):
        return population.positions(list(listed.views))
    return np.arange(listed.N)


def span(a: Asked, f: Any, k: int | None = None) -> str:
    """Whether f spans F* of the listed graph, by the listed graph's verdict."""
    return pg.verify(a.listed, a.rows(f), k, atol=DESCENT).status.name


def spectrum(a: Asked) -> Any:
    found = a.population.spectrum(a.k)
    vectors = getattr(found, "eigenvectors", None)
    table = (
        found.evaluate(positions_of(a.population, a.listed))
        if vectors is None
        else vectors / np.sqrt(a.listed.w_x)[:, np.newaxis]
    )
    return found.k, found.gamma, float(found.gap), a.k in found.clean_cuts, span(a, table)


def verdict(a: Asked, f: Any, **options: Any) -> Any:
    match = pg.verify(a.population, f, a.k, **options)
    return match.status.name, bool(match), match.k, match.optimal, match.rank, match.excess_loss


def loss_value(a: Asked, name: str, f: Any) -> float:
    """The exact loss of f by the listed graph."""
    return float(getattr(pg.losses, name).value(a.listed.factor, a.listed.w_x, a.rows(f)))


def sampled(a: Asked, f: Any, **options: Any) -> Any:
    """What sampling says may be less than the truth, and never other than it."""
    judged = pg.verify_sampled(a.population, f, a.k, pairs=20_000, atol=0.5, rng=0, **options)
    F = a.rows(f)
    exact = loss_value(a, "spectral", F)
    matches = bool(pg.verify(a.listed, F, a.k))
    return bool(judged.loss.low <= exact <= judged.loss.high), judged.status.name != (
        "REFUTED" if matches else "CERTIFIED"
    )


def own(a: Asked) -> Any:
    """F* in the population's own words: a table, functions of a product's coordinates, or of positions."""
    if hasattr(a.population, "views"):
        return a.table
    return a.population.spectrum(a.k) if hasattr(a.population, "features") else lambda places: a.table[places]


def training(a: Asked, **options: Any) -> Any:
    """The loss that a descent ends at is that of its f by the listed graph, and as small as on that."""
    name = options.get("loss", "spectral")
    done = pg.train(a.population, a.k, rng=0, progress=False, **options)
    exact = loss_value(a, name, done)
    return float(done.loss[-1]), bool(abs(exact - done.loss[-1]) <= EXACT * abs(exact)), done.converged


def in_batches(a: Asked) -> Any:
    done = pg.train(a.population, a.k, rng=0, progress=False, batch_size=64, steps=200)
    exact = loss_value(a, "spectral", done)
    return bool(abs(exact - done.loss[-1]) < EXACT), bool(exact < done.loss[0])


def of_features(a: Asked) -> Any:
    done = pg.train(a.population, a.k, rng=0, progress=False, features=a.features)
    table = a.rows(a.features)
    least = -float(np.sum(a.listed.spectrum(a.k, features=table).gamma ** 2))
    return bool(abs(done.loss[-1] - least) < DESCENT), done.converged


def flowing(a: Asked, **options: Any) -> Any:
    """Where the modes are, and the loss, at two times."""
    flow = pg.flow(a.population, a.k, 0.1, [0.5, 2.0], **options)
    return flow.gamma, flow.held, flow.loss


def critic(a: Asked) -> Any:
    done = pg.train_critic(a.population, "nt_logistic")
    return done.s, done.loss


def audit(a: Asked) -> Any:
    counted = pg.losses.audit("spectral", a.population, a.table, 2)
    return counted.mean, counted.variance, counted.population


def comparison(a: Asked) -> Any:
    found = pg.compare(a.population, a.listed, a.k)
    return found.norm, found.gamma, found.gamma_other, found.angles, found.shared_views


def clusters(a: Asked) -> Any:
    found = pg.spectral_clusters(a.population, a.k, labels=a.labels, rng=0)
    return found.parts, found.natural_parts, found.conductance, found.inertia, found.accuracy


def probe(a: Asked, head: str) -> Any:
    found = pg.probe(a.population, a.table, a.labels, head=head)
    return found.error, found.loss, found.predicted


def probe_range(a: Asked) -> Any:
    found = pg.probe_range(a.population, a.k, a.labels, samples=5)
    return found.low.error, found.high.error, found.family


def bounds(a: Asked) -> Any:
    found = pg.partition_bounds(a.population, 2)
    return found.lower, found.upper


def sparsest(a: Asked) -> Any:
    found = pg.sparsest_partition(a.population, 2)
    return found.labels, found.conductances


def statements(a: Asked) -> Any:
    checks = pg.theory.check(a.population, a.labels, a.k)
    return [(check.name, check.verdict.name, check.left, check.right) for check in checks.items]


def expansion(a: Asked) -> Any:
    found = pg.selftraining.expansion(a.population, 0.5, a.labels)
    return found.c, found.label, found.worst


def inner(a: Asked) -> Any:
    return pg.selftraining.inner_conductance(a.population, [0 if label is None else label for label in a.teacher]).rho


def iterated(a: Asked) -> Any:
    found = pg.selftraining.iterate(a.population, a.teacher)
    return found.labels, found.inconsistency


def student(a: Asked) -> Any:
    found = pg.selftraining.self_train(a.population, a.teacher, weight=1.0, labels=a.labels)
    return found.labels, found.objective, found.error, found.teacher_error


def contest(a: Asked) -> Any:
    found = pg.selftraining.which_wins(a.population, a.teacher, a.k, weight=1.0, labels=a.labels)
    return found.winner, found.contrastive, found.self_training, found.teacher


def pseudo(a: Asked) -> Any:
    known = {natural: label for natural, label in zip(a.listed.naturals, a.labels, strict=True) if label == a.labels[0]}
    return pg.selftraining.pseudo_labels(a.population, known)


def drawn(ax: Any) -> Any:
    """What a picture shows, as numbers: lines, points, cells, bars, and how much is written."""
    lines = [np.asarray(line.get_xydata(), dtype=float) for line in ax.lines]
    points = [np.asarray(c.get_offsets(), dtype=float) for c in ax.collections if len(c.get_offsets()) > 1]
    images = [np.asarray(image.get_array(), dtype=float) for image in ax.images]
    bars = [[float(p.get_height()) for p in ax.patches if hasattr(p, "get_height")]]
    return lines, points, images, bars, len(ax.texts)


def picture(draw: Callable[[Asked], Any]) -> Callable[[Asked], Any]:
    """Ask a verb that draws."""

    def ask(a: Asked) -> Any:
        try:
            axes = draw(a)
            return [drawn(ax) for ax in (axes if isinstance(axes, tuple) else (axes,))]
        finally:
            plt.close("all")

    return ask


def trained(a: Asked, **options: Any) -> Any:
    """A training of the listed graph, for pictures."""
    return pg.train(a.listed, a.k, rng=0, progress=False, keep_path=True, steps=20, **options)


def drawn_spectrum(a: Asked) -> Any:
    """The k eigenvalues that were asked for, which are filled; another solver may know more of those beyond."""
    lines, (filled, *_), *_ = picture(lambda a: pg.plot.spectrum(a.population.spectrum(a.k)))(a)[0]
    return lines, filled


def animated(a: Asked) -> Any:
    moving = pg.plot.animation(trained(a), a.population, a.true.leading(a.k), frames=3)
    moving._draw_was_started = True  # it is looked at, and not shown
    return moving._fig.axes[0]


def networks(a: Asked) -> Any:
    """Two picture nodes for each view lie where a layout puts them; what is compared is which edges there are."""
    _, points, _, _, texts = drawn(pg.plot.graph(a.population, labels=list(a.listed.view_labels)))
    return [len(each) for each in points], texts


def explored(a: Asked) -> Any:
    shown = pg.explore(lambda: a.population, k=(1, a.k))
    shown.sliders["k"].value = a.k
    panels = {
        name: html.unescape(re.sub(r"<[^>]*>", " ", panel.value)).strip() for name, panel in shown._panels.items()
    }
    if panels["message"]:
        raise InvalidArgument(panels["message"])
    return panels["w"], panels["adjacency"], shown.spectrum.gamma


def played(a: Asked) -> Any:
    table = pg.play(a.population, k=a.k, rng=0)
    return np.asarray(table.game.w, dtype=float), float(table.game.best_score), float(table.scores()[3].expected)


def saved(a: Asked) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        back = pg.load(pg.save(a.population, Path(folder) / "population"))
    return back.kernel.toarray(), back.p, back.w_x


def network(a: Asked) -> Any:
    import torch

    torch.manual_seed(0)
    width = len(a.listed.views[0]) if isinstance(a.listed.views[0], tuple) else 1
    return torch.nn.Linear(width, 2)


def numbers_of(view: Any) -> Any:
    """A view as a network reads it."""
    return np.array(view if isinstance(view, tuple) else [view], dtype=float)


def fitted_by_batches(a: Asked) -> float:
    from popgraph.torch import fit

    done = fit(network(a), a.population, steps=4, batch_size=16, rng=0, device="cpu", encode=numbers_of)
    return float(done.loss[-1])


def fitted(a: Asked) -> Any:
    from popgraph.torch import fit

    done = fit(network(a), a.population, steps=4, batch_size=None, rng=0, device="cpu", encode=numbers_of)
    return done.f, done.loss


def network_verdict(a: Asked) -> Any:
    from popgraph.torch import verify

    report = verify(a.population, network(a), encode=numbers_of)
    return report.output.status.name, report.output.rank


def batches(a: Asked) -> Any:
    from popgraph.torch import PositivePairs

    pairs = list(PositivePairs(a.population, 2_000, batches=2, rng=0, encode=numbers_of))
    x, x_plus = (np.concatenate([np.asarray(pair[side]) for pair in pairs]) for side in (0, 1))
    return frequencies(a, views_at(a, x), views_at(a, x_plus))


def views_at(a: Asked, rows: Any) -> Any:
    known = {tuple(numbers_of(view)): i for i, view in enumerate(a.listed.views)}
    return np.array([known[tuple(row)] for row in np.asarray(rows, dtype=float)])


def frequencies(a: Asked, left: Any, right: Any) -> Any:
    """Whether pairs come as often as w says: within five standard deviations each, which 144 of them leave once in 10,000 times."""
    N, size = a.listed.N, len(left)
    counts = np.bincount(left * N + right, minlength=N * N).reshape(N, N) / size
    w = a.listed.w
    return bool((np.abs(counts - w) <= 5 * np.sqrt(w * (1 - w) / size) + 2 / size).all())


def pairs(a: Asked) -> Any:
    found = np.asarray(a.population.sample_pairs(4_000, rng=0))
    again = np.asarray(a.population.sample_pairs(4_000, rng=0))
    assert np.array_equal(found, again)
    if found.ndim == 3:
        assert found.shape[:2] == (4_000, 2)
        place = {tuple(row): i for i, row in enumerate(positions_of(a.population, a.listed).tolist())}
        found = np.array([[place[tuple(x)] for x in pair] for pair in found.tolist()])
    return frequencies(a, *found.T)


def expanded(a: Asked) -> Any:
    graph = a.population.expand()
    return list(graph.views), graph.w, graph.p.sum()


def embeddings(a: Asked) -> Any:
    from hypothesis import find

    f = find(pg.testing.embeddings(a.population, a.k, matching=True), lambda f: True)
    return bool(pg.verify(a.listed, f, a.k)), f.shape


def labellings(a: Asked) -> Any:
    from hypothesis import find

    return find(pg.testing.labellings(a.population, 2), lambda labels: len(set(labels.tolist())) == 2).shape


def passes(assertion: Callable[..., None], *arguments: Any) -> str:
    try:
        assertion(*arguments)
    except AssertionError:
        return "fails"
    return "passes"


def declared(a: Asked) -> Any:
    graph = eval(pg.testing.as_python(a.population), {"popgraph": pg})
    order = [graph.index(view) for view in a.listed.views]
    return graph.w[np.ix_(order, order)]


def written(a: Asked) -> Any:
    """The questions of a worksheet."""
    with tempfile.TemporaryDirectory() as folder:
        return pg.classroom.worksheet(
            a.population, Path(folder) / "sheet.html", k=a.k, questions=["w_x", "f"]
        ).questions


VERBS: dict[str, Verb] = {
    "spectrum": Verb(spectrum),
    "sample_pairs": Verb(pairs),
    "expand": Verb(expanded),
    "verify, a table": Verb(lambda a: verdict(a, a.table)),
    "verify, its own spectrum": Verb(lambda a: verdict(a, a.population.spectrum(a.k))),
    "verify, a Training": Verb(lambda a: verdict(a, trained_on(a))[:4]),
    "verify, a wrong table": Verb(lambda a: verdict(a, a.wrong)),
    "verify, weight_decay=": Verb(lambda a: verdict(a, a.table, weight_decay=0.3, head="linear")[:4]),
    "verify, features=": Verb(lambda a: verdict(a, a.table, features=a.features)[:4]),
    "verify_sampled": Verb(lambda a: sampled(a, own(a))),
    "verify_sampled, gamma=": Verb(lambda a: sampled(a, own(a), gamma=a.true.gamma)),
    "verify_sampled, a wrong table": Verb(lambda a: sampled(a, a.wrong, gamma=a.true.gamma)),
    "train, spectral": Verb(lambda a: training(a, **degree_1(a)), DESCENT),
    "train, vicreg": Verb(lambda a: training(a, loss="vicreg", steps=60, **degree_1(a)), AT_A_KINK),
    "train, infonce": Verb(lambda a: training(a, loss="infonce", **degree_1(a)), DESCENT),
    "train, batch_size=": Verb(in_batches),
    "train, features=": Verb(of_features),
    "train, weight_decay=": Verb(lambda a: pg.train(a.population, a.k, rng=0, weight_decay=0.3).loss[-1], DESCENT),
    "train, head=": Verb(
        lambda a: pg.train(a.population, a.k, rng=0, weight_decay=0.1, head="linear").loss[-1], DESCENT
    ),
    "train, nonnegative=": Verb(lambda a: pg.train(a.population, 1, rng=0, nonnegative=True).loss[-1], DESCENT),
    "train_critic": Verb(critic, DESCENT),
    "flow": Verb(flowing),
    "flow, byol": Verb(lambda a: flowing(a, rule="byol", weight_decay=0.05)),
    "losses.audit": Verb(audit),
    "compare": Verb(comparison),
    "spectral_clusters": Verb(clusters),
    "probe, least squares": Verb(lambda a: probe(a, "least squares")),
    "probe, logistic": Verb(lambda a: probe(a, "logistic"), DESCENT),
    "probe, exact": Verb(lambda a: probe(a, "exact")),
    "probe_range": Verb(probe_range),
    "partition_bounds": Verb(bounds),
    "sparsest_partition": Verb(sparsest),
    "theory.check": Verb(statements, DESCENT),
    "theory.minimum": Verb(lambda a: pg.theory.minimum("spectral", a.population, a.k)),
    "theory.optimum": Verb(lambda a: pg.theory.optimum(a.population, a.k, weight_decay=0.3, head="linear").value),
    "theory.critic_minimum": Verb(lambda a: pg.theory.critic_minimum("nt_logistic", a.population)),
    "losses.noise_law": Verb(lambda a: pg.losses.noise_law(a.population, 0.75)),
    "losses.debiased_negatives": Verb(lambda a: pg.losses.debiased_negatives(a.population, 0.1)),
    "losses.hard_negatives": Verb(lambda a: pg.losses.hard_negatives(a.population, a.table, 0.5)),
    "train, noise": Verb(lambda a: pg.train(a.population, a.k, loss=NOISY, rng=0).loss[-1], DESCENT),
    "theory.minimum, noise": Verb(lambda a: pg.theory.minimum(NOISY, a.population, a.k)),
    "theory.critic_minimum, noise": Verb(
        lambda a: pg.theory.critic_minimum(pg.losses.NTLogistic(2, noise=0.75), a.population)
    ),
    "theory.mutual_information": Verb(lambda a: pg.theory.mutual_information(a.population)),
    "selftraining.expansion": Verb(expansion),
    "selftraining.inner_conductance": Verb(inner),
    "selftraining.iterate": Verb(iterated),
    "selftraining.propagate": Verb(lambda a: pg.selftraining.propagate(a.population, a.teacher)),
    "selftraining.pseudo_labels": Verb(pseudo),
    "selftraining.self_train": Verb(student),
    "selftraining.which_wins": Verb(contest),
    "plot.spectrum": Verb(drawn_spectrum),
    "plot.match": Verb(picture(lambda a: pg.plot.match(pg.verify(a.population, a.population.spectrum(a.k))))),
    "plot.matrix": Verb(picture(lambda a: pg.plot.matrix(a.population))),
    "plot.matrix, w": Verb(picture(lambda a: pg.plot.matrix(a.population, "w"))),
    "plot.graph": Verb(networks),
    "plot.embedding": Verb(picture(lambda a: pg.plot.embedding(a.population, a.table))),
    "plot.before_and_after": Verb(picture(lambda a: pg.plot.before_and_after(a.population))),
    "plot.training": Verb(picture(lambda a: pg.plot.training(trained(a), a.population.spectrum(a.k)))),
    "plot.flow": Verb(picture(lambda a: pg.plot.flow(pg.flow(a.population, a.k, 0.1, [0.0, 0.5, 2.0])))),
    "plot.animation": Verb(picture(animated)),
    "plot.spectrum_path": Verb(picture(lambda a: pg.plot.spectrum_path(lambda value: a.population, [0.0, 1.0], k=a.k))),
    "explore": Verb(explored),
    "play": Verb(played),
    "save": Verb(saved),
    "torch.fit": Verb(fitted, DESCENT, needs="torch"),
    "torch.verify": Verb(network_verdict, needs="torch"),
    "torch.PositivePairs": Verb(batches, needs="torch"),
    "assert_matches": Verb(lambda a: passes(pg.testing.assert_matches, a.population, own(a))),
    "assert_matches, wrong": Verb(lambda a: passes(pg.testing.assert_matches, a.population, a.wrong)),
    "assert_optimal": Verb(lambda a: passes(pg.testing.assert_optimal, a.population, a.true.embedding[:, : a.k])),
    "assert_same_span": Verb(lambda a: passes(pg.testing.assert_same_span, a.population, a.table, a.table[:, ::-1])),
    "assert_theorem": Verb(
        lambda a: passes(pg.testing.assert_theorem, pg.theory.check(a.population, a.labels, a.k, only="Lemma 3.1"))
    ),
    "as_python": Verb(declared),
    "classroom.worksheet": Verb(written),
    "classroom.grade": Verb(lambda a: pg.classroom.grade(a.population, f=a.table, F=a.wrong, k=a.k).to_dict()["tests"]),
    "embeddings": Verb(embeddings, needs="hypothesis"),
    "labellings": Verb(labellings, needs="hypothesis"),
}


def trained_on(a: Asked) -> Any:
    return pg.train(a.population, a.k, rng=0, progress=False, **degree_1(a))


def degree_1(a: Asked) -> dict[str, Any]:
    """A product is trained over functions of its coordinates."""
    return {"features": a.population.features(1)} if hasattr(a.population, "features") else {}


# Outcomes


def same(one: Any, other: Any, tolerance: float) -> bool:
    """Whether two answers agree: numbers to the tolerance, all else exactly."""
    if isinstance(one, Enum | str) or one is None:
        return one == other
    if is_dataclass(one) and not isinstance(one, type):
        return all(same(getattr(one, f.name), getattr(other, f.name), tolerance) for f in fields(one))
    if isinstance(one, Mapping):
        return list(one) == list(other) and all(same(one[key], other[key], tolerance) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(same(x, y, tolerance) for x, y in zip(one, other, strict=True))
    one, other = np.asarray(one), np.asarray(other)
    if one.shape != other.shape:
        return False
    if one.dtype == object or other.dtype == object:
        return all(x == y for x, y in zip(one.ravel().tolist(), other.ravel().tolist(), strict=True))
    if not np.issubdtype(one.dtype, np.number):
        return bool(np.array_equal(one, other))
    return bool(np.allclose(one, other, rtol=tolerance, atol=tolerance, equal_nan=True))


@dataclass(frozen=True)
class Outcome:
    """What a verb does to a population: "right", or "refused" with a call that helps; all else is the third thing."""

    kind: str
    words: str = ""

    @property
    def fine(self) -> bool:
        return self.kind in ("right", "refused")

    @property
    def cell(self) -> str:
        return self.words if self.kind == "refused" else self.kind


# The calls that a refusal may name -> what becomes of the question when the call is made in place of it
ADVICE: dict[str, Callable[[Verb, Asked], Any]] = {
    ".expand()": lambda verb, a: verb.ask(a.instead(a.population.expand())),
    "verify_sampled": lambda verb, a: verb.ask(a.instead(a.listed)) if sampled(a, own(a)) == (True, True) else None,
    "batch_size=": lambda verb, a: verb.ask(a.instead(a.listed)) if np.isfinite(fitted_by_batches(a)) else None,
}


def is_one_sentence(message: str) -> bool:
    return "\n" not in message and not re.search(r"[.!?] +[A-Z]", message) and not message.endswith(".")


def outcome(verb: Verb, a: Asked, own_truth: Callable[[Asked], Any] | None = None) -> Outcome:
    """Ask, and compare with the same population listed, or with what is true of this kind of population alone."""
    true = truth(verb, a) if own_truth is None else own_truth(a)
    try:
        answer = verb.ask(a)
    except PopgraphError as refusal:
        return refused(verb, a, str(refusal), true)
    except Exception as error:
        return Outcome("EXCEPTION", f"{type(error).__name__}: {error}")
    return Outcome("right") if same(true, answer, verb.tolerance) else Outcome("WRONG", f"{answer} is not {true}")


@cache
def answer_of_the_listed(verb: Verb, graph: pg.PopulationGraph) -> Any:
    """The listed graph's answer, which most kinds share."""
    return verb.ask(Asked(graph, graph))


def truth(verb: Verb, a: Asked) -> Any:
    """The listed graph's answer."""
    return answer_of_the_listed(verb, a.listed)


def refused(verb: Verb, a: Asked, message: str, true: Any) -> Outcome:
    """A refusal is one sentence that names a call; the call is made, and must give the answer."""
    if not is_one_sentence(message):
        return Outcome("NO HELP", f"no single sentence: {message}")
    for call, follow in ADVICE.items():
        if call in message:
            try:
                answer = follow(verb, a)
            except Exception as error:
                return Outcome("NO HELP", f"the advice does not work: {message}: {type(error).__name__}: {error}")
            right = same(true, answer, verb.tolerance)
            return Outcome("refused", call) if right else Outcome("WRONG", f"{answer} is not {true}, after {message}")
    return Outcome("NO HELP", f"names no call that helps: {message}")


def applicable(a: Asked, population: Any) -> Any:
    """The statements that apply where labels are in the pairs, on this population."""
    apply = {row[0] for row in statements(a) if row[1] != "NOT_APPLICABLE"}
    return [row for row in statements(replace(a, population=population)) if row[0] in apply]


@cache
def cell(verb: str, kind: str) -> Outcome:
    if (verb, kind) == ("theory.check", "with labels"):
        asked = replace(VERBS[verb], ask=lambda a: applicable(a, a.population))
        return outcome(asked, asked_of(kind), lambda a: applicable(a, a.listed))
    if not KINDS[kind].views_are_data:
        return outcome(VERBS[verb], asked_of(kind))
    asked = replace(VERBS[verb], ask=ASKED_OTHERWISE.get(verb, VERBS[verb].ask))
    return outcome(asked, asked_of(kind), TRUTHS.get(verb))


def table(kinds: Any = tuple(KINDS), verbs: Any = tuple(VERBS)) -> str:
    """The table, a line for each verb."""
    widths = [max(len(kind), 9) for kind in kinds]
    lines = [" " * 30 + "  ".join(kind.ljust(width) for kind, width in zip(kinds, widths, strict=True))]
    for verb in verbs:
        cells = [cell(verb, kind).cell[:width] for kind, width in zip(kinds, widths, strict=True)]
        lines.append(verb.ljust(30) + "  ".join(each.ljust(width) for each, width in zip(cells, widths, strict=True)))
    return "\n".join(line.rstrip() for line in lines)


if __name__ == "__main__":
    print(table())
    close()
