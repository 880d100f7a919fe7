"""Links that nobody writes: a public name in code leads to its page, and "THEORY 5.3" or [H21] to its place in the theory."""

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

THEORY = "theory"
ANCHORS = re.compile(r'<a id="([^"]+)"></a>')
CITATION = re.compile(r"THEORY (\d+(?:\.\d+)?)|\[?\b([A-Z]\d\d|LGT)\b(?=[\],;])")
CALL = re.compile(r"(?:pg|popgraph)\.([A-Za-z_][\w.]*\w|[A-Za-z])")
MARKUP = re.compile(
    r"(``[^`]*``|:[\w:]+:`[^`]*`|`[^`]*`_*|(?<![\w*])\*[^\s*][^*]*\*(?!\w)|^\s*\*\s)"
)  # what is meant as markup
STRAY = re.compile(r"(?<!\\)\||(?<=[\w⁺²])\*(?!\*)|(?<=\s)\*(?=[\s.,;)])")
OBJECTS = {  # what these names hold wherever a page uses them
    "graph": "PopulationGraph",
    "spectrum": "Spectrum",
    "match": "Match",
    "training": "Training",
    "losses": "losses",
    "theory": "theory",
}


def anchors(text: str) -> str:
    """Return the theory with MyST's targets in place of HTML's, so that every page may link to them.

    >>> anchors('<a id="section-1"></a>' + chr(10) + '- <a id="ref-h21"></a>**[H21]**')
    '(section-1)=\\n- []{#ref-h21}**[H21]**'
    """
    text = re.sub(r'^<a id="([^"]+)"></a>$', r"(\1)=", text, flags=re.MULTILINE)
    return ANCHORS.sub(r"[]{#\1}", text)


def read_theory(app: Sphinx, docname: str, source: list[str]) -> None:
    """Turn the anchors of the theory, which are HTML so that they hold in a repository, into targets."""
    if docname == THEORY:
        source[0] = anchors(source[0])
    source[0] = source[0].replace("](theory.md#", "](#").replace("](../theory.md#", "](#")


def table(env: BuildEnvironment) -> dict[str, str]:
    """Return each documented name by its endings that mean one thing alone; a name of popgraph's own is meant before all others."""
    kept: dict[str, str] | None = getattr(env, "popgraph_names", None)
    if kept is None:
        names = sorted(env.get_domain("py").objects, key=lambda name: (name.count("."), name))  # type: ignore[attr-defined]
        kept = {}
        ambiguous = set()
        for name in names:
            parts = name.split(".")
            for start in range(len(parts)):
                ending = ".".join(parts[start:])
                if ending in kept and kept[ending].count(".") == name.count(".") and kept[ending] != name:
                    ambiguous.add(ending)
                kept.setdefault(ending, name)
        kept = {ending: name for ending, name in kept.items() if ending not in ambiguous or ending == name}
        env.popgraph_names = kept  # type: ignore[attr-defined]
    return kept


def link(app: Sphinx, docname: str, name: str, shown: nodes.Node) -> nodes.reference | None:
    """Return a link to a documented name, or None where it would lead to the page on which it stands."""
    entry = app.env.get_domain("py").objects[name]  # type: ignore[attr-defined]
    address = app.builder.get_relative_uri(docname, entry.docname)
    return nodes.reference("", "", shown, internal=True, refuri=f"{address}#{entry.node_id}", reftitle=name)


def resolve(app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.Element) -> nodes.reference | None:
    """Resolve a name in single backticks, or in a type, that is not written in full."""
    if node.get("refdomain") != "py":
        return None
    target = node["reftarget"].removeprefix("pg.").removeprefix("popgraph.").partition("(")[0]
    names = table(env)
    found = names.get(target) or names.get(
        target.rpartition(".")[2] if target[:1].isupper() or "popgraph." in node["reftarget"] else ""
    )
    first, _, rest = target.partition(".")
    if not found and rest and first in OBJECTS:
        found = names.get(f"{OBJECTS[first]}.{rest}")
    return link(app, node["refdoc"], found, content) if found else None


def named(code: str, names: dict[str, str]) -> str | None:
    """Return the documented name that a piece of code begins with."""
    if found := CALL.match(code):
        parts = found[1].split(".")
        for end in range(len(parts), 0, -1):
            if (full := "popgraph." + ".".join(parts[:end])) in names:
                return names[full]
    first, _, rest = code.partition(".")
    if first in OBJECTS and (member := re.match(r"\w+", rest)):
        return names.get(f"{OBJECTS[first]}.{member[0]}")
    return None


def connect(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put links into a page: on code that begins with a public name, and on citations of the theory."""
    names = table(app.env)
    for literal in list(doctree.findall(nodes.literal)):
        if any(isinstance(parent, (nodes.reference, nodes.title)) for parent in parents(literal)):
            continue
        name = named(literal.astext(), names)
        if name and app.env.get_domain("py").objects[name].docname != docname:  # type: ignore[attr-defined]
            literal.replace_self(link(app, docname, name, literal.deepcopy()))
    if docname == "audit" or THEORY not in app.env.all_docs:
        return
    known = places(app)
    for text in list(doctree.findall(nodes.Text)):
        if any(
            isinstance(parent, (nodes.reference, nodes.literal, nodes.literal_block, nodes.title, nodes.math))
            for parent in parents(text)
        ):
            continue
        pieces: list[nodes.Node] = []
        end = 0
        for found in CITATION.finditer(text.astext()):
            anchor = f"section-{found[1].replace('.', '-')}" if found[1] else f"ref-{found[2].lower()}"
            if anchor in known and not (docname == THEORY and not found[1] and text.parent.tagname == "strong"):
                shown = found[0] if found[1] else found[2]
                start = found.start() if found[1] else found.start(2)
                pieces += [nodes.Text(text.astext()[end:start]), cite(app, docname, anchor, shown)]
                end = start + len(shown)
        if pieces:
            pieces.append(nodes.Text(text.astext()[end:]))
            text.parent.replace(text, pieces)


def parents(node: nodes.Node) -> list[nodes.Node]:
    """Return what a node stands in, from inside out."""
    found = []
    while node.parent is not None:
        node = node.parent
        found.append(node)
    return found


def places(app: Sphinx) -> set[str]:
    """Return the anchors of the theory."""
    return set(ANCHORS.findall((Path(app.srcdir) / f"{THEORY}.md").read_text(encoding="utf-8")))


def cite(app: Sphinx, docname: str, anchor: str, shown: str) -> nodes.reference:
    """Return a link into the theory."""
    address = app.builder.get_relative_uri(docname, THEORY) if docname != THEORY else ""
    return nodes.reference("", "", nodes.Text(shown), internal=True, refuri=f"{address}#{anchor}")


def escaped(line: str) -> str:
    r"""Return a line of a docstring with a backslash before each mark that is text: |x|, F*, but neither *so* nor a bullet.

    >>> escaped("* |x| of F* is *not* `|y|`")
    '* \\|x\\| of F\\* is *not* `|y|`'
    """
    parts = MARKUP.split(line)
    parts[::2] = [STRAY.sub(r"\\\g<0>", part) for part in parts[::2]]
    return "".join(parts)


def plain(app: Sphinx, what: str, name: str, item: object, options: object, lines: list[str]) -> None:
    """Escape what docstrings write as text and reStructuredText reads as markup."""
    for number, line in enumerate(lines):
        if not line.lstrip().startswith((">>>", "...", "..")):
            lines[number] = escaped(line)


def forget(app: Sphinx, env: BuildEnvironment) -> None:
    """Read the names anew once all pages are read."""
    env.popgraph_names = None  # type: ignore[attr-defined]


def setup(app: Sphinx) -> dict[str, Any]:
    """Join Sphinx's events."""
    app.connect("source-read", read_theory)
    app.connect("autodoc-process-docstring", plain, priority=100)  # before numpydoc
    app.connect("env-updated", forget)
    app.connect("missing-reference", resolve)
    app.connect("doctree-resolved", connect)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
