"""Characters that fonts have: what the font of the pictures lacks is drawn from another font of the machine, or in words.

A name may hold any character. matplotlib warns of one that its font lacks, and draws a box; here another font that has it is
looked for among those that matplotlib knows, and where there is none the character is written as its Unicode name in brackets,
or as its code point.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any
from unicodedata import category, name

import matplotlib as mpl
from matplotlib.axis import Axis
from matplotlib.font_manager import FontProperties, findfont, fontManager
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text

# Fonts that have many characters and are drawn in one colour, as matplotlib draws; they are asked first.
LIKELY_FONTS = (
    "Noto Emoji",
    "Symbola",
    "DejaVu Sans",
    "Segoe UI Symbol",
    "Apple Symbols",
    "Arial Unicode MS",
    "Noto Sans CJK",
)
LAST_RESORT = "Last Resort"  # a font whose every glyph is a box that stands for a block of characters
JOINER = "\u200d"  # between two pictures it asks for one picture of both, which matplotlib never draws
MAX_NAME_OF_A_CHARACTER = 24  # longer Unicode names are given as code points
SIZE, RESOLUTION = 12, 100  # at which a glyph is tried: fonts of coloured bitmaps have no such size


def write(text: Text, words: str) -> None:
    """Set a text as it stands, a dollar as a dollar, in fonts that have its characters."""
    shown, families = readable(words)
    text.set_parse_math(False)
    text.set_text(shown)
    if families:
        text.set_fontfamily(families)


def write_ticks(axis: Axis, places: Any, names: Sequence[str], **style: Any) -> None:
    """Put names along an axis as `write` does."""
    drawn = [readable(each) for each in names]
    families = list(dict.fromkeys(family for _, needed in drawn for family in needed))
    if families:
        style["fontfamily"] = families
    axis.set_ticks(places, [shown for shown, _ in drawn], parse_math=False, **style)


def readable(words: str) -> tuple[str, list[str]]:
    """Return a text of characters that can be drawn, and the font families that draw it: none where the usual ones do."""
    usual = _usual_families()
    if words.isascii() or all(_in_usual(each, usual) for each in words):
        return words, []
    drawn, others = [], []
    for character in words:
        family = "" if _in_usual(character, usual) else _family_with(character)
        drawn.append(in_words(character) if family is None else character)
        others += [family] if family else []
    return "".join(drawn), [*usual, *dict.fromkeys(others)] if others else []


def in_words(character: str) -> str:
    """Write a character that no font has: "[cat face]", "[U+732B]", and nothing for a mark that only changes the one before.

    Examples
    --------
    >>> in_words("\N{CAT FACE}"), in_words("\u732b"), in_words("\N{VARIATION SELECTOR-16}")
    ('[cat face]', '[U+732B]', '')
    """
    if character == JOINER or name(character, "").startswith("VARIATION SELECTOR"):
        return ""
    words = name(character, "").lower()
    named = words and len(words) <= MAX_NAME_OF_A_CHARACTER and not any(each.isdigit() for each in words)
    return f"[{words}]" if named else f"[U+{ord(character):04X}]"


def without_joiners(words: str) -> str:
    """Return a text without the marks that join two pictures into one: the pictures are drawn side by side."""
    parts = words.split(JOINER)
    joined = parts[0]
    for part in parts[1:]:
        between = joined and part and category(joined[-1]) in ("So", "Sk", "Mn") and category(part[0]) in ("So", "Sm")
        joined += part if between else JOINER + part
    return joined


def _usual_families() -> tuple[str, ...]:
    """Return the families that texts are drawn in if nothing else is said."""
    families = mpl.rcParams["font.family"]
    return tuple([families] if isinstance(families, str) else families)


@cache
def _in_usual(character: str, families: tuple[str, ...]) -> bool:
    """Whether one of the families has the character: those of fonts that there are, or matplotlib's own in their place."""
    if character.isascii():
        return True
    return any(_has(findfont(FontProperties(family=[family])), character) for family in families)


@cache
def _family_with(character: str) -> str | None:
    """Return a font family of this machine that draws the character, or None."""
    rank = {family: place for place, family in enumerate(LIKELY_FONTS)}
    # A family without a font of the usual weight makes matplotlib say so at every text.
    usual = {
        font.name
        for font in fontManager.ttflist
        if font.style == "normal" and font.weight in (400, "normal", "regular", "book")
    }
    for family in sorted(usual, key=lambda each: (rank.get(each, len(rank)), each)):
        # matplotlib draws a family in the file that it finds for it, which is the one to be asked.
        if not family.startswith(LAST_RESORT) and _has(findfont(FontProperties(family=[family])), character):
            return str(family)
    return None


def _has(path: str, character: str) -> bool:
    """Whether the font in a file has a glyph for the character, with an outline that matplotlib can draw."""
    try:
        font = FT2Font(path)  # closed with the value: some machines have more fonts than a process may open files
        if not font.get_char_index(ord(character)):
            return False
        font.set_size(SIZE, RESOLUTION)
        glyph = font.load_char(ord(character))
    except (OSError, RuntimeError, ValueError, TypeError):  # of coloured bitmaps, or a file that is broken or gone
        return False
    # Glyphs in colours have an outline of nothing.
    return any(glyph.bbox) or category(character) in ("Zs", "Mn", "Cf", "Me")
