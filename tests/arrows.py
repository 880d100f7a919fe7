"""What files of the package import: the arrows that tests/test_architecture.py judges and tests/benchmarks/house.py counts.

Imports under TYPE_CHECKING count as any other: who reads a file must know both.
"""

import ast
from pathlib import Path


def sources(package: Path) -> dict[str, str]:
    """The text of each file of a package, by its dotted name without "popgraph."; a room's `__init__` has the room's name."""
    texts = {}
    for path in sorted(package.rglob("*.py")):
        dotted = ".".join(path.relative_to(package).with_suffix("").parts)
        name = dotted.removesuffix(".__init__") if dotted != "__init__" else ""
        texts[name] = path.read_text(encoding="utf-8")
    return texts


def imported_names(text: str) -> set[tuple[str, str]]:
    """What a text imports of the package, as (module, name): `from popgraph.zoo import ring` is ("zoo", "ring"); name may be ""."""
    names = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "popgraph":
            module = (node.module or "").partition(".")[2]
            names |= {(module, alias.name) for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {(alias.name.partition(".")[2], "") for alias in node.names if alias.name.startswith("popgraph.")}
    return names


def imported_files(text: str, files: set[str]) -> set[str]:
    """The files that a text imports; `from popgraph.populations import export` imports populations.export, where that is a file."""
    imported = set()
    for module, name in imported_names(text):
        dotted = f"{module}.{name}".strip(".")
        imported.add(dotted if dotted in files else module)
    return (imported & files) - {""}


def imported_rooms(text: str) -> set[str]:
    """The rooms that a text imports anything of."""
    return {(module or name).split(".")[0] for module, name in imported_names(text)}


def public_names(text: str) -> set[str]:
    """The names that `__all__` lists, as a text writes it down."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["__all__"]:
            return set(ast.literal_eval(node.value))
    return set()


def past_the_door(room: str, text: str, files: dict[str, str]) -> set[str]:
    """The files of other rooms that a text imports by their own name, and not through their room's `__init__`.

    `from popgraph.populations import grid` enters the file populations.grid, unless the door lists grid as public. Files of
    `basics` are entered by their names, and `errors` is a file.
    """
    entered = set()
    for module, name in imported_names(text):
        if "." in module:
            entered.add(module)
        elif f"{module}.{name}" in files and name not in public_names(files[module]):
            entered.add(f"{module}.{name}")
    return {module for module in entered if module.split(".")[0] not in (room, "basics")}


def imports_the_package(text: str) -> bool:
    """Whether a text has `import popgraph`, by which it could reach every room unnoticed."""
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import)]
    return any(
        alias.name == "popgraph" or (alias.name.startswith("popgraph.") and not alias.asname)
        for n in nodes
        for alias in n.names
    )


def circles(arrows: dict[str, set[str]]) -> list[set[str]]:
    """The sets of files that import one another round and round."""
    reach = {name: _reached(name, arrows) for name in arrows}
    placed: set[str] = set()
    rings = []
    for name in arrows:
        ring = {other for other in reach[name] if name in reach.get(other, set())}
        if name not in placed and ring:
            rings.append(ring)
        placed |= ring
    return rings


def _reached(start: str, arrows: dict[str, set[str]]) -> set[str]:
    """The files that a file imports, and those that these import, and so on."""
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        for name in arrows.get(waiting.pop(), set()) - reached:
            reached.add(name)
            waiting.append(name)
    return reached
