"""Keep: save and load a distribution, a graph, a spectrum or a training as one file.

The file is an npz of JSON and arrays, with a version and without pickle; it is written completely or not at all. Floats come back
to the bit, and probabilities that were declared exactly as fractions. `load` runs nothing that it reads, and checks all of it as
a declaration is checked.

>>> import tempfile, popgraph as pg
>>> from pathlib import Path
>>> from popgraph.io import load, save
>>> path = save(pg.zoo.lightning_cloud(), Path(tempfile.mkdtemp()) / "cloud.popgraph")
>>> load(path)
PopulationGraph(lightning/cloud: 2 naturals, 4 views, 2 components)
"""

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from popgraph.basics.arguments import count
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.populations import satisfies
from popgraph.basics.memory import in_words
from popgraph.basics.namespaces import missing, only
from popgraph.basics.protocols import Population
from popgraph.basics.words import shorten
from popgraph.declare import Distribution
from popgraph.errors import InvalidArgument
from popgraph.io.container import read, write
from popgraph.io.values import KINDS, Reader, Writer
from popgraph.populations import BipartiteGraph, PairGraph, PopulationGraph
from popgraph.spectrum import SingularSpectrum, Spectrum
from popgraph.training import PairTraining, Training

Kept: TypeAlias = (
    Distribution | PopulationGraph | PairGraph | BipartiteGraph | Spectrum | SingularSpectrum | Training | PairTraining
)  # what a file can hold

__all__ = ["load", "save"]
__dir__ = only(__all__)
if not TYPE_CHECKING:  # or a name that there is not would be no error to a type checker
    __getattr__ = missing(__name__, __all__)


@checked_call()
@in_words("saving", "the file that was there is as it was")
def save(value: Any, path: str | Path) -> Path:
    """Write a distribution, a listed graph, a spectrum or a training to a file.

    The file is an npz: ``popgraph.json`` and one .npy for each array; probabilities declared exactly are kept as fractions. A new
    file is written beside the old one and then replaces it, so that a crash leaves the old one as it was.

    Parameters
    ----------
    value : Distribution, PopulationGraph, PairGraph, BipartiteGraph, Spectrum, SingularSpectrum, Training or PairTraining
        Of another population, save ``expand()``. Outcomes, views and labels may be strings, bytes, numbers, None, booleans,
        fractions, numpy's dates and times, images, and tuples of these.
    path : str or Path
        Of the file, in a folder that exists; it is returned. No ending is added.

    Returns
    -------
    Path
        Of the file.

    Raises
    ------
    InvalidArgument
        If the value is of no such kind, or an outcome, view or label of another type; the message names it.
    OSError
        If the file cannot be written.

    See Also
    --------
    load : Read it again.

    Examples
    --------
    >>> from pathlib import Path
    >>> import tempfile, popgraph as pg
    >>> pg.load(pg.save(pg.zoo.lightning_cloud(), Path(tempfile.mkdtemp()) / "bolt.popgraph"))
    PopulationGraph(lightning/cloud: 2 naturals, 4 views, 2 components)
    """
    path = _read_path(path)
    kind = type(value).__name__
    if kind not in KINDS or not isinstance(value, KINDS[kind]):
        mend = "; save its .expand()" if satisfies(value, Population) else _otherwise_kept(value)
        raise InvalidArgument(f"save takes a {', '.join(KINDS)}; got {shorten(value)}, a {kind}{mend}")
    writer = Writer()
    tree = writer.value(value)
    write(path, {"kind": kind, "value": tree}, writer.arrays)
    return path


@checked_call()
@in_words("loading the file", "load it where there is more")
def load(path: str | Path, *, most_bytes: int = 2**34) -> Kept:
    """Read what `save` wrote. Nothing in the file is run, and all of it is checked as a declaration is checked.

    Parameters
    ----------
    path : str or Path
        Of the file.
    most_bytes : int
        A larger file, or one that would unpack to more, is refused before it is read.

    Returns
    -------
    Distribution, PopulationGraph, PairGraph, BipartiteGraph, Spectrum, SingularSpectrum, Training or PairTraining
        Equal to what was saved, to the bit.

    Raises
    ------
    InvalidFile
        If `save` did not write the file, or a later version did, or it is truncated, edited or inconsistent.
    TooLarge
        If it is larger than ``most_bytes``, or than the free memory.
    OSError
        If it cannot be opened.

    See Also
    --------
    save : Write a value to a file.

    Examples
    --------
    >>> from pathlib import Path
    >>> import tempfile, popgraph as pg
    >>> pg.load(pg.save(pg.Distribution({"a": "1/3", "b": "2/3"}), Path(tempfile.mkdtemp()) / "law"))
    Distribution({'a': 1/3, 'b': 2/3})
    """
    path, most_bytes = _read_path(path), count("most_bytes", most_bytes)
    manifest, arrays = read(path, most_bytes)
    value: Kept = Reader(arrays, path).top(manifest)
    return value


def _otherwise_kept(value: Any) -> str:
    """Say how a value of popgraph that `save` does not take can be kept."""
    if not type(value).__module__.startswith("popgraph."):
        return ""
    if hasattr(value, "to_dict"):
        return "; write its .to_dict() as JSON"
    embedding = "for an embedding or spectrum of a product, save what product.expand() makes of it"
    return "; pickle.dumps keeps it" + f", or {embedding}" * (hasattr(value, "__evaluate__"))


def _read_path(path: Any) -> Path:
    """Return the path of a file; refuse a folder, and a value that is no path."""
    if not isinstance(path, str | PathLike) or "\0" in str(path) or not str(path):
        raise InvalidArgument(f"path is {shorten(path)}; give a str or Path of a file")
    read = Path(path)
    if read.is_dir():
        raise InvalidArgument(f"path is {shorten(str(read))}, which is a folder; name a file in it")
    return read
