"""A die that is tipped over and miscounted: two kinds of noise on six faces, of which opposite ones sum to 7."""

from typing import Any

from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.probabilities import parse_unit
from popgraph.declare import Augmentation, Distribution, Image
from popgraph.populations import PopulationGraph, build

FACES = range(1, 7)
FACE_WORDS = ("one", "two", "three", "four", "five", "six")
PIPS = {
    1: "... .#. ...",
    2: "#.. ... ..#",
    3: "#.. .#. ..#",
    4: "#.# ... #.#",
    5: "#.# .#. #.#",
    6: "#.# #.# #.#",
}


@checked_call()
def dice(tip: Any = "1/4", miscount: Any = "1/4") -> PopulationGraph:
    """Tip a die over one of its edges, and misread its pips by one, each with some probability.

    The naturals are the six faces, images of pips named "one" to "six", equally likely, and so are the views. A tipped die shows
    any face but the one that it showed and the opposite one, equally likely; opposite faces sum to 7. A miscount is one too many
    or one too few, equally likely; 0 is read as 1, and 7 as 6. The label says whether the face is "low", 1 to 3, or "high".

    With t = ``tip`` and m = ``miscount`` Ā has the eigenvalues 1 and, for j = 1..5, (T_j (1 - m + m cos(πj/6)))² with T_j = 1 - t
    for odd j and 1 - 3t/2 for even j. With m = 0 these are (1 - t)² three times, for the three axes of the die: for 0 < t < 4/5,
    F* at k = 4 places the faces as they lie in space. With t = 0 they are those of a chain.

    Proof: c_j(x) = cos(πj(2x - 1)/12), j = 0..5, are the eigenvectors of the chain that steps up or down with m/2 and stays at its
    ends, with the eigenvalue 1 - m + m cos(πj/6). With J all ones and P the opposite face, tipping is (1 - t) I + t/4 (J - I - P).
    J c_j = 0 for j >= 1, and P c_j(x) = c_j(7 - x) = cos(πj - πj(2x - 1)/12) = (-1)^j c_j(x). So tipping has the same eigenvectors,
    with the eigenvalues 1 - t - t/4 (1 + (-1)^j). Both kernels are symmetric and p is uniform, so Ā is the square of their product.

    Parameters
    ----------
    tip, miscount : float, Fraction, Decimal, str or int
        Probabilities, in [0, 1].

    Returns
    -------
    PopulationGraph
        A view for each face.

    Raises
    ------
    InvalidDistribution
        If a probability is not in [0, 1].

    See Also
    --------
    cards : Playing cards.
    notes : Notes of a scale.

    Examples
    --------
    >>> import popgraph as pg
    >>> graph = pg.zoo.dice("1/4", 0)
    >>> graph.views[0], graph.views[-1]
    (Image(one, 7x7), Image(six, 7x7))
    >>> graph.spectrum(6).gamma  # (3/4)² of the three axes, (5/8)² twice
    array([1.      , 0.5625  , 0.5625  , 0.5625  , 0.390625, 0.390625])
    >>> one, six = graph.spectrum(4).eigenvectors[[0, 5], 1:]
    >>> (one + six).round(9).tolist()  # opposite faces are opposite points
    [0.0, 0.0, 0.0]
    """
    t, m = parse_unit(tip, "tip"), parse_unit(miscount, "miscount")

    def tipped(face: int) -> Distribution:
        chances = {other: 1 - t if other == face else t / 4 for other in FACES if other != 7 - face}
        return Distribution({other: chance for other, chance in chances.items() if chance})

    def counted(face: int) -> Distribution:
        chances = dict.fromkeys(FACES, 0 * m)
        chances[face] += 1 - m
        for read in (max(face - 1, 1), min(face + 1, 6)):
            chances[read] += m / 2
        return Distribution({read: chance for read, chance in chances.items() if chance})

    picture = {face: _face(face) for face in FACES}
    shown = {image: face for face, image in picture.items()}
    noise = Augmentation(lambda image: tipped(shown[image]).through(counted).map(picture.__getitem__), "tip, miscount")
    labels = ["low" if face <= 3 else "high" for face in FACES]
    return build(Distribution.uniform(picture.values()), noise, labels=labels, name="dice")


def _face(face: int) -> Image:
    """Return the 7x7 image of a face, whose pips stand apart."""
    pixels = [[0] * 7 for _ in range(7)]
    for i, row in enumerate(PIPS[face].split()):
        for j, mark in enumerate(row):
            pixels[1 + 2 * i][1 + 2 * j] = int(mark == "#")
    return Image(pixels, FACE_WORDS[face - 1])
