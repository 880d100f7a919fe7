"""The changes that mutation testing makes to the code, one operator or number at a time; `mutation.py` judges them.

Changed are operators (arithmetic, comparison, `and` and `or`, `not`, the minus sign), numbers by 1, True and False, conditions (to
their negation), `break` and `continue`, loops (to none), what an `except` catches (to nothing), and keyword arguments (left out).
Not changed: annotations, decorators, f-strings (wording), functions that only word or draw a value (`PROSE`), and constants that
were measured for speed (`SPEED`). Of the replacements at one place two are drawn.
"""

import ast
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROSE = {"__repr__", "__str__", "_repr_html_", "_short", "share_in_words"}
SPEED = {
    "BLOCKED_COLUMNS",
    "BLOCKS_AT_ONCE",
    "CALL_SECONDS",
    "COLUMNS_AT_ONCE",
    "COLUMNS_ENTRIES",
    "DENSE_SECONDS",
    "DENSE_SHARE",
    "DENSE_SIDE_LIMIT",
    "DENSE_SOLVE_SIDE_LIMIT",
    "ENTRY_SECONDS",
    "FEW_COLUMNS",
    "FILTERED_EXTENT",
    "FILTERED_RESTARTS",
    "HIGHEST_DEGREE",
    "LEAST_STEPS",
    "MAX_EXACT_SIDE",
    "MAX_SIDE_SOLVED_TO_PRINT",
    "MISSED_PAIRS_ASKED",
    "MOST_DRIFT",
    "MOST_ROUNDS",
    "PEEK_STEPS",
    "PREFERRED_DENSE_SIDE",
    "ROWS_TOGETHER_ENTRIES",
    "SHARED_ENTRIES",
    "SHARED_NUMBERS",
    "SIDE_PER_PAIR",
    "SPARE_VECTORS",
    "SPARSE_SHARE",
    "STACK_BYTES",
    "SWEPT_ROWS",
    "TALL_ROWS",
    "THREADED_ENTRIES",
    "VECTORS_PER_PAIR",
    "VECTOR_ENTRIES",
}
PER_PLACE = 2  # replacements of one operator, of the up to ten there are, drawn at random
ARITHMETIC = {"+", "-", "*", "/", "//", "%", "**"}
ORDERS = {"<", "<=", ">", ">=", "==", "!="}
SYMBOLS = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.And: "and",
    ast.Or: "or",
}
OPPOSITES = {"is": "is not", "is not": "is", "in": "not in", "not in": "in", "and": "or", "or": "and"}
Change = tuple[str, str, str]


@dataclass(frozen=True)
class Mutant:
    """Name one change: the kind, where it is, the bytes of the file that it replaces, and the text that takes their place."""

    path: str
    line: int
    column: int
    kind: str
    start: int
    stop: int
    text: str

    def source(self) -> str:
        """Return the changed module."""
        code = Path(self.path).read_bytes()
        return (code[: self.start] + self.text.encode() + code[self.stop :]).decode()

    def change(self) -> Change:
        """Return the path, the line as it is, and as it would be."""
        lines = zip(Path(self.path).read_text("utf-8").splitlines(), self.source().splitlines(), strict=False)
        was, now = next((was.strip(), now.strip()) for was, now in lines if was != now)
        return self.path, was, now


class Places:
    """The bytes of a module, and what may be changed at each node of its syntax tree."""

    def __init__(self, code: bytes) -> None:
        self.code = code
        self.line_starts = [0, *(found.end() for found in re.finditer(rb"\n", code))]

    def at(self, line: int, column: int) -> int:
        return self.line_starts[line - 1] + column

    def span(self, node: Any) -> tuple[int, int]:
        return self.at(node.lineno, node.col_offset), self.at(node.end_lineno, node.end_col_offset)

    def text(self, node: Any) -> str:
        start, stop = self.span(node)
        return self.code[start:stop].decode()

    def between(self, left: Any, right: Any, operator: ast.AST) -> tuple[int, int, str]:
        """Where the operator of two operands stands, and what it is."""
        symbol = SYMBOLS.get(type(operator), "")
        start, stop = self.span(left)[1], self.span(right)[0]
        found = self.code.find(symbol.encode(), start, stop) if symbol else -1
        return found, found + len(symbol), symbol

    def changes(self, node: ast.AST) -> Iterator[tuple[str, int, int, str]]:
        """Yield the kind of each change at a node, the bytes to replace, and the text to put there."""
        match node:
            case ast.BinOp() | ast.AugAssign():
                left, right = (node.left, node.right) if isinstance(node, ast.BinOp) else (node.target, node.value)
                start, stop, symbol = self.between(left, right, node.op)
                for other in sorted(ARITHMETIC - {symbol}) if symbol in ARITHMETIC and start >= 0 else ():
                    yield "arithmetic", start, stop, other
            case ast.Compare():
                operands = [node.left, *node.comparators]
                for left, right, operator in zip(operands, operands[1:], node.ops, strict=False):
                    start, stop, symbol = self.between(left, right, operator)
                    others = sorted(ORDERS - {symbol}) if symbol in ORDERS else [OPPOSITES.get(symbol, symbol)]
                    for other in others if start >= 0 else ():
                        yield "comparison", start, stop, other
            case ast.BoolOp():
                for left, right in zip(node.values, node.values[1:], strict=False):
                    start, stop, symbol = self.between(left, right, node.op)
                    if start >= 0:
                        yield "boolean", start, stop, OPPOSITES[symbol]
            case ast.UnaryOp(op=ast.Not() | ast.USub()):
                yield "sign", *self.span(node), f"({self.text(node.operand)})"
            case ast.Constant(value=bool()):
                yield "truth", *self.span(node), str(not node.value)
            case ast.Constant(value=int() | float()):
                yield "number", *self.span(node), f"{node.value + 1}"
                yield "number", *self.span(node), f"({node.value - 1})"
            case ast.If() | ast.IfExp() | ast.While():
                yield "condition", *self.span(node.test), f"(not ({self.text(node.test)}))"
            case ast.For() | ast.comprehension():
                yield "loop", *self.span(node.iter), "()"
            case ast.Break() | ast.Continue():
                yield "leap", *self.span(node), "continue" if isinstance(node, ast.Break) else "break"
            case ast.ExceptHandler(type=ast.expr()):
                yield "except", *self.span(node.type), "()"
            case ast.keyword(arg=str()):
                start, stop = self.span(node)
                comma = re.compile(rb"\s*,\s*").match(self.code, stop)
                yield "keyword", start, comma.end() if comma else stop, ""


def mutants(path: Path) -> Iterator[Mutant]:
    """List the changes to one module that still compile, those left out by the rules excepted."""
    code = path.read_bytes()
    places, tree = Places(code), ast.parse(code)
    skipped = [(places.at(*first), places.at(*last)) for first, last in _skipped(tree)]
    for node in ast.walk(tree):
        for kind, start, stop, text in places.changes(node):
            line = code.count(b"\n", 0, start) + 1
            mutant = Mutant(str(path), line, start - places.line_starts[line - 1], kind, start, stop, text)
            if any(first <= start and stop <= last for first, last in skipped):
                continue
            try:
                compile(mutant.source(), str(path), "exec")
            except SyntaxError:
                continue
            yield mutant


def drawn(found: Sequence[Mutant], seed: int) -> list[Mutant]:
    """Keep a few mutants of each place, the same whatever stands elsewhere, in random order."""
    places: dict[tuple[str, int, int, str], list[Mutant]] = {}
    for mutant in found:
        places.setdefault((mutant.path, mutant.line, mutant.column, mutant.kind), []).append(mutant)
    kept: list[Mutant] = []
    for (path, line, column, family), here in places.items():
        text = Path(path).read_text("utf-8").splitlines()[line - 1]
        kept += random.Random(f"{seed} {text} {column} {family}").sample(here, min(PER_PLACE, len(here)))
    return random.Random(seed).sample(kept, len(kept))


def _skipped(tree: ast.Module) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """The stretches of code that are not mutated."""
    for node in ast.walk(tree):
        parts: list[ast.AST | None] = []
        if isinstance(node, ast.FunctionDef):
            parts = [node.returns, *(arg.annotation for arg in (*node.args.args, *node.args.kwonlyargs))]
            parts += [*node.decorator_list, *[node] * (node.name in PROSE)]
        elif isinstance(node, ast.ClassDef):
            parts = list(node.decorator_list)
        elif isinstance(node, ast.AnnAssign):
            parts = [node.annotation]
        elif isinstance(node, ast.JoinedStr):
            parts = [node]
        elif isinstance(node, ast.Assign):
            names = {name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)}
            parts = [node] * bool(names & SPEED)
        for part in parts:
            if part is not None:
                yield (part.lineno, part.col_offset), (part.end_lineno, part.end_col_offset)
