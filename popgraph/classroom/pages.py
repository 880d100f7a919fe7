"""A worksheet as a page of HTML and as LaTeX, with blanks or with the answers. Both need no network."""

import html
import re

from popgraph.classroom.cells import mathml
from popgraph.classroom.questions import Question, Sheet, Table

MAX_COLUMNS_OF_FULL_WIDTH = 9
STYLE = """
@page { size: A4; margin: 16mm 14mm; }
body { font: 11pt/1.45 Georgia, "DejaVu Serif", serif; color: #111; background: #fff;
  max-width: 50em; margin: 2em auto; padding: 0 1em; }
h1 { font-size: 1.35em; margin: 0 0 .2em; }
.who { display: flex; gap: 2em; margin: .8em 0 1em; }
.who span { flex: 1; border-bottom: 1px solid #444; padding-bottom: .1em; color: #444; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: .4em 0 .7em; }
th, td { border: 1px solid #888; padding: .25em .45em; text-align: center; min-width: 2.6em; height: 2em; }
th { font-weight: normal; background: #f0f0f0; color: #111; white-space: nowrap; }
section { break-inside: avoid; margin-top: 1em; }
p { margin: .4em 0; }
.remark { font-style: italic; }
code { font-size: .85em; overflow-wrap: anywhere; }
math { font-size: 1.2em; }
.wide { font-size: .9em; }
.wide th, .wide td { min-width: 1.9em; padding: .2em .15em; }
@media print { .scroll { overflow: visible; } body { max-width: none; margin: 0; padding: 0; } }
"""


def html_page(sheet: Sheet, key: bool) -> str:
    """Return a page with the answers in their places, or with blanks."""
    title = html.escape(sheet.title) + (": key" if key else "")
    who = "" if key else '<p class="who"><span>Name</span><span>Date</span></p>'
    legend = "".join(f"<li>{_html_name(short)} = {html.escape(whole)}</li>" for short, whole in sheet.legend)
    parts = [
        f"<h1>{title}</h1>",
        f"<p>Contrastive learning on a population of {sheet.views} views, with k = {sheet.k}.</p>",
        who,
        f"<section><p>{sheet.given_words.html}</p>{_html_table(sheet.given, True)}",
        f"<ul>{legend}</ul>" if legend else "",
        "</section>",
        *(_html_question(i, question, key) for i, question in enumerate(sheet.questions, 1)),
        f"<p>{_html_check(sheet)}</p>" if not key else "",
    ]
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head>\n'
        f"<body>\n{chr(10).join(part for part in parts if part)}\n</body>\n</html>\n"
    )


def _html_question(number: int, question: Question, key: bool) -> str:
    remark = f'<p class="remark">{question.remark.html}</p>' if key and question.remark.html else ""
    blank = '<p>Clean? <span style="display:inline-block;width:8em;border-bottom:1px solid #444"></span></p>'
    below = blank if question.name == "gamma" and not key else remark
    return f"<section><p>{number}. {question.words.html}</p>{_html_table(question.table, key)}{below}</section>"


def _html_table(table: Table, filled: bool) -> str:
    head = "".join(f"<th>{_html_name(name)}</th>" for name in (table.corner, *table.columns))
    wide = ' class="wide"' if len(table.columns) > MAX_COLUMNS_OF_FULL_WIDTH else ""
    rows = []
    for name, cells in zip(table.rows, table.cells, strict=True):
        drawn = [mathml(cell) if filled and cell else "" for cell in cells]
        rows.append(f"<tr><th>{_html_name(name)}</th>{''.join(f'<td>{cell}</td>' for cell in drawn)}</tr>")
    return f'<div class="scroll"><table{wide}><tr>{head}</tr>{"".join(rows)}</table></div>'


def _html_name(name: str) -> str:
    """Write a name: x1 and w_x with their index below."""
    if index := re.fullmatch(r"(x)(\d+)|(w|γ)_(x|i)", name):
        letter, below = (index[1], index[2]) if index[1] else (index[3], index[4])
        return f"<i>{letter}</i><sub>{below}</sub>"
    return html.escape(name)


def _html_check(sheet: Sheet) -> str:
    names = ", ".join(f"{question.name}=..." for question in sheet.questions)
    return f'To check: <code>pg.classroom.grade(graph, {html.escape(names)}, k={sheet.k})</code>, with fractions as "1/18".'


LATEX_HEAD = r"""% pdflatex prints it; names in other letters than Latin ones need lualatex, and a font that has them
\documentclass[11pt]{article}
\usepackage{iftex}
\ifpdftex\usepackage[T1]{fontenc}\usepackage[utf8]{inputenc}\else\usepackage{fontspec}\fi
\usepackage{amsmath}
\usepackage[a4paper,margin=16mm]{geometry}
\setlength{\parindent}{0pt}\setlength{\parskip}{6pt}\setlength{\tabcolsep}{4pt}
\renewcommand{\arraystretch}{1.6}
\begin{document}
"""
LATEX_CHARACTERS = {
    "\\": r"\textbackslash{}",
    **{character: f"\\{character}" for character in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
}
LATEX_NAMES = {
    "x̄": r"$\bar x$",
    "Ā": r"$\bar A$",
    "w": "$w$",
    "w_x": "$w_x$",
    "γ_i": r"$\gamma_i$",
    "x": "$x$",
    "i": "$i$",
    "p": "$p$",
}


def latex_page(sheet: Sheet, key: bool) -> str:
    """Return a document with the answers in their places, or with blanks."""
    legend = ", ".join(f"{_latex_name(short)} = {_escaped(whole)}" for short, whole in sheet.legend)
    parts = [
        rf"{{\Large\bfseries {_escaped(sheet.title)}{': key' if key else ''}}}",
        f"Contrastive learning on a population of {sheet.views} views, with $k = {sheet.k}$.",
        "" if key else r"Name \hrulefill\quad Date \hrulefill",
        sheet.given_words.latex,
        _latex_table(sheet.given, True),
        f"Here {legend}." if legend else "",
    ]
    for i, question in enumerate(sheet.questions, 1):
        below = question.remark.latex if key else r"Clean? \underline{\hspace{8em}}" if question.name == "gamma" else ""
        body = "\n\n".join(
            part for part in (f"{i}. {question.words.latex}", _latex_table(question.table, key), below) if part
        )
        parts.append(rf"\begin{{minipage}}{{\linewidth}}\setlength{{\parskip}}{{6pt}}{body}\end{{minipage}}")
    return LATEX_HEAD + "\n\n".join(part for part in parts if part) + "\n\\end{document}\n"


def _latex_table(table: Table, filled: bool) -> str:
    head = " & ".join(_latex_name(name) for name in (table.corner, *table.columns))
    blank = r"\hspace{2.2em}"
    rows = [
        " & ".join([_latex_name(name), *(f"${cell}$" if filled and cell else blank for cell in cells)])
        for name, cells in zip(table.rows, table.cells, strict=True)
    ]
    shape = "|c" * (len(table.columns) + 1) + "|"
    body = "".join(rf"{row} \\ \hline" + "\n" for row in rows)
    size = r"\small" if len(table.columns) <= MAX_COLUMNS_OF_FULL_WIDTH else r"\footnotesize\setlength{\tabcolsep}{2pt}"
    return (
        rf"{{{size}\begin{{tabular}}{{{shape}}}\hline" + "\n" + rf"{head} \\ \hline" + "\n" + body + r"\end{tabular}}"
    )


def _latex_name(name: str) -> str:
    if index := re.fullmatch(r"x(\d+)", name):
        return f"$x_{{{index[1]}}}$"
    if column := re.fullmatch(r"(F\*|f) (\d+)", name):
        return f"${'F^*' if column[1] == 'F*' else 'f'}_{{{column[2]}}}$"
    return LATEX_NAMES.get(name, "") or _escaped(name)


def _escaped(text: str) -> str:
    """Write a text so that LaTeX prints it as it is."""
    return "".join(LATEX_CHARACTERS.get(character, character) for character in text)
