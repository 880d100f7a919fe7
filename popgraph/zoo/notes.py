"""The twelve notes of an octave under random transposition: which steps are taken decides which notes are neighbours."""

from collections.abc import Mapping
from typing import Any

from popgraph.basics.arguments.keywords import checked_call
from popgraph.declare import Augmentation, Distribution
from popgraph.populations import PopulationGraph, build
from popgraph.zoo.cycles import read_steps

NOTES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
FIFTHS = {0: "1/2", 7: "1/4", -7: "1/4"}


@checked_call()
def notes(steps: Mapping[int, Any] | None = None) -> PopulationGraph:
    """Transpose a note of the octave by a random number of semitones: a fifth up or down, or none, if no steps are given.

    The notes are equally likely. The label is the colour of the note's key on a piano, white or black. Ā is circulant, with the
    eigenvalues γ_j = ``|Σ_s P(s) e^{2πi js/12}|²``, j = 0..11, on the characters of Z_12.

    Known fact: steps of a fifth (7 semitones) have the same eigenvalues as steps of a semitone, and yet only with fifths does F*
    at k = 3 separate the white keys from the black ones by a line. Proof: x -> 7x permutes Z_12, as 7 · 7 = 49 = 1 mod 12, and
    takes steps of ±1 to steps of ±7; so the graphs are the same up to the names of the notes. F* at k = 3 is a circle, with the
    notes in the order of the steps. The white keys F C G D A E B are 5 + 7i mod 12 for i = 0..6: one arc of the circle of fifths,
    which a line cuts off; on the circle of semitones every black key stands between two white ones.

    Parameters
    ----------
    steps : mapping number of semitones -> probability, optional
        Whole numbers, taken modulo 12; float, Fraction, Decimal, str or int probabilities that sum to 1. 0 with the probability
        1/2 and 7 and -7 with 1/4 each, if not given.

    Returns
    -------
    PopulationGraph
        A view for each of the 12 notes.

    Raises
    ------
    InvalidArgument
        If a step is not whole.
    InvalidDistribution
        If the probabilities do not sum to 1.

    See Also
    --------
    cyclic : A circle of any length.
    dice : Faces of a die.

    Examples
    --------
    >>> import popgraph as pg
    >>> fifths, semitones = pg.zoo.notes(), pg.zoo.notes({0: "1/2", 1: "1/4", -1: "1/4"})
    >>> fifths.spectrum(4).gamma  # (1/2 + cos(30°)/2)² twice, (1/2 + cos(60°)/2)²
    array([1.       , 0.8705127, 0.8705127, 0.5625   ])
    >>> pg.probe(fifths, fifths.spectrum(3)).error
    0.0
    >>> round(pg.probe(semitones, semitones.spectrum(3)).error, 3)
    0.417
    """
    step = read_steps(FIFTHS if steps is None else steps)
    place = {note: i for i, note in enumerate(NOTES)}
    return build(
        Distribution.uniform(NOTES),
        Augmentation(lambda note: step.map(lambda s: NOTES[(place[note] + int(s)) % 12]), "transpose"),
        labels=["black" if "#" in note else "white" for note in NOTES],
        name="notes",
    )
