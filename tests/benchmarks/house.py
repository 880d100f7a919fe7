"""The house in numbers: rooms, arrows between them, files in circles, lines by kind, and the functions with most parameters.

Run `python tests/benchmarks/house.py [FOLDER]`, from the root of a checkout or with the folder of another one's package.
"""

import ast
import io
import statistics
import sys
import tokenize
from collections import Counter
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent))  # where the arrows are read

from arrows import circles, imported_files, sources


def line_kinds(text: str) -> Counter[str]:
    """How many lines of a text are docstrings, code, blank, or hold a comment, alone or after code."""
    lines = text.count("\n")
    doc = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.body:
            first = node.body[0]
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                doc |= set(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    code, commented = set(), set()
    skip = {tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        rows = set(range(token.start[0], token.end[0] + 1))
        if token.type == tokenize.COMMENT:
            commented |= rows
        elif token.type not in skip:
            code |= rows - doc
    return Counter(
        lines=lines,
        docstrings=len(doc),
        code=len(code),
        comments=len(commented),
        blank=lines - len(doc | code | commented),
    )


def widest(package: Path, many: int = 10) -> list[tuple[int, str]]:
    """The functions with most parameters, self and cls left out."""
    found = []
    for name, text in sources(package).items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                given = [a.arg for a in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]]
                found.append((len([a for a in given if a not in ("self", "cls")]), f"{name}.{node.name}"))
    return sorted(found, key=lambda each: (-each[0], each[1]))[:many]


def main(package: Path) -> None:
    """Print the table."""
    files = sources(package)
    arrows = {name: imported_files(text, set(files)) for name, text in files.items() if name}
    room = {name: name.split(".")[0] for name in arrows}
    entries = sorted({p.name for p in package.iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()})
    between = {(room[a], room[b]) for a, targets in arrows.items() for b in targets if room[a] != room[b]}
    kinds = sum((line_kinds(text) for text in files.values()), Counter())
    sizes = [text.count("\n") for text in files.values()]
    print(f"entries ({len(entries) - 1}, without __init__): {' '.join(entries)}")
    print(f"arrows between rooms: {len(between)}; files in circles: {sum(map(len, circles(arrows)))}")
    print(f"files: {len(files)}, median {statistics.median(sizes):.0f} lines, largest {max(sizes)}")
    total = kinds["lines"]
    for kind in ("code", "docstrings", "comments", "blank"):
        print(f"{kind:<11} {kinds[kind]:>6,}  {100 * kinds[kind] / total:.1f} %")
    print(f"{'together':<11} {total:>6,}")
    for count, name in widest(package):
        print(f"{count:>3} parameters: {name}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2] / "popgraph")
