"""Images and their captions: two kinds of views, joined by what a caption mentions of its image."""

from fractions import Fraction
from typing import Any

from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.outcomes import read_distinct
from popgraph.basics.arguments.probabilities import parse_unit
from popgraph.basics.words import shorten
from popgraph.declare import Augmentation, Distribution
from popgraph.errors import InvalidArgument, TooLarge
from popgraph.populations import BipartiteGraph, build

MAX_IMAGES = 10_000  # kinds of images, each of which is paired with up to four times as many captions
CLASSES = ("cat", "dog", "fox")
STYLES = ("photo", "sketch")


@checked_call()
def image_text(
    classes: Any = CLASSES,
    styles: Any = STYLES,
    *,
    class_named: Any = "3/4",
    style_named: Any = "1/4",
    restyle: Any = 0,
) -> BipartiteGraph:
    """Pair images with captions that mention the class of the image, and its style, with some probabilities.

    An image is a pair (class, style), all equally likely. Its view x is itself, or with probability ``restyle`` has a style drawn
    anew. Its caption z is "a sketch of a cat", "a cat", "a sketch" or "a picture". Of r classes and s styles S has the singular
    values 1; √class_named, r - 1 times, for functions of the class; (1 - restyle) √style_named, s - 1 times, for those of the
    style; and the products of these, (r - 1)(s - 1) times. What captions mention more often comes first: with the style before the
    class, r leading vectors do not tell the classes apart. Labels are the classes; "a cat" is a prompt for "cat" in
    `popgraph.zero_shot`.

    Parameters
    ----------
    classes, styles : sequence of str
        One or more of each, all different.
    class_named, style_named : float, Fraction, Decimal, str or int
        The probabilities that a caption mentions the class, and the style, independently.
    restyle : float, Fraction, Decimal, str or int
        The probability that the style of the view is drawn anew, evenly from all.

    Returns
    -------
    BipartiteGraph
        Of images x and captions z.

    Raises
    ------
    InvalidArgument
        If classes or styles are no sequence of different words, or a word is empty.
    InvalidDistribution
        If a probability is not in [0, 1].
    TooLarge
        Above 10,000 images.

    See Also
    --------
    masked_autoencoder : Two parts of one string.
    popgraph.zero_shot : Classify its images by prompts.

    References
    ----------
    After Radford et al. 2021, arXiv 2103.00020; the mathematics is that of Zhang et al. 2023, 2306.04272. A word that is left out
    is an erasure channel: of m equally likely words, named with probability u, SSᵀ = u I + (1 - u) 11ᵀ/m.

    Examples
    --------
    >>> import popgraph as pg
    >>> graph = pg.zoo.image_text()
    >>> graph
    BipartiteGraph(images and captions: 6 naturals, 6 x 12 views, 24 pairs, 1 component)
    >>> graph.spectrum(4).sigma
    array([1.   , 0.866, 0.866, 0.5  ])
    >>> prompts = {label: f"a {label}" for label in graph.labels}
    >>> pg.zero_shot(graph, graph.spectrum(3), prompts)
    ZeroShot(error 0; 3 classes, 1 prompt each)
    """
    kinds, looks = (_words(what, names) for what, names in (("classes", classes), ("styles", styles)))
    if len(kinds) * len(looks) > MAX_IMAGES:
        raise TooLarge(
            f"{len(kinds):,} classes of {len(looks):,} styles are more than {MAX_IMAGES:,} images; give fewer of them"
        )
    named_class, named_style = parse_unit(class_named, "class_named"), parse_unit(style_named, "style_named")
    renewed = parse_unit(restyle, "restyle")

    captions = [f"a {word}" for word in (*kinds, *looks, "picture")]
    if repeated := [each for i, each in enumerate(captions) if each in captions[:i]]:
        raise InvalidArgument(
            f"the caption {shorten(repeated[0])} would have two meanings; name classes and styles apart"
        )

    def image(natural: tuple[str, str]) -> Distribution:
        kind, style = natural
        share = renewed * Fraction(1, len(looks)) if isinstance(renewed, Fraction) else renewed / len(looks)
        return Distribution({(kind, look): share + (1 - renewed) * (look == style) for look in looks})

    def caption(natural: tuple[str, str]) -> Distribution:
        kind, style = natural
        return Distribution(
            {
                f"a {style} of a {kind}": named_class * named_style,
                f"a {kind}": named_class * (1 - named_style),
                f"a {style}": (1 - named_class) * named_style,
                "a picture": (1 - named_class) * (1 - named_style),
            }
        )

    images = [(kind, style) for kind in kinds for style in looks]
    return build(
        Distribution.uniform(images),
        Augmentation(image, "restyle"),
        second=Augmentation(caption, "caption"),
        labels=[kind for kind, _ in images],
        name="images and captions",
    )


def _words(what: str, names: Any) -> list[str]:
    """Return one or more different words."""
    need = "give one or more words, all different"
    if isinstance(names, str) or not hasattr(names, "__iter__"):
        raise InvalidArgument(f"{what} is {shorten(names)}; {need}")
    words: Any = read_distinct(names, f"of the {what}, word", "name each once")
    for word in words:
        if not isinstance(word, str) or not word:
            raise InvalidArgument(f"{what} holds {shorten(word)}, which is no word; {need}")
    if not words:
        raise InvalidArgument(f"{what} is empty; {need}")
    return list(words)
