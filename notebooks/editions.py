"""Copies of the notebooks for a class, by one command.

    python notebooks/editions.py instructor build/instructor    # every answer filled in, checks and hints open to read
    python notebooks/editions.py student build/student          # questions and checks, and no solution anywhere

What the repository holds is for somebody who learns alone: answers are open, and each solution is folded behind its question.
Name notebooks at the end to copy these alone. The copies come with `exercises.py`, run as they are, and replace older copies.
"""

import argparse
import json
import shutil
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


def tagged(cell: dict[str, Any], tag: str) -> bool:
    return tag in cell["metadata"].get("tags", [])


def student(notebook: dict[str, Any]) -> dict[str, Any]:
    """Without the solutions, and what is said of where they are; checks stay folded."""
    kept = [cell for cell in notebook["cells"] if not (tagged(cell, "solution") or tagged(cell, "folded"))]
    return notebook | {"cells": kept}


def instructor(notebook: dict[str, Any]) -> dict[str, Any]:
    """Each solution, with what it printed, in place of the student's empty answer; nothing is folded."""
    cells: list[dict[str, Any]] = []
    for cell in notebook["cells"]:
        if tagged(cell, "solution"):
            cells.pop()  # the answer that is left open stands right before its solution
        if tagged(cell, "folded"):
            continue  # it says what is folded
        metadata = {key: value for key, value in cell["metadata"].items() if key not in ("tags", "jupyter", "mystnb")}
        cells.append(cell | {"metadata": metadata})
    count = 0
    for cell in cells:
        if cell["cell_type"] == "code":
            count += 1
            cell["execution_count"] = count
            cell["outputs"] = [numbered(output, count) for output in cell["outputs"]]
    return notebook | {"cells": cells}


def numbered(output: dict[str, Any], count: int) -> dict[str, Any]:
    return output | {"execution_count": count} if "execution_count" in output else output


EDITIONS = {"instructor": instructor, "student": student}


def write(edition: str, folder: Path, notebooks: list[Path]) -> None:
    """Write the copies, each whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in notebooks:
        copy = EDITIONS[edition](json.loads(path.read_text(encoding="utf-8")))
        beside = folder / (path.name + ".part")
        beside.write_text(json.dumps(copy, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        beside.replace(folder / path.name)
    shutil.copyfile(HERE / "exercises.py", folder / "exercises.py")


def main(arguments: list[str] | None = None) -> str:
    """Read the command, write the edition, and say what was written; one sentence where it cannot be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("edition", choices=EDITIONS)
    parser.add_argument("folder", type=Path, help="where the copies go: a folder other than this one")
    parser.add_argument("notebooks", nargs="*", type=Path, help="all of them if none is named")
    read = parser.parse_args(arguments)
    notebooks = read.notebooks or sorted(HERE.glob("*.ipynb"))
    if read.folder.resolve() in {path.resolve().parent for path in notebooks} | {HERE}:
        parser.error(f"{read.folder} holds the notebooks themselves: name another folder")
    if missing := [str(path) for path in notebooks if not path.is_file()]:
        parser.error(f"{missing[0]} is not a file: name notebooks by their paths")
    if read.folder.exists() and not read.folder.is_dir():
        parser.error(f"{read.folder} is a file: name a folder")
    write(read.edition, read.folder, notebooks)
    return f"{len(notebooks)} notebooks, {read.edition}'s edition: {read.folder}"


if __name__ == "__main__":
    sys.stdout.write(main() + "\n")
