"""The house: who may import whom, how large a room may be, what is public, what loads lazily. Each guard is shown to fail."""

import ast
import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest
from arrows import circles, imported_files, imported_rooms, imports_the_package, past_the_door, sources
from extras import need

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
    "plot": {"declare", "downstream", "populations", "spectrum", "training", "verification"},
    "io": {"declare", "populations", "spectrum", "training"},
    "torch": {"declare", "losses", "populations", "spectrum", "verification"},
    "dask": {"declare", "losses", "populations", "spectrum", "training", "verification"},
    "testing": {"declare", "downstream", "populations", "theory", "verification", "zoo"},
    "classroom": {"populations", "verification"},
}
# The files that other rooms enter by their own name, past the door of their room; the list only shrinks.
PAST_THE_DOOR = {
    "spectrum.product.levels": "populations",
    "spectrum.product.separable": "populations",
    "spectrum.product.solve": "populations",
    "spectrum.solvers": "dask",
    "spectrum.solvers.chebyshev": "dask",
    "spectrum.solvers.deflation": "dask",
    "spectrum.solvers.lanczos": "dask verification",
    "spectrum.solvers.symmetric": "verification",
}
SOLVERS = {"dense", "iterative", "operator", "shift_invert"}
ONE_SEARCH = {"operator": {"spectrum.solvers.iterative"}}  # of an operator's products the same search is made


FILES = sources(PACKAGE)


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def forbidden(room: str, source: str) -> set[str]:
    allowed = MAY_IMPORT[room] | (GROUND if room not in GROUND else {"errors"}) | {room}
    return imported_rooms(source) - allowed


ROOMS = sorted(path for path in PACKAGE.rglob("*.py") if path.relative_to(PACKAGE).parts != ("__init__.py",))


@pytest.mark.parametrize("path", ROOMS, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_imports_only_what_the_design_lets_it(path):
    assert forbidden(room_of(path), path.read_text(encoding="utf-8")) == set()


def other_solvers(solver: str, source: str) -> set[str]:
    return imported_files(source, set(FILES)) & {f"spectrum.solvers.{other}" for other in SOLVERS - {solver}}


@pytest.mark.parametrize("solver", sorted(SOLVERS))
def test_a_solver_imports_no_other_solver_and_the_guard_can_fail(solver):
    assert other_solvers(solver, FILES[f"spectrum.solvers.{solver}"]) == ONE_SEARCH.get(solver, set())
    other = min(SOLVERS - {solver})
    assert other_solvers(solver, f"from popgraph.spectrum.solvers import {other}") == {f"spectrum.solvers.{other}"}


def of_the_solvers(source: str) -> set[str]:
    return {name for name in imported_files(source, set(FILES)) if f"{name}.".startswith("spectrum.solvers.")}


@pytest.mark.parametrize("file", sorted(name for name in FILES if name.startswith("spectrum.product")))
def test_the_spectrum_of_a_product_imports_no_solver(file):
    assert of_the_solvers(FILES[file]) == set()


def test_a_solver_in_the_spectrum_of_a_product_would_be_noticed():
    assert of_the_solvers("from popgraph.spectrum.solvers import dense") == {"spectrum.solvers.dense"}
    assert of_the_solvers("from popgraph.spectrum.solvers.lanczos import bound") == {"spectrum.solvers.lanczos"}


@pytest.mark.parametrize("file", sorted(name for name in FILES if name.startswith("populations.exact")))
def test_the_exact_spectrum_is_an_oracle_that_never_sees_the_numerical_one(file):
    assert "spectrum" not in imported_rooms(FILES[file])


def test_a_numerical_spectrum_in_the_oracle_would_be_noticed():
    assert "spectrum" in imported_rooms("def f():\n    from popgraph.spectrum import decompose")
    assert "spectrum" in imported_rooms("from popgraph import spectrum")


def test_the_judged_never_sees_the_judge_and_the_guard_can_fail():
    assert forbidden("training", "from popgraph.spectrum import decompose") == {"spectrum"}
    assert forbidden("training", "from popgraph.verification import verify") == {"verification"}
    assert forbidden("verification", "def f():\n    from popgraph import training") == {"training"}
    assert forbidden("spectrum", "import popgraph.populations.graph") == {"populations"}
    typed = "if TYPE_CHECKING:\n    from popgraph.populations.graph import PopulationGraph"
    assert forbidden("spectrum", typed) == {"populations"}


def test_no_files_import_one_another_in_a_circle_and_the_guard_can_fail():
    arrows = {name: imported_files(text, set(FILES)) for name, text in FILES.items() if name}
    assert circles(arrows) == []
    typed = "if TYPE_CHECKING:\n    from popgraph.populations.graph import PopulationGraph"
    back = arrows["basics.html"] | imported_files(typed, set(FILES))
    assert {"basics.html", "populations.graph"} <= circles({**arrows, "basics.html": back})[0]
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"d"}}) == [{"b", "c"}, {"d"}]


def found_past_doors() -> dict[str, set[str]]:
    """Each file that another room enters by its own name, and the rooms that do."""
    entered: dict[str, set[str]] = {}
    for name, text in FILES.items():
        room = name.split(".")[0] or "popgraph"
        for file in past_the_door(room, text, FILES):
            entered.setdefault(file, set()).add(room)
    return entered


def test_a_room_is_entered_by_its_door_but_for_the_listed():
    assert found_past_doors() == {file: set(rooms.split()) for file, rooms in PAST_THE_DOOR.items()}


def test_a_way_past_a_door_would_be_noticed():
    deep = "from popgraph.populations.graph import PopulationGraph"
    assert past_the_door("plot", deep, FILES) == {"populations.graph"}
    assert past_the_door("plot", f"if TYPE_CHECKING:\n    {deep}", FILES) == {"populations.graph"}
    assert past_the_door("plot", "import popgraph.zoo.cycles", FILES) == {"zoo.cycles"}
    assert past_the_door("plot", "from popgraph.populations import PopulationGraph, grid", FILES) == {
        "populations.grid"
    }
    assert past_the_door("plot", "from popgraph.populations import PopulationGraph, structure", FILES) == set()
    assert past_the_door("populations", deep, FILES) == set()
    assert past_the_door("plot", "from popgraph.basics.arrays import Floats", FILES) == set()


@pytest.mark.parametrize("path", ROOMS, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_room_imports_the_whole_package(path):
    assert not imports_the_package(path.read_text(encoding="utf-8"))


def test_an_import_of_the_whole_package_would_be_noticed():
    assert imports_the_package("import popgraph as pg")
    assert imports_the_package("def f():\n    import popgraph")
    assert imports_the_package("import popgraph.zoo")  # binds popgraph
    assert not imports_the_package("from popgraph import zoo")


DOORS = sorted({name.split(".")[0] for name in FILES if name} - {"errors", "basics"})


@pytest.mark.parametrize("room", DOORS)
def test_each_door_teaches_its_room_and_shows_what_is_public(room):
    if room in ("dask", "torch"):
        need(room)
    door = importlib.import_module(f"popgraph.{room}")
    assert 6 <= door.__doc__.count("\n") <= 20  # about ten lines
    assert ">>> " in door.__doc__
    assert dir(door) == sorted(door.__all__)
    assert all(getattr(door, name) is not None for name in door.__all__)


def test_the_table_has_no_cycle():
    seen: list[str] = []
    rooms = dict(MAY_IMPORT)
    while rooms:
        free = [room for room, imports in rooms.items() if imports <= set(seen)]
        assert free, f"a cycle among {sorted(rooms)}"
        seen += free
        rooms = {room: imports for room, imports in rooms.items() if room not in free}


def constants_of_several_values(texts: dict[str, str]) -> dict[str, set[str]]:
    """The constants of which two files have one name and two values."""
    values: dict[str, set[str]] = {}
    for text in texts.values():
        for node in ast.parse(text).body:
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            for target in targets:
                if isinstance(target, ast.Name) and len(target.id) > 1 and target.id.isupper():
                    values.setdefault(target.id, set()).add(ast.dump(node.value))
    return {name: given for name, given in values.items() if len(given) > 1}


def test_no_two_files_have_one_name_for_two_constants_and_the_guard_can_fail():
    assert constants_of_several_values(FILES) == {}
    assert constants_of_several_values({"a": "MAX_VIEWS = 3", "b": "MAX_VIEWS: int = 4"}).keys() == {"MAX_VIEWS"}
    assert constants_of_several_values({"a": "MAX_VIEWS = 3", "b": "MAX_VIEWS = 3"}) == {}


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
    # Four of them are the ways in which pairs themselves are given, and two more the graphs that come of it
    assert len([name for name in popgraph.__all__ if not inspect.ismodule(getattr(popgraph, name))]) <= 38
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
    "name",
    ["popgraph", "classroom", "images", "losses", "plot", "selftraining", "structure", "testing", "theory", "zoo"],
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
    trained = loaded_by("import popgraph; popgraph.train(popgraph.zoo.lightning_cloud(), 2, loss='vicreg', steps=3)")
    assert "scipy.optimize" in trained  # on first use
    assert trained == loaded_by("import scipy.optimize")  # which loads parts of scipy of its own
    assert "matplotlib" in loaded_by("import popgraph; popgraph.plot")
