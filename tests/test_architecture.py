"""The house: who may import whom, how large a room may be, what is public, what loads lazily. Each guard is shown to fail."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import popgraph

PACKAGE = Path(popgraph.__file__).parent
ROOM_LINES = 400  # "a file near 400 lines is two rooms"

# Room -> the rooms below it that it may import. The ground floor (errors and basics) is open to all.
GROUND = {"errors", "basics"}
MAY_IMPORT = {
    "errors": set(),
    "basics": set(),
    "declare": set(),
    "spectrum": set(),
    "losses": set(),
    "populations": {"declare", "spectrum"},
    "zoo": {"declare", "populations"},
    "training": {"declare", "losses", "populations"},
    "verification": {"declare", "losses", "populations", "spectrum"},
    "downstream": {"declare", "populations", "spectrum"},
    "theory": {"declare", "downstream", "losses", "populations", "spectrum", "verification"},
    "plot": {"declare", "populations", "spectrum", "training", "verification"},
    "io": {"declare", "populations", "spectrum", "training"},
    "torch": {"declare", "losses", "populations", "spectrum", "verification"},
    "dask": {"declare", "losses", "populations", "spectrum", "training", "verification"},
    "testing": {"declare", "downstream", "populations", "theory", "verification", "zoo"},
}
# The files that still import what stands above them; the list only shrinks.
UPWARD = {
    "populations/structure/learning.py": {"losses", "training"},
}
SOLVERS = {"closed_form", "dense", "iterative", "operator"}


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(source: str) -> set[str]:
    """Rooms that a source imports at run time; imports under TYPE_CHECKING do not count."""
    tree = ast.parse(source)
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    rooms = set()
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.ImportFrom) and node.module == "popgraph":
            rooms |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("popgraph."):
            rooms.add(node.module.split(".")[1])
        elif isinstance(node, ast.Import):
            rooms |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("popgraph.")}
    return rooms


def forbidden(room: str, source: str) -> set[str]:
    allowed = MAY_IMPORT[room] | (GROUND if room not in GROUND else {"errors"}) | {room}
    return imported_rooms(source) - allowed


ROOMS = sorted(path for path in PACKAGE.rglob("*.py") if path.relative_to(PACKAGE).parts != ("__init__.py",))


@pytest.mark.parametrize("path", ROOMS, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_imports_only_what_the_design_lets_it(path):
    known = UPWARD.get(path.relative_to(PACKAGE).as_posix(), set())
    assert forbidden(room_of(path), path.read_text(encoding="utf-8")) == known


@pytest.mark.parametrize("path", [p for p in ROOMS if p.stem in SOLVERS], ids=lambda path: path.stem)
def test_a_solver_imports_no_other_solver(path):
    text = path.read_text(encoding="utf-8")
    assert not any(f"popgraph.spectrum.solvers.{other} " in text for other in SOLVERS - {path.stem})


def test_the_judged_never_sees_the_judge_and_the_guard_can_fail():
    assert forbidden("training", "from popgraph.spectrum import decompose") == {"spectrum"}
    assert forbidden("training", "from popgraph.verification import verify") == {"verification"}
    assert forbidden("verification", "def f():\n    from popgraph import training") == {"training"}
    assert forbidden("spectrum", "import popgraph.populations.graph") == {"populations"}
    assert (
        forbidden("spectrum", "if TYPE_CHECKING:\n    from popgraph.populations.graph import PopulationGraph") == set()
    )


def test_the_table_has_no_cycle():
    seen: list[str] = []
    rooms = dict(MAY_IMPORT)
    while rooms:
        free = [room for room, imports in rooms.items() if imports <= set(seen)]
        assert free, f"a cycle among {sorted(rooms)}"
        seen += free
        rooms = {room: imports for room, imports in rooms.items() if room not in free}


def too_long(text: str) -> bool:
    return text.count("\n") > ROOM_LINES


@pytest.mark.parametrize("path", ROOMS, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_is_small_and_has_a_name_on_its_door(path):
    text = path.read_text(encoding="utf-8")
    assert not too_long(text)
    assert ast.get_docstring(ast.parse(text))


def test_a_large_room_would_be_noticed():
    assert too_long("x = 1\n" * (ROOM_LINES + 1))


def test_what_is_public_is_listed_exists_and_fits_on_one_page():
    assert sorted(popgraph.__all__) == popgraph.__all__
    assert len([name for name in popgraph.__all__ if not inspect.ismodule(getattr(popgraph, name))]) <= 25
    assert all(hasattr(popgraph, name) for name in popgraph.__all__)
    assert not hasattr(popgraph, "no_such_name")


def without_example(module: object) -> list[str]:
    """Public functions, classes and methods of a module whose docstring has no example for the tests to run."""
    missing = []
    for name in module.__all__:
        item = getattr(module, name)
        if inspect.ismodule(item):
            continue
        methods = [m for n, m in vars(item).items() if not n.startswith("_")] if inspect.isclass(item) else []
        functions = [m.__func__ if isinstance(m, classmethod) else m for m in methods]
        checked = [item, *(m for m in functions if inspect.isfunction(m))] if callable(item) else []
        missing += [f"{name}: {thing.__name__}" for thing in checked if ">>>" not in (thing.__doc__ or "")]
    return missing


@pytest.mark.parametrize(
    "name", ["popgraph", "images", "losses", "plot", "selftraining", "structure", "testing", "theory", "zoo"]
)
def test_everything_public_has_an_example(name):
    assert without_example(popgraph if name == "popgraph" else getattr(popgraph, name)) == []


def test_a_missing_example_would_be_noticed():
    bare = type("bare", (), {"__all__": ["f"], "f": staticmethod(lambda: None)})
    assert without_example(bare) == ["f: <lambda>"]


HEAVY = (
    "matplotlib",
    "scipy.cluster",
    "scipy.fft",
    "scipy.optimize",
    "scipy.signal",
    "scipy.spatial",
    "scipy.special",
    "scipy.stats",
    "networkx",
    "pandas",
    "torch",
    "dask",
    "flint",
    "sklearn",
    "tqdm",
    "ipywidgets",
    "hypothesis",
    "pytest",
)


def loaded_by(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(*[name for name in {HEAVY} if name in sys.modules])"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


def test_importing_popgraph_loads_nothing_heavy_and_the_guard_can_fail():
    assert loaded_by("import popgraph") == set()
    trained = loaded_by("import popgraph; popgraph.train(popgraph.zoo.lightning_cloud(), 2, rng=0)")
    assert "scipy.optimize" in trained  # on first use
    assert trained == loaded_by("import scipy.optimize")  # which loads parts of scipy of its own
    assert "matplotlib" in loaded_by("import popgraph; popgraph.plot")
