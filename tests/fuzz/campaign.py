"""Run the campaign: for each public function, spoil one argument or two of a valid call, and judge what comes of it.

    PYTHONPATH=tests python -m fuzz.campaign            tables of inputs, outcomes and findings: by function, container, argument
    PYTHONPATH=tests python -m fuzz.campaign verify     of these functions, each finding in full

With --serve it reads lines such as "verify 0 3" (a name, the first input, and the step to the next) and answers in JSON, a line
before each call and one after: what kills the interpreter then names its input.
"""

import json
import os
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import nullcontext
from itertools import count, islice
from typing import Any, NamedTuple, TextIO

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np

from fuzz import judge
from fuzz.derived import ENTRIES
from fuzz.registry import Entry
from fuzz.spoilers import BAD, EITHER, SAME, Spoiler

ALL = slice(0, None)  # inputs of a function
FEW = 60  # inputs of a slow function, which then gets some of its spoilers and not all


class Trial(NamedTuple):
    """One input: which arguments were put in, in words."""

    spoilt: tuple[tuple[str, str], ...]
    number: int

    def __str__(self) -> str:
        return " and ".join(f"{argument}: {label}" for argument, label in self.spoilt)


def spoilers_of(entry: Entry, argument: str) -> dict[str, Spoiler]:
    """Return the spoilers of an argument by their labels; listed once, made anew for every call."""
    given = entry.arguments[argument]
    listed_of, spoilers = _LISTED.get(argument, (None, {}))
    if listed_of is not given:
        spoilers = {each.label: each for each in given.kind(given.plain)}
        _LISTED[argument] = (given, spoilers)
    return spoilers


_LISTED: dict[str, tuple[Any, dict[str, Spoiler]]] = {}  # of the last argument of each name


def trials(entry: Entry) -> Iterator[Trial]:
    """Yield the inputs of one function: every spoiler of every argument alone, and pairs of them after that."""
    names = [(argument, each.label) for argument in entry.arguments for each in spoilers_of(entry, argument).values()]
    alone = [(name,) for name in names]
    draw = random.Random(entry.name)
    draw.shuffle(alone)
    numbers, seen = count(), set()
    for spoilt in (alone if entry.inputs > FEW else alone[: entry.inputs]) or [()]:
        yield Trial(spoilt, next(numbers))
    pairs = max(entry.inputs - len(alone), entry.inputs // 3 if entry.inputs > FEW else 0)
    for _ in range(3 * bool(names) * pairs):  # no input is counted twice
        spoilt = tuple(sorted(dict(draw.choice(names) for _ in range(2)).items()))
        if len(spoilt) == 2 and spoilt not in seen and len(seen) < pairs:
            seen.add(spoilt)
            yield Trial(spoilt, next(numbers))


def run(entry: Entry, trial: Trial, plain_answer: Any) -> tuple[str, str]:
    """Return the outcome of one input ("answer", "refusal" or "finding"), and what is wrong."""
    draw = random.Random(f"{entry.name}: {trial.number}")
    arguments = {name: given.plain for name, given in entry.arguments.items()}
    verdicts, names = set(), []
    for name, label in trial.spoilt:
        given = entry.arguments[name]
        spoiler = spoilers_of(entry, name)[label]
        arguments[name] = spoiler.make(draw)
        verdicts.add(spoiler.verdict)
        names += [name, *given.words]
    before = {name: judge.fingerprint(value) for name, value in arguments.items()}
    with np.errstate(all="ignore") if entry.nan_through else nullcontext():
        answer, error = judge.attempt(lambda: entry.observe(entry.call(**arguments)))
    if plt.get_fignums():
        plt.close("all")
    if {name: judge.fingerprint(value) for name, value in arguments.items()} != before:
        return "finding", "an argument was written into"
    if error is not None:
        if isinstance(error, AssertionError) and entry.name.startswith("testing.assert_") and verdicts != {SAME}:
            return "answer", ""
        if any("raised by" in note for note in getattr(error, "__notes__", ())):
            return "refusal", ""  # what the user's own function raised
        fault = judge.refused_well(error, names, [arguments[name] for name, _ in trial.spoilt])
        if fault is None and verdicts == {SAME}:
            fault = f"refused: {str(error)[:150]}"
        return ("refusal", "") if fault is None else ("finding", fault)
    if BAD in verdicts:
        return "finding", f"answered {str(answer)[:100]!r}"
    if verdicts <= {SAME, EITHER} and not judge.same(answer, plain_answer):
        return "finding", f"another answer: {str(answer)[:100]!r}"
    if judge.holds_nan(answer) and not entry.nan_through and not judge.holds_nan(plain_answer):
        return "finding", "the answer holds NaN"
    return "answer", ""


def campaign(entry: Entry, report: Any = lambda trial, outcome, fault: None, part: slice = ALL) -> Counter[str]:
    """Give one function all its inputs, or a part of them."""
    plain_answer, error = judge.attempt(
        lambda: entry.observe(entry.call(**{n: a.plain for n, a in entry.arguments.items()}))
    )
    if error is not None:
        raise error
    outcomes: Counter[str] = Counter()
    for trial in islice(trials(entry), part.start, part.stop, part.step):
        report(trial, "begun", "")
        outcome, fault = run(entry, trial, plain_answer)
        outcomes[outcome] += 1
        report(trial, outcome, fault)
    return outcomes


def container_of(label: str) -> str:
    """Return the library that a spoiler's container is of, by its label."""
    library, colon, _ = label.partition(": ")
    return library if colon else "plain values"


def print_table(title: str, table: dict[str, Counter[str]]) -> None:
    """Print inputs, answers, refusals and findings by kind, the most first."""
    print(f"\n{title:<42}{'inputs':>8}{'answers':>9}{'refusals':>10}{'findings':>10}")
    for name, outcomes in sorted(table.items(), key=lambda row: -row[1].total()):
        print(
            f"{name:<42}{outcomes.total():>8}{outcomes['answer']:>9}{outcomes['refusal']:>10}{outcomes['finding']:>10}"
        )


def serve(source: TextIO, out: TextIO) -> None:
    """Answer each line read with the story of a campaign: a function's name, its first input, and the step to the next."""
    for line in source:
        name, first, step = line.rsplit(maxsplit=2)

        def report(trial: Trial, outcome: str, fault: str) -> None:
            out.write(json.dumps([outcome, str(trial), fault]) + "\n")
            out.flush()

        campaign(ENTRIES[name], report, slice(int(first), None, int(step)))
        out.write(json.dumps(["done", "", ""]) + "\n")
        out.flush()


def main(names: list[str]) -> None:
    """Print the table."""
    total: Counter[str] = Counter()
    by_container: dict[str, Counter[str]] = defaultdict(Counter)
    by_argument: dict[str, Counter[str]] = defaultdict(Counter)
    print(f"{'function':<42}{'inputs':>8}{'answers':>9}{'refusals':>10}{'findings':>10}")
    for name in names or ENTRIES:
        found: list[str] = []

        def report(trial: Trial, outcome: str, fault: str, found: list[str] = found) -> None:
            if outcome == "finding":
                found.append(f"    {trial}: {fault}")
            if outcome != "begun":
                for argument, label in trial.spoilt:  # an input of two spoilers counts in two rows
                    by_container[container_of(label)][outcome] += 1
                    by_argument[argument][outcome] += 1

        outcomes = campaign(ENTRIES[name], report)
        total += outcomes
        print(
            f"{name:<42}{outcomes.total():>8}{outcomes['answer']:>9}{outcomes['refusal']:>10}{outcomes['finding']:>10}",
            flush=True,
        )
        for line in found:
            print(line)
    print_table("by container", by_container)
    print_table("by argument", by_argument)
    print(f"\n{'all':<42}{total.total():>8}{total['answer']:>9}{total['refusal']:>10}{total['finding']:>10}")


if __name__ == "__main__":
    if sys.argv[1:] == ["--serve"]:
        channel = os.fdopen(os.dup(1), "w")
        os.dup2(2, 1)  # what a function prints is not the story
        serve(sys.stdin, channel)
    else:
        main(sys.argv[1:])
