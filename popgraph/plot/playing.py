"""`play`: two views in a notebook, "of one image or not?", the score, w filling up beside the exact one, and f that plays on."""

import html
from fractions import Fraction
from typing import Any

import numpy as np

from popgraph.basics.arguments import count, flag, generator, whole_number
from popgraph.basics.arguments.embeddings import check_scale, read_embedding
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.populations import spectrum_of
from popgraph.basics.arrays import Floats
from popgraph.basics.extras import require
from popgraph.basics.html import html_table
from popgraph.basics.protocols import ViewedPopulation
from popgraph.basics.words import shorten
from popgraph.declare import Seed
from popgraph.errors import MissingExtra, TooLarge
from popgraph.plot.guessing import (
    Guessing,
    Round,
    Score,
    answers_of,
    best_threshold,
    counts_of,
    right_answers,
)
from popgraph.plot.panels import exact_weights, matrix_html, view_html, views_of
from popgraph.plot.reading import MAX_VIEWS_DRAWN, read_viewed, weights_among
from popgraph.training import train

MAX_VIEWS_EXACT = 40  # up to which the odds are fractions, where the population is exact
MOST_DIMENSIONS = 12  # of the slider
HEAD = ["player", "right answers", "share", "expected"]  # of the table of scores
ROUNDS_OF_F, PAIRS_WATCHED = 100, 1000  # at one press of a button
MAX_DRAWN_AT_ONCE = 1_000_000
W, APART = "w<sub>xx′</sub>", "w<sub>x</sub> w<sub>x′</sub>"
SCORE_ROUNDING = 1e-9  # a better threshold that gains less is none


class Spaced:
    """Draw a text with room beside it, as notebooks give none to the cells of a table."""

    def __init__(self, text: str) -> None:
        self.text = text

    def _repr_html_(self) -> str:
        words = html.escape(self.text)
        return f"<span style='padding-right:1.5em'>{f'<strong>{words}</strong>' if self.text in HEAD else words}</span>"


class Play:
    """Hold a game that a notebook shows. Made by `play`.

    Attributes
    ----------
    graph : population
        Whose views are shown.
    game : Guessing
        The odds of each pair, and ``best_score``: exact where the graph is.
    rounds : list of Round
        What was answered: positions x and x_plus, whether they were of one natural (``same``), and the ``answer``.
    f : (N, k) array
        The embedding that plays on.
    widget : ipywidgets.VBox
        All of it.

    See Also
    --------
    popgraph.play : Make one.

    Examples
    --------
    >>> import popgraph as pg
    >>> table = pg.play(pg.zoo.lightning_cloud(), rng=0)
    >>> table.answer(True).right
    True
    >>> [score.player for score in table.scores()]
    ['you', 'a best player', 'f', 'F*']
    """

    def __init__(self, graph: ViewedPopulation, f: Any, k: int, random: np.random.Generator) -> None:
        self.graph, self._random, self._given = graph, random, f
        exact = exact_weights(graph, MAX_VIEWS_EXACT)
        self.game = Guessing(*(exact or (weights_among(graph, "w", np.arange(graph.N)), np.asarray(graph.w_x))))
        self._seed = int(random.integers(2**32))
        self.rounds: list[Round] = []
        self._dealt = np.empty((0, 3), dtype=int)  # what f played on
        self._watched = np.zeros((graph.N, graph.N))
        self._watched_pairs = 0
        self.f: Floats
        self._players: list[tuple[str, Any]]
        self._set_dimensions(k)
        self._pair = self.game.deal(1, random)[0]
        self._last = "Two views. Were they made from the same image, or from two images drawn one by one?"
        self.widget = self._laid_out(require("ipywidgets"))
        self._draw()

    @property
    def pair(self) -> tuple[Any, Any]:
        """The two views on the table."""
        x, x_plus, _ = self._pair
        return self.graph.views[int(x)], self.graph.views[int(x_plus)]

    def answer(self, same: bool) -> Round:
        """Answer whether the two views on the table are of one natural; two others are dealt.

        Examples
        --------
        >>> import popgraph as pg
        >>> table = pg.play(pg.zoo.lightning_cloud(), rng=0)
        >>> answered = table.answer(False)
        >>> answered.right, len(table.rounds)
        (False, 1)
        """
        x, x_plus, truth = (int(each) for each in self._pair)
        answered = Round(x, x_plus, bool(truth), flag("same", same))
        self.rounds.append(answered)
        self._last = self._told(answered)
        self._pair = self.game.deal(1, self._random)[0]
        self._draw()
        return answered

    def let_f_play(self, rounds: int = ROUNDS_OF_F) -> tuple[Score, ...]:
        """Let f, F* and a best player answer further pairs, all the same ones, and return the scores.

        Examples
        --------
        >>> import popgraph as pg
        >>> table = pg.play(pg.zoo.lightning_cloud(), rng=0)
        >>> [score.rounds for score in table.let_f_play(50)]
        [0, 50, 50, 50]
        """
        rounds = count("rounds", rounds, 1, MAX_DRAWN_AT_ONCE)
        self._dealt = np.concatenate([self._dealt, self.game.deal(rounds, self._random)])
        self._draw()
        return self.scores()

    def watch(self, pairs: int = PAIRS_WATCHED) -> Floats:
        """Watch positive pairs, and return w as it was seen so far, (N, N).

        Examples
        --------
        >>> import popgraph as pg
        >>> table = pg.play(pg.zoo.lightning_cloud(), rng=0)
        >>> float(abs(table.watch(100_000) - table.graph.w).max()) < 0.01
        True
        """
        pairs = count("pairs", pairs, 1, MAX_DRAWN_AT_ONCE)
        self._watched += counts_of(self.game.deal_same(pairs, self._random), self.graph.N)
        self._watched_pairs += pairs
        self._draw()
        return self.w_seen

    @property
    def pairs_seen(self) -> int:
        """How many positive pairs were seen: watched, or dealt to you or to f."""
        return self._watched_pairs + int(self._answered[:, 2].sum() + self._dealt[:, 2].sum())

    @property
    def w_seen(self) -> Floats:
        """The share of each pair among the positive pairs seen, counted both ways round, (N, N); 0 before any was seen."""
        seen = self._watched + counts_of(np.concatenate([self._answered, self._dealt]), self.graph.N)
        return np.asarray(seen / max(self.pairs_seen, 1))

    def scores(self) -> tuple[Score, ...]:
        """Return the score of you, of a best player, of f and of F*: the last three have answered your pairs too.

        Examples
        --------
        >>> import popgraph as pg
        >>> you, best, f, F = pg.play(pg.zoo.lightning_cloud(), rng=0).scores()
        >>> best.expected
        Fraction(3, 4)
        """
        dealt = np.concatenate([self._answered, self._dealt])
        you = Score("you", len(self.rounds), sum(each.right for each in self.rounds), None)
        others = [
            Score(name, len(dealt), right_answers(dealt, says), self.game.expected_score(says))
            for name, says in [("a best player", self.game.best_answers), *self._players]
        ]
        return (you, *others)

    @property
    def _answered(self) -> Any:
        return np.array([each[:3] for each in self.rounds], dtype=int).reshape(-1, 3)

    def _set_dimensions(self, k: int) -> None:
        """Make f, unless it was given, and F* of k dimensions, and their answers."""
        spectrum = spectrum_of("play(graph)", self.graph, k)
        if self._given is None:
            self.f = train(self.graph, k, rng=self._seed, progress=False).f
        else:
            self.f = check_scale("f", read_embedding(self.graph.views, self._given))
        self._k, self._degenerate = k, not spectrum.gap
        self._players = [("f", answers_of(self.f)), ("F*", answers_of(spectrum.embedding))]

    def _told(self, answered: Round) -> str:
        """Say what was the truth, and which answer was the best one."""
        x, x_plus = answered.x, answered.x_plus
        truth = "they were made from the same image" if answered.same else "they were made from two images"
        best = bool(self.game.best_answers[x, x_plus])
        w, apart = self.game.w[x, x_plus], self.game.apart[x, x_plus]
        odds = f"{W} = {_short(w)} and {APART} = {_short(apart)}, so “the same” is right with probability "
        odds += _short(self.game.posterior(x, x_plus))
        if self.game.tie(x, x_plus):
            advice = "either answer is as good"
        elif answered.answer == best and not answered.right:
            advice = "you gave the best answer, and were unlucky"
        else:
            advice = f"a best player says “{'the same' if best else 'not the same'}”"
        return f"<strong>{'Right' if answered.right else 'No'}</strong>: {truth}. Here {odds}: {advice}."

    def _laid_out(self, widgets: Any) -> Any:
        """Return the table: two views, two buttons, the scores, both w, and the buttons that draw more."""
        row = widgets.Layout(flex_flow="row wrap", align_items="center", grid_gap="1.5em")
        names = ("told", "first", "second", "scores", "exact", "seen", "note")
        self._panels = {name: widgets.HTML() for name in names}
        at = self._panels
        same = widgets.Button(description="the same image", button_style="primary")
        other = widgets.Button(description="not the same")
        wide = widgets.Layout(width="auto")
        play_on = widgets.Button(description=f"let f play {ROUNDS_OF_F} rounds", layout=wide)
        watch = widgets.Button(description=f"watch {PAIRS_WATCHED:,} positive pairs", layout=wide)
        self.buttons = {"same": same, "not": other, "f": play_on, "watch": watch}
        same.on_click(lambda _: self.answer(True))
        other.on_click(lambda _: self.answer(False))
        play_on.on_click(lambda _: self.let_f_play())
        watch.on_click(lambda _: self.watch())
        most = min(self.graph.N, MOST_DIMENSIONS)
        self.dimensions = widgets.IntSlider(
            value=self._k, min=1, max=max(most, self._k), description="k, dimensions of f", continuous_update=False
        )
        self.dimensions.style.description_width = "initial"
        self.dimensions.observe(self._move_dimensions, names="value")
        below = [play_on, watch] + [self.dimensions] * (self._given is None)
        top = widgets.Layout(flex_flow="row wrap", align_items="flex-start", grid_gap="1.5em")
        widget = widgets.VBox(
            [
                widgets.HBox([at["first"], at["second"], widgets.VBox([same, other])], layout=row),
                at["told"],
                at["scores"],
                widgets.HBox(below, layout=row),
                at["note"],
                widgets.HBox([at["exact"], at["seen"]], layout=top),
            ]
        )
        widget.add_class("popgraph-play")
        at["exact"].value = self._matrix("w: probability of a positive pair", self.game.w)
        return widget

    def _move_dimensions(self, change: Any) -> None:
        self._set_dimensions(int(change["new"]))
        self._draw()

    def _matrix(self, title: str, values: Any) -> str:
        """Write w, exact or as seen, both with the shades of the exact one."""
        floats = np.asarray(values, dtype=float)
        exact = values if values.dtype == object else None
        largest = float(np.max(np.asarray(self.game.w, dtype=float)))
        return matrix_html(title, views_of(self.graph), floats, exact, largest=largest)

    def _draw(self) -> None:
        """Show the pair on the table, what is told of the last one, the scores, and w as seen so far."""
        card = (
            "<div style='min-width:10em;min-height:10em;display:flex;align-items:center;justify-content:center;"
            "border:1px solid currentColor;border-radius:0.5em;padding:0.5em;line-height:1.2'>{}</div>"
        )
        first, second = self.pair
        self._panels["first"].value, self._panels["second"].value = (
            card.format(view_html(first)),
            card.format(view_html(second)),
        )
        self._panels["told"].value = f"<div style='max-width:50em;line-height:1.4'>{self._last}</div>"
        self._panels["scores"].value = self._scores_html()
        self._panels["note"].value = f"<div style='max-width:50em;line-height:1.4'>{self._note()}</div>"
        seen = self.pairs_seen
        title = f"w as seen in {seen:,} positive pair{'s' * (seen != 1)}"
        self._panels["seen"].value = self._matrix(title, self.w_seen)

    def _scores_html(self) -> str:
        """Write a row for each player: right answers, their share, and the share that is to be expected."""
        names = {
            "f": f"f, {'given' if self._given is not None else f'trained, k = {self._k}'}",
            "F*": f"F*, k = {self._k}",
            "a best player": "the best there can be",
        }
        rows = [
            [
                names.get(score.player, score.player),
                f"{score.right:,} of {score.rounds:,}",
                f"{score.right / score.rounds:.1%}" if score.rounds else "–",
                "–" if score.expected is None else _with_percent(score.expected),
            ]
            for score in self.scores()
        ]
        return html_table([[Spaced(cell) for cell in row] for row in [HEAD, *rows]], left=True)

    def _note(self) -> str:
        """Say how f answers, and what else is to be known about its score."""
        said = f"f says “the same” where f(x)ᵀf(x′) &gt; 1: where it minimises the spectral loss, this estimates {W} / ({APART})."
        threshold, score = best_threshold(self.game, self.f)
        if self._given is not None and score > float(self.game.expected_score(self._players[0][1])) + SCORE_ROUNDING:
            said += f" With the threshold {threshold:.4g} in place of 1, this f would expect {score:.1%}."
        if self._degenerate:
            said += f" The cut at k = {self._k} is degenerate, so that F* is one of many, and so is its score."
        return said

    def _ipython_display_(self) -> None:
        require("IPython.display").display(self.widget)


def _short(value: Any) -> str:
    """Write a fraction whose terms are short as it is, and any other number with four digits."""
    exact = isinstance(value, Fraction) and len(str(value)) <= 9
    return str(value) if exact else f"{float(value):.4g}"


def _with_percent(share: Any) -> str:
    exact = f"{share} = " if isinstance(share, Fraction) and len(str(share)) <= 9 else ""
    return f"{exact}{float(share):.1%}"


@checked_call()
def play(graph: ViewedPopulation, f: Any = None, *, k: int | None = None, rng: Seed = None) -> Play:
    """Play the game of two views in a notebook: are they of one image or not? Then an embedding f plays on.

    A fair coin is tossed. Heads: one natural is drawn, and both views are made from it; tails: each view is made from a natural of
    its own. "The same" is right with the probability w_xx' / (w_xx' + w_x w_x'), so that the best there can be is
    Σ max(w_xx', w_x w_x') / 2 right answers in a round, on average. An embedding says "the same" where f(x)ᵀf(x') > 1.

    Parameters
    ----------
    graph : population
        With a list of at most 2,000 views.
    f : (N, k) array, mapping, callable, Training or Spectrum, optional
        Who plays on; trained on the graph if not given.
    k : int, optional
        The dimensions of the f that is trained, and of F*; the columns of f, or 2, if not given.
    rng : int or numpy.random.Generator, optional
        Deals the pairs and seeds the training.

    Returns
    -------
    Play
        Which a notebook shows. Its methods ``answer``, ``let_f_play`` and ``watch`` do what the buttons do.

    Raises
    ------
    InvalidArgument
        If the graph has no list of views, or two kinds of them, or k is not in 1..N.
    InvalidEmbedding
        If f is not one finite real vector for each view.
    TooLarge
        If there are more than 2,000 views.
    MissingExtra
        If ipywidgets is not installed.

    See Also
    --------
    explore : Sliders over the parameters of a population.
    plot.matrix : Draw w or Ā.
    PopulationGraph.sample_pairs : Draw positive pairs, as many as you like.

    Notes
    -----
    The score of a best player is 1/2 + TV(w, w_x w_x') / 2, by the total variation distance of the two laws.

    Examples
    --------
    >>> import popgraph as pg
    >>> table = pg.play(pg.zoo.lightning_cloud(), rng=0)
    >>> table.game.best_score
    Fraction(3, 4)
    >>> [score.expected for score in table.let_f_play(1000)]
    [None, Fraction(3, 4), Fraction(3, 4), Fraction(3, 4)]
    """
    graph = read_viewed("play(graph)", graph)
    if graph.N > MAX_VIEWS_DRAWN:
        raise TooLarge(
            f"play(graph) shows w of at most {MAX_VIEWS_DRAWN:,} views, and {shorten(graph)} has {graph.N:,}; "
            "graph.sample_pairs(100) draws its positive pairs"
        )
    if f is not None:
        f = check_scale("f", read_embedding(graph.views, f))
    columns = min(2, graph.N) if f is None else min(f.shape[1], graph.N)
    k = columns if k is None else whole_number("k", k, graph.N)
    random = generator(rng)
    try:
        require("ipywidgets")
    except MissingExtra as missing:
        raise MissingExtra(
            f"{missing}; without it there is no game, but plot.matrix(graph, 'w') shows w, and graph.sample_pairs(100) draws pairs"
        ) from missing
    return Play(graph, f, k, random)
