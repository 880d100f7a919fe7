"""Colour x shape: two attributes that change independently; the one that changes less has the larger eigenvalues."""

from collections.abc import Iterable, Sequence
from typing import Any

from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.outcomes import read_distinct
from popgraph.basics.arguments.probabilities import parse_unit
from popgraph.basics.words import shorten
from popgraph.declare import Augmentation, Distribution, independently
from popgraph.errors import InvalidArgument
from popgraph.populations import PopulationGraph, build


@checked_call()
def colour_shape(
    colours: Sequence[str] = ("red", "green", "blue"),
    shapes: Sequence[str] = ("circle", "square"),
    *,
    recolour: Any = "1/2",
    reshape: Any = "1/10",
) -> PopulationGraph:
    """Change the colour of a thing with one probability, and its shape with another, to any other colour and shape.

    Things (colour, shape) are equally likely. Of c colours and s shapes Ā has the eigenvalues 1; (1 - recolour c/(c-1))², c - 1
    times, for functions of the colour; (1 - reshape s/(s-1))², s - 1 times, for those of the shape; and the products of these.
    Where the colour changes more often, the first eigenvectors are functions of the shape, which is the label.

    Parameters
    ----------
    colours, shapes : sequence of str
        One or more of each, all different.
    recolour, reshape : float, Fraction, Decimal, str or int
        Probabilities; without effect where there is only one colour, or shape.

    Returns
    -------
    PopulationGraph
        A view for each colour and shape, labelled by shape.

    Raises
    ------
    InvalidArgument
        If colours or shapes are empty or repeated.
    InvalidDistribution
        If a probability is not in [0, 1].

    See Also
    --------
    class_domain : Two attributes of two values.
    open_world : Shapes of which some are known.

    References
    ----------
    After the colour distortions of Chen et al., A simple framework for contrastive learning, 2020, section 3.

    Examples
    --------
    >>> import popgraph as pg
    >>> graph = pg.zoo.colour_shape()
    >>> graph.spectrum(4).gamma  # 0.8² of the shape, 0.25² of the colour twice
    array([1.    , 0.64  , 0.0625, 0.0625])
    >>> pg.probe(graph, graph.spectrum(2)).error
    0.0
    """
    for what, names in {"colours": colours, "shapes": shapes}.items():
        if not isinstance(names, Iterable) or isinstance(names, str):
            raise InvalidArgument(f"{what} is {shorten(names)}; give one or more names, all different")
    hues: Any = read_distinct(colours, "of the colours, name", "name each once")
    forms: Any = read_distinct(shapes, "of the shapes, name", "name each once")
    for what, names in {"colours": hues, "shapes": forms}.items():
        if not names:
            raise InvalidArgument(f"{what} is empty; give one or more names, all different")
    noise = independently(
        [_changed(hues, parse_unit(recolour, "recolour")), _changed(forms, parse_unit(reshape, "reshape"))]
    )
    things = [(colour, shape) for colour in hues for shape in forms]
    return build(Distribution.uniform(things), noise, labels=[shape for _, shape in things], name="colour x shape")


def _changed(names: Sequence[Any], q: Any) -> Augmentation:
    """Change a name for any other, evenly, with some probability."""

    def change(name: str) -> Distribution:
        others = [other for other in names if other != name]
        return (
            Distribution({name: 1 - q} | {other: q / len(others) for other in others})
            if others
            else Distribution({name: 1})
        )

    return Augmentation(change, "change")
