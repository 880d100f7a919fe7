"""The examples as a gallery: each script becomes a page with its report and its pictures below the code that makes them.

A script says in its docstring what it shows, prints by `report()` and draws by `visualize()`. On its page these two calls stand in
cells of their own, in place of the lines that write figures to files. What takes long, or needs torch, is not run for the site: its
page shows the picture that is stored in `docs/pictures/gallery/`, which `python examples/NAME.py` drew.
"""

import ast
import re
from pathlib import Path

STORED = (  # 5 s and more, or torch
    "astronomical",
    "digits",
    "flow_and_training",
    "networks",
    "open_world",
    "optimisers",
    "phase_diagrams",
    "saunshi_table",
    "self_training",
    "stop_gradient",
    "why_not_just_scikit_learn",
)
NO_PICTURE = ("negatives", "test_my_theorem")  # of minutes; of tests
EXECUTED = rf"^(?!.*({'|'.join([*STORED, *NO_PICTURE])})\.py$).*\.py$"
HEADER = """The gallery
===========

Each example is a script of a page. It says what it shows, prints it and draws it: here with what it printed and drew.
"""
FOUND = "found"
STORED_PICTURE = (
    "The picture is a stored one: this example takes longer than a page of this site may, or needs an extra."
)


def escaped(text: str) -> str:
    """Return plain words as reStructuredText: code stays in literals, and what would be markup is text.

    >>> print(escaped("`ring` at |x| and F* of w_x"))
    ``ring`` at \\|x\\| and F\\* of w_x
    """
    parts = re.split(r"(`[^`]+`)", text)
    words = (re.sub(r"([|*])|(?<=\w)(_)(?!\w)", lambda found: "\\" + found[0], part) for part in parts[::2])
    codes = (f"`{part}`" for part in parts[1::2])
    return "".join(word + code for word, code in zip(words, [*codes, ""], strict=True))


def comment(text: str) -> str:
    """Return text as lines of a comment."""
    return "\n".join(f"# {line}".rstrip() for line in text.splitlines())


def heading(docstring: str, name: str) -> str:
    """Return the docstring with its name as the title, as reStructuredText."""
    title = name.replace("_", " ").capitalize()
    return f"{title}\n{'=' * len(title)}\n\n{escaped(docstring)}"


def calls(tail: list[ast.stmt], name: str) -> list[ast.Call]:
    """Return the calls of a function in the statements under `if __name__ == "__main__"`."""
    nodes = [node for statement in tail for node in ast.walk(statement)]
    return [node for node in nodes if isinstance(node, ast.Call) and getattr(node.func, "id", None) == name]


def cells(tail: list[ast.stmt]) -> list[tuple[str, str]]:
    """Return a title and the code of each cell that takes the place of the statements under `if __name__ == "__main__"`."""
    before = [statement for statement in tail if isinstance(statement, ast.Assign) and not calls([statement], "report")]
    asked = [statement for statement in before if any(calls([statement], name) for name in ("findings",))]
    (report,) = calls(tail, "report")
    (visualize,) = calls(tail, "visualize")
    said, drawn = ast.unparse(report), ast.unparse(visualize)
    named = next(
        (statement.targets[0] for statement in tail if isinstance(statement, ast.Assign) and statement.value is report),
        None,
    )
    if said in drawn:
        drawn, said = drawn.replace(said, FOUND), f"{FOUND} = {said}"
    elif named is not None:
        said = f"{ast.unparse(named)} = {said}"
    said = "\n".join([*map(ast.unparse, asked), said])
    return [("What it prints", said), ("What it draws", f"figure = {drawn}")]


def page(source: str, name: str, picture: str | None) -> str:
    """Return the script as sphinx-gallery reads it."""
    tree = ast.parse(source)
    lines = source.splitlines()
    first = tree.body[0]
    docstring = ast.get_docstring(tree) or ""
    tail = tree.body[-1]
    text = heading(docstring, name)
    ended = name in STORED or name in NO_PICTURE or not isinstance(tail, ast.If)
    code = "\n".join(lines[first.end_lineno : None if ended else tail.lineno - 1]).strip()
    parts = [f'r"""{text}\n"""']
    if picture:
        code = f"# sphinx_gallery_thumbnail_path = '{picture}'\n{code}"
        parts.append(f"# %%\n# .. image:: /{picture}\n#    :alt: What {name}.py draws\n#\n{comment(STORED_PICTURE)}")
    parts.append(f"# %%\n# The script\n# ----------\n\n{code}")
    if not ended:
        parts += [f"# %%\n{comment(title)}\n# {'-' * len(title)}\n\n{cell}" for title, cell in cells(tail.body)]
    return "\n\n".join(parts) + "\n"


def write(examples: Path, pictures: Path, folder: Path) -> None:
    """Write each example's page for sphinx-gallery, and the gallery's own head."""
    folder.mkdir(exist_ok=True)
    texts = {"GALLERY_HEADER.rst": HEADER}
    for path in sorted(examples.glob("*.py")):
        stored = pictures / f"{path.stem}.png"
        picture = f"pictures/gallery/{stored.name}" if path.stem in STORED and stored.exists() else None
        texts[path.name] = page(path.read_text(encoding="utf-8"), path.stem, picture)
    for stale in folder.glob("*"):
        if stale.is_file() and stale.name not in texts:
            stale.unlink()
    for name, text in texts.items():
        target = folder / name
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            target.write_text(text, encoding="utf-8")
