"""Images under the group of quarter turns, whose orbits have Fourier spectra."""

from collections.abc import Mapping
from typing import Any

from popgraph.basics.arguments import is_whole
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.words import shorten
from popgraph.declare import Distribution, Image, choose, images
from popgraph.errors import InvalidArgument
from popgraph.populations import PopulationGraph, build

LETTERS = {
    "F": Image([[1, 1, 1], [1, 1, 0], [1, 0, 0]], "F"),
    "L": Image([[1, 0, 0], [1, 0, 0], [1, 1, 0]], "L"),
    "S": Image([[0, 1, 1], [0, 1, 0], [1, 1, 0]], "S"),
    "X": Image([[1, 0, 1], [0, 1, 0], [1, 0, 1]], "X"),
}
QUARTER_TURNS = {0: "1/2", 1: "1/4", 3: "1/4"}


@checked_call()
def rotations(pictures: Mapping[Any, Image] | None = None, turns: Mapping[int, Any] | None = None) -> PopulationGraph:
    """Turn pictures, each drawn in any of its orientations, by a random number of quarter turns.

    The naturals are the distinct turns of every picture; pictures are equally likely, and so are the turns of each. A picture and
    its turns are one component. An orbit of m = 4, 2 or 1 images has the eigenvalues ``|Σ_s P(s) e^{2πi js/m}|²``, j = 0..m-1. The
    label is the picture's name.

    Parameters
    ----------
    pictures : mapping name -> Image, optional
        Square images, none a turn of another; the letters F, L, S (two turns) and X (one) if not given.
    turns : mapping number of quarter turns -> probability, optional
        If not given, 0 turns have the probability 1/2, and one turn to either side 1/4.

    Returns
    -------
    PopulationGraph
        A view for each turn of each picture, labelled by the picture.

    Raises
    ------
    InvalidArgument
        If a picture is no square image, or a turn of another one.
    InvalidDistribution
        If the probabilities of the turns are no distribution.

    See Also
    --------
    lightning_cloud : Two pictures and one turn.
    popgraph.images.rotate : Its augmentation.

    Examples
    --------
    >>> import popgraph as pg
    >>> graph = pg.zoo.rotations()
    >>> graph
    PopulationGraph(rotations: 11 naturals, 11 views, 4 components)
    >>> graph.spectrum(11).gamma  # F and L: 1, 1/4, 1/4, 0; S: 1, 0; X: 1
    array([1.  , 1.  , 1.  , 1.  , 0.25, 0.25, 0.25, 0.25, 0.  , 0.  , 0.  ])
    """
    if pictures is not None and not isinstance(pictures, Mapping):
        raise InvalidArgument(f"pictures is {shorten(pictures)}; give a mapping name -> square Image")
    given = LETTERS if pictures is None else pictures
    owner: dict[Any, Any] = {}
    orbits: dict[Any, list[Any]] = {}
    for name, picture in given.items():
        if not isinstance(picture, Image) or picture.pixels.shape[0] != picture.pixels.shape[1]:
            raise InvalidArgument(f"pictures[{shorten(name)}] is {shorten(picture)}; it must be a square Image")
        turned: list[Any] = [next(iter(images.rotate(i)(picture))) for i in range(4)]
        orbit = list(dict.fromkeys(turned))
        if any(image in owner for image in orbit):
            raise InvalidArgument(
                f"{shorten(name)} is a turn of {shorten(owner[orbit[0]])}; give one picture of each orbit"
            )
        owner |= dict.fromkeys(orbit, name)
        orbits[name] = orbit
    if not orbits:
        raise InvalidArgument("pictures is empty; give one Image or more")
    law = Distribution.uniform(list(orbits)).through(lambda name: Distribution.uniform(orbits[name]))
    if turns is not None and (wrong := [each for each in Distribution(turns) if not is_whole(each)]):
        raise InvalidArgument(f"turns has the turn {shorten(wrong[0])}; quarter turns are whole numbers")
    step: Any = Distribution(QUARTER_TURNS if turns is None else turns)
    noise = choose(
        {images.rotate(int(turn)): chance for turn, chance in (step.fractions if step.exact else step).items()}
    )
    return build(law, noise, labels=[owner[image] for image in law.outcomes], name="rotations")
