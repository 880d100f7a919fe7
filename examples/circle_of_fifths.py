"""The circle of fifths: which notes an augmentation confuses decides which circle F* draws.

Run `python examples/circle_of_fifths.py`; it prints what it finds and writes its figure to `figures/circle_of_fifths/`.

The naturals are the twelve notes of an octave; a view is the note itself or one that is a step away. Steps of a semitone and of a
fifth (seven semitones) have the same Fourier coefficients in another order, so the eigenvalues are the same and the circles are
not. Where both kinds of steps occur, a third circle leads: it turns twice an octave, and a note falls on its tritone, six
semitones away. It takes over where the share of fifths passes s with 1/2 + (1 - 2s) cos(30°)/2 = 3/4.
"""

from pathlib import Path
from typing import Any

import numpy as np

import popgraph as pg

NOTES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
CROSSING = (1 - 3**-0.5) / 2
SHARES = {"semitones": 0.0, "both": 0.5, "fifths": 1.0}


def notes(fifths: float) -> pg.PopulationGraph:
    """Stay with probability 1/2, else move up or down: by a fifth with this share, by a semitone with the rest."""
    by_one, by_seven = (1 - fifths) / 4, fifths / 4
    return pg.zoo.cyclic(12, {0: 0.5, 1: by_one, -1: by_one, 7: by_seven, -7: by_seven})


def circle(graph: pg.PopulationGraph) -> dict[tuple[float, float], str]:
    """Return the places of F* at k = 3 in their order around the circle, each with the notes that stand there."""
    places: dict[tuple[float, float], str] = {}
    for view, (_, x, y) in zip(graph.views, graph.spectrum(3).embedding.round(6), strict=True):
        places[x, y] = f"{places[x, y]}/{NOTES[view]}" if (x, y) in places else NOTES[view]
    return dict(sorted(places.items(), key=lambda place: np.arctan2(*place[0])))


def report() -> None:
    """Print eigenvalues and circles, and where they cross."""
    for name, share in SHARES.items():
        graph = notes(share)
        print(
            f"steps of {name:<10} γ = {graph.spectrum(5).gamma.round(4).tolist()}   F* at k = 3:",
            *circle(graph).values(),
        )
    below, above = (circle(notes(CROSSING + aside)) for aside in (-1e-3, 1e-3))
    print(
        f"\nUp to a share of fifths of {CROSSING:.4f} F* has {len(below)} places at k = 3, beyond it {len(above)}; at it:"
    )
    print(pg.verify(notes(CROSSING), pg.train(notes(CROSSING), 3, rng=0).f).family, "\n")
    print(pg.verify(notes(1.0), pg.train(notes(1.0), 3, rng=0).f))


def visualize() -> Any:
    """Draw the three circles, and all eigenvalues as semitones give way to fifths."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 4, figsize=(17, 4.4), layout="constrained")
    for ax, (name, share) in zip(axes, SHARES.items(), strict=False):
        places = circle(notes(share))
        ax.plot(*np.array([*places, next(iter(places))]).T, color="lightgrey", zorder=0)
        for at, names in places.items():
            ax.annotate(names, at, ha="center", va="center", bbox={"boxstyle": "round", "fc": "white", "ec": "grey"})
        ax.set(title=f"F* at k = 3, steps of {name}", aspect="equal", xlabel="f_2", ylabel="f_3")
        ax.margins(0.2)
    shares = sorted([*np.linspace(0, 1, 25), CROSSING, 1 - CROSSING])
    ax = pg.plot.spectrum_path(notes, shares, k=3, most=12, ax=axes[3])
    ax.set(xlabel="share of fifths among the steps", title="Three circles, two crossings at k = 3")
    return figure


if __name__ == "__main__":
    report()
    target = Path("figures") / "circle_of_fifths" / "circle_of_fifths.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    visualize().savefig(target, dpi=110)
    print(f"wrote {target}")
