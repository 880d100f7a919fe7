"""Small glyphs with a pixel of noise: glyphs are joined by the pictures that are one pixel away from both."""

from collections.abc import Mapping
from typing import Any

from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.outcomes import read_distinct
from popgraph.basics.arguments.probabilities import parse_unit
from popgraph.basics.words import shorten
from popgraph.declare import Distribution, Image, images
from popgraph.errors import InvalidArgument, TooLarge
from popgraph.populations import PopulationGraph, build

MAX_NOISY_GLYPHS = 2**16  # with repetitions: each glyph, and one picture for each of its pixels
GLYPHS = {
    "T": Image([[1, 1, 1], [0, 1, 0], [0, 1, 0]], "T"),
    "I": Image([[0, 1, 0], [0, 1, 0], [0, 1, 0]], "I"),
    "+": Image([[0, 1, 0], [1, 1, 1], [0, 1, 0]], "+"),
}


@checked_call()
def glyphs(pictures: Mapping[Any, Image] | None = None, flip: Any = "1/2") -> PopulationGraph:
    """Flip one pixel of a glyph, with some probability: from ink to paper or from paper to ink, every pixel equally likely.

    Glyphs are equally likely; views are images. The label is the glyph's name. With q = ``flip`` and m pixels there are two
    closed forms.

    If every two glyphs differ in 2 pixels or more, and no view belongs to three glyphs, then Ā has the eigenvalues 1 - λ q/m, for
    the eigenvalues λ of the Laplacian of the graph that joins glyphs which differ in exactly 2 pixels, and 0. Proof: two such
    glyphs share the two pictures halfway between them, each with probability q/m from either. In MMᵀ = Σ_x p A(x|i) A(x|j) / w_x(x)
    a view of i alone gives A(x|i) to entry (i, i), a shared one q/(2m) to (i, i), (i, j), (j, i) and (j, j). So (i, j) is q/m, and
    (i, i) is 1 less q/m for each glyph that i is joined to. T, I and + are a path: 1, 1 - q/9 and 1 - 3q/9.

    If the glyphs are all 2^m pictures of m pixels, Ā has the hypercube's parities for eigenvectors, with the eigenvalues
    ``(1 - 2 |S| q/m)²`` of the sets S of pixels. Proof: a parity changes its sign if the flipped pixel is in S, with probability
    ``|S|/m``.

    Parameters
    ----------
    pictures : mapping name -> Image, optional
        Of one shape, with pixels 0 and 1, all different; T, I and + of 3 x 3 pixels if not given.
    flip : float, Fraction, Decimal, str or int
        The probability that a pixel flips, in [0, 1].

    Returns
    -------
    PopulationGraph
        A view for each picture that noise makes.

    Raises
    ------
    InvalidArgument
        If a picture is no image of 0 and 1, is of another shape than the first, or there is none.
    InvalidDistribution
        If two pictures are the same, or the probability is not in [0, 1].
    TooLarge
        If there would be more than 65,536 views, those of several glyphs counted for each.

    See Also
    --------
    hypercube : All pictures of so many pixels.
    rotations : Pictures that are turned.

    Examples
    --------
    >>> import popgraph as pg
    >>> graph = pg.zoo.glyphs()
    >>> graph
    PopulationGraph(glyphs: 3 naturals, 26 views, 1 component)
    >>> graph.spectrum(4).gamma  # 1 - λ/18 for λ = 0, 1 and 3, and 0
    array([1.    , 0.9444, 0.8333, 0.    ])
    """
    if pictures is not None and not isinstance(pictures, Mapping):
        raise InvalidArgument(f"pictures is {shorten(pictures)}; give a mapping name -> Image of 0 and 1")
    given = GLYPHS if pictures is None else pictures
    if not given:
        raise InvalidArgument("pictures is empty; give one Image or more")
    shape = None
    for name, picture in given.items():
        if not isinstance(picture, Image) or picture.pixels.ndim != 2 or not set(picture.pixels.flat) <= {0, 1}:
            raise InvalidArgument(f"pictures[{shorten(name)}] is {shorten(picture)}; it must be an Image of 0 and 1")
        shape = shape or picture.pixels.shape
        if picture.pixels.shape != shape:
            here, first = ("x".join(map(str, each)) for each in (picture.pixels.shape, shape))
            raise InvalidArgument(
                f"pictures[{shorten(name)}] has {here} pixels, the first has {first}; give pictures of one shape"
            )
        if len(given) * (1 + picture.pixels.size) > MAX_NOISY_GLYPHS:
            raise TooLarge(
                f"pictures of {picture.pixels.size:,} pixels, {len(given):,} in all, have more than {MAX_NOISY_GLYPHS:,} views; "
                "give fewer or smaller ones"
            )
    listed: Any = read_distinct(list(given.values()), "picture", "give each once")
    noise = images.flip_pixels(1, parse_unit(flip, "flip"))
    return build(Distribution.uniform(listed), noise, labels=list(given), name="glyphs")
