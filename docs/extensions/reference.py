"""A page for each public name: of `popgraph`, of each of its namespaces, and of the values that verbs return."""

import enum
import importlib
import importlib.util
import inspect
import pkgutil
from pathlib import Path
from types import ModuleType

from sphinx.ext.autodoc.mock import _MockObject, mock

import popgraph

# torch is larger than all else together, and nothing is computed with it here: where it is missing a stand-in is imported.
MOCKED = [name for name in ("torch",) if importlib.util.find_spec(name) is None]
_MockObject.__or__ = _MockObject.__ror__ = lambda self, other: self  # as in `torch.Tensor | None`

NAMESPACES = {  # what each is for, in the order of the way of the data
    "images": "augmentations of pictures",
    "structure": "populations that are known by their structure, and never listed",
    "zoo": "the populations of the literature, and toys",
    "losses": "what is minimised: losses with their exact population values",
    "selftraining": "pseudo-labels smoothed over the graph, beside a probe on F*",
    "theory": "every statement of the theory, checked on your graph",
    "plot": "pictures",
    "classroom": "worksheets and grades",
    "testing": "assertions and random populations for tests of your own",
    "errors": "what is raised, and when",
    "torch": "networks, trained on positive pairs",
    "dask": "graphs on a cluster, or on a disk",
}
VERBS = {  # popgraph's own names, by what one does with them
    "Declare": "Distribution Augmentation apply choose identity independently",
    "Build": "build from_pairs from_chain from_trajectories from_bipartite product PopulationGraph PairGraph BipartiteGraph",
    "Decompose": "Spectrum SingularSpectrum",
    "Learn": "train train_critic flow Training PairTraining Flow",
    "Verify": "verify verify_sampled compare Match PairMatch",
    "Use": "probe probe_range zero_shot spectral_clusters sparsest_partition partition_bounds",
    "See": "explore play",
    "Keep": "save load",
}
VALUES = [  # classes of the values that verbs return, which no namespace lists
    "Certificate",
    "Clustering",
    "Comparison",
    "CrossExplanation",
    "Cut",
    "Eigenvalue",
    "Estimate",
    "ExactGraph",
    "ExactMatch",
    "ExactPairGraph",
    "Explanation",
    "Explorer",
    "KernelTable",
    "Level",
    "ModesUnderDecay",
    "NoiseGraph",
    "PairExplanation",
    "PairStatus",
    "Partition",
    "PartitionBounds",
    "Play",
    "Probe",
    "ProbeRange",
    "SampledMatch",
    "SampledStatus",
    "SignedSpectrum",
    "SingularCertificate",
    "SolverUse",
    "Status",
    "ZeroShot",
]
SKIPPED = {"mro", "name", "value"}


def namespaces() -> dict[str, ModuleType]:
    """Return the namespaces that there are, in the order above; one that is not described there is at the end."""
    found = {}
    with mock(MOCKED):
        for name in [*NAMESPACES, *(name for name in dir(popgraph) if name not in NAMESPACES)]:
            if name in dir(popgraph) and inspect.ismodule(space := getattr(popgraph, name)):
                found[name] = space
    return found


def classes() -> dict[str, str]:
    """Return where each class of the values above is defined."""
    found = {}
    for module in pkgutil.walk_packages(popgraph.__path__, "popgraph.", onerror=lambda name: None):
        if module.name.startswith(("popgraph.dask", "popgraph.torch")):
            continue
        for name, item in vars(importlib.import_module(module.name)).items():
            if name in VALUES and inspect.isclass(item) and item.__module__ == module.name:
                found[name] = f"{module.name}.{name}"
    return found


def public() -> dict[str, dict[str, object]]:
    """Return the public names of each namespace, "" for popgraph's own, with what they are."""
    spaces = namespaces()
    found = {"": {name: getattr(popgraph, name) for name in dir(popgraph) if name not in spaces}}
    return found | {name: {item: getattr(space, item) for item in dir(space)} for name, space in spaces.items()}


def pages() -> dict[str, object]:
    """Return the dotted name of each page with what it describes."""
    found = {}
    for space, items in public().items():
        for name, item in items.items():
            found[f"popgraph.{space}.{name}" if space else f"popgraph.{name}"] = item
    return found


def first_sentence(item: object) -> str:
    """Return the summary of a docstring."""
    lines = (inspect.getdoc(item) or "").partition("\n\n")[0]
    return " ".join(lines.split())


def members(cls: type) -> list[str]:
    """Return the public methods and properties of a class that this package documents."""
    found = []
    for name in dir(cls):
        owner = next((base for base in cls.__mro__ if name in vars(base)), object)
        ours = owner.__module__.partition(".")[0] == "popgraph"
        member = inspect.getattr_static(cls, name)
        if not name.startswith("_") and name not in SKIPPED and ours and getattr(member, "__doc__", None):
            described = inspect.isroutine(member) or isinstance(member, (classmethod, staticmethod, property))
            if described or type(member).__name__ == "cached_property" or isinstance(member, enum.Enum):
                found.append(name)
    return found


def title(text: str, mark: str = "=") -> str:
    """Return a heading."""
    return f"{text}\n{mark * len(text)}\n"


def rst(text: str) -> str:
    """Return a summary as reStructuredText: bars and stars are text."""
    return text.replace("|", r"\|").replace("*", r"\*")


def page(path: str, item: object) -> str:
    """Return the page of one name."""
    parts = [title(path)]
    if inspect.isclass(item):
        listed = ", ".join(members(item))
        parts.append(f".. autoclass:: {path}\n" + (f"   :members: {listed}\n" if listed else ""))
    elif inspect.isroutine(item):
        parts.append(f".. autofunction:: {path}\n")
    else:
        kind, shown = type(item).__name__, repr(item)
        parts.append(f".. py:data:: {path}\n   :type: {kind}\n")
        parts += [f"   ``{shown}``\n"] if len(shown) < 100 and "\n" not in shown else []
        parts.append(f"   {rst(first_sentence(item))}\n\n   The class is :py:obj:`{kind}`.\n")
    if not (inspect.isclass(item) and issubclass(item, Exception)):
        short = path.removeprefix("popgraph.")
        parts.append(f".. minigallery:: {path}\n   :add-heading: Examples that use {short}\n")
    return "\n".join(parts)


def table(rows: dict[str, str]) -> str:
    """Return a table of links with what each leads to."""
    lines = "".join(f"   * - {link}\n     - {rst(text)}\n" for link, text in rows.items())
    return f".. list-table::\n   :widths: 35 65\n   :class: names\n\n{lines}"


def tree(pages: dict[str, str]) -> str:
    """Return the tree of pages, each by the name that the side of a page shows."""
    lines = "".join(f"   {name} <{path}>\n" for path, name in pages.items())
    return f".. toctree::\n   :hidden:\n\n{lines}"


def listing(names: dict[str, object]) -> str:
    """Return a table of names with their summaries, and the tree of their pages."""
    last = {path: path.rpartition(".")[2] for path in names}
    short = {path: path.removeprefix("popgraph.") if path.count(".") < 3 else last[path] for path in names}
    rows = {f":py:obj:`{short[path]} <{path}>`": first_sentence(item) for path, item in names.items()}
    return f"{table(rows)}\n{tree(last)}"


def index() -> str:
    """Return the front page of the reference."""
    own = public()[""]
    left = [name for name in own if name not in " ".join(VERBS.values()).split()]
    parts = [title("Reference"), "A page for each public name. ``import popgraph as pg`` is all that a script needs.\n"]
    for group, names in {**VERBS, "More": " ".join(left)}.items():
        listed = {f"popgraph.{name}": own[name] for name in names.split() if name in own}
        if listed:
            parts += [title(group, "-"), listing(listed)]
    spaces = namespaces()
    rows = {f":doc:`pg.{name} <{name}>`": NAMESPACES.get(name, first_sentence(space)) for name, space in spaces.items()}
    parts += [title("Namespaces", "-"), table({**rows, ":doc:`values`": "what verbs return"})]
    return "\n".join([*parts, tree({**{name: f"pg.{name}" for name in spaces}, "values": "Values"})])


def texts() -> dict[str, str]:
    """Return each page of the reference by the name of its file."""
    found = {"index.rst": index()}
    for path, item in pages().items():
        found[f"{path}.rst"] = page(path, item)
    items = public()
    for name, space in namespaces().items():
        names = {f"popgraph.{name}.{item}": value for item, value in items[name].items()}
        about = f".. automodule:: {space.__name__}\n   :no-members:\n   :no-index:\n"
        found[f"{name}.rst"] = "\n".join([title(f"pg.{name}"), about, listing(names)])
    values = {}
    for path in sorted(classes().values(), key=lambda path: path.rpartition(".")[2]):
        module, _, name = path.rpartition(".")
        values[path] = getattr(importlib.import_module(module), name)
        found[f"{path}.rst"] = page(path, values[path])
    about = "The classes of these values have no name in ``pg``: verbs make them.\n"
    found["values.rst"] = "\n".join([title("Values"), about, listing(values)])
    return found


def write(folder: Path) -> None:
    """Write the pages; one that has not changed is left, and one whose name is gone goes."""
    folder.mkdir(exist_ok=True)
    made = texts()
    for stale in folder.glob("*.rst"):
        if stale.name not in made:
            stale.unlink()
    for name, text in made.items():
        target = folder / name
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            target.write_text(text, encoding="utf-8")
