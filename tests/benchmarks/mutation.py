"""Mutation testing: change one operator or number of the code at a time, and see whether a test goes red.

A mutant never touches the disk: the tests are collected once, and for each mutant a fork of the process puts the changed code into
the module's functions and runs the tests that execute the changed line, quickest first.

`mutants.py` lists the changes. A mutant that survives asks for a test, or for a reason why no test can tell it from the code: then
what it changes is perhaps not needed.

    pip install -e ".[bench,test]"
    python tests/benchmarks/mutation.py verification --sample 200
    python tests/benchmarks/mutation.py downstream/partition --sample 200
    python tests/benchmarks/mutation.py spectrum --only lanczos ritz --out verdicts.jsonl
    python tests/benchmarks/mutation.py spectrum --again verdicts.jsonl --budget 60  # the survivors among them
"""

import argparse
import inspect
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, is_dataclass
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import coverage
import pytest
from mutants import Mutant, drawn, mutants

TESTS = {  # a room, or a file of one -> the tests that judge it
    "verification": [
        "verification",
        "verification_edges",
        "verification_kinds",
        "comparison",
        "sampled_verification",
        "slips",
        "verdicts",
        "shift",
        "features",
        "minima",
        "exact",
        "torture",
    ],
    "downstream/partition": ["partition", "theory", "downstream_kinds"],
    "populations/graph": ["graph", "torture", "build", "graph_exports", "contracts", "features", "gram"],
    "spectrum": [
        "certificates",
        "iterative",
        "policy",
        "basis",
        "lanczos",
        "features",
        "spectrum",
        "assemble",
        "contracts",
        "merging",
        "components",
        "dense",
        "factored",
        "symmetric",
        "value",
        "gram",
        "grid",
        "kronecker",
        "operator",
        "ritz",
        "subspace",
        "torture",
        "solver_faults",
        "structure_product",
        "structure_mixture",
        "structure_symmetry",
    ],
}
UNPATCHED = 99


def files_of(room: str) -> list[Path]:
    """Return the files of a room with its folders, or the one file, as paths from the repository's root."""
    place = Path("popgraph") / room
    return sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]


class Coverage:
    """Note for each test which lines of the modules it runs, and how long it takes."""

    def __init__(self, modules: Sequence[Path]) -> None:
        self.measured = coverage.Coverage(data_file=None, include=[str(path.resolve()) for path in modules])
        self.seconds: dict[str, float] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        self.measured.switch_context(item.nodeid)
        start = time.process_time()
        answer = yield
        self.seconds[item.nodeid] = time.process_time() - start
        self.measured.switch_context("")
        return answer

    def tests_of(self, modules: Sequence[Path]) -> dict[str, dict[int, list[str]]]:
        """Return path -> line -> tests."""
        data = self.measured.get_data()
        return {str(path): data.contexts_by_lineno(str(path.resolve())) for path in modules}


class Judge:
    """Once the tests are collected, judge mutants in forks of this process instead of running them."""

    def __init__(
        self,
        sample: Sequence[Mutant],
        lines: dict[str, Any],
        seconds: dict[str, float],
        budget: float,
        out: Path | None,
    ) -> None:
        self.sample, self.lines, self.seconds, self.budget, self.out = sample, lines, seconds, budget, out

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        counts: dict[str, int] = {}
        for mutant in self.sample:
            verdict, spent = self.judge(mutant, session)
            change = mutant.change()
            counts[verdict] = counts.get(verdict, 0) + 1
            if verdict != "killed":
                path, was, now = change
                print(f"{path}:{mutant.line} {verdict}\n- {was}\n+ {now}", file=sys.__stderr__, flush=True)
            if self.out:
                record = {**asdict(mutant), "verdict": verdict, "seconds": round(spent, 2), "change": change}
                with self.out.open("a") as stream:
                    stream.write(json.dumps(record) + "\n")
        print(counts, file=sys.__stderr__)
        return True

    def judge(self, mutant: Mutant, session: pytest.Session) -> tuple[str, float]:
        """Say whether a mutant is killed, and after how many seconds of the processor."""
        covering = self.lines[mutant.path].get(mutant.line, [])
        tests = sorted((test for test in covering if test), key=lambda test: self.seconds[test])
        if "" in covering:  # run on import: any test may see it
            tests += sorted(set(self.seconds) - set(tests), key=lambda test: self.seconds[test])
        chosen, total = [], 0.0
        for test in tests:
            total += self.seconds[test]
            if total > self.budget and chosen:
                break
            chosen.append(test)
        if not chosen:
            return "not covered", 0.0
        items = {item.nodeid: item for item in session.items}

        def work() -> int:
            if not patch(mutant):
                return UNPATCHED
            for test in chosen:
                items[test].config.hook.pytest_runtest_protocol(item=items[test], nextitem=None)
                if session.testsfailed:
                    return 1
            return 0

        start = _spent()
        status = in_a_fork(work, 30 + 5 * total)
        return {0: "survived", UNPATCHED: "unpatched"}.get(status, "killed"), _spent() - start


def _spent() -> float:
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    return now.ru_utime + now.ru_stime


def patch(mutant: Mutant) -> bool:
    """Give the module's functions and constants their changed forms; whether anything is another."""
    name = ".".join(Path(mutant.path).with_suffix("").parts).removesuffix(".__init__")
    module, changed = sys.modules[name], ModuleType(name)
    changed.__dict__.update(__file__=module.__file__, __package__=module.__package__)
    sys.modules[name] = changed  # dataclasses look it up
    exec(compile(mutant.source(), str(module.__file__), "exec"), changed.__dict__)
    sys.modules[name] = module
    return _patch(module, changed)


def _patch(old: Any, new: Any) -> bool:
    """Move code and constants from one module or class to the other."""
    any_change = False
    for key, value in list(vars(new).items()):
        was = vars(old).get(key)
        if isinstance(value, type) and value.__module__ == new.__dict__.get("__name__") and isinstance(was, type):
            any_change |= _patch(was, value)
        functions = [(_function(was), _function(value))]
        if isinstance(value, property):
            functions = [(was.fget, value.fget)]
        for f, g in functions:
            if f is None or g is None or f.__module__ != g.__module__:
                continue
            if _form(f) != _form(g):
                f.__code__, f.__defaults__, f.__kwdefaults__ = g.__code__, g.__defaults__, g.__kwdefaults__
                any_change = True
        if isinstance(value, int | float | str | set | tuple) and type(was) is type(value) and was != value:
            for room in [room for title, room in sys.modules.items() if title.startswith("popgraph")]:
                if vars(room).get(key) is was:
                    setattr(room, key, value)
                    any_change = True
        of_here = is_dataclass(value) and type(value).__module__ == new.__dict__.get("__name__")
        if of_here and vars(was) != vars(value):  # in place, for those who ask `is`
            vars(was).update(vars(value))
            any_change = True
    return any_change


def _function(value: Any) -> FunctionType | None:
    """The function in a method of any kind, under its decorators."""
    value = inspect.unwrap(getattr(value, "__func__", getattr(value, "func", value)))
    return value if isinstance(value, FunctionType) else None


def _form(function: FunctionType) -> tuple[Any, ...]:
    """What two functions must share to do the same."""
    return function.__code__, repr(function.__defaults__), repr(function.__kwdefaults__)


def in_a_fork(work: Any, seconds: float) -> int:
    """Run `work()` in a fork and return its exit status; too much processor time or memory is a failure like any other."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds) + 2))
    resource.setrlimit(resource.RLIMIT_AS, (8 * 2**30, 8 * 2**30))
    status = 70
    try:
        status = int(work())
    finally:
        os._exit(status)


def run_pytest(files: Sequence[str], plugin: Any) -> int:
    """Collect these files with pytest, and run them or what the plugin makes of them; only verdicts are shown, on stderr."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-s", *files], plugins=[plugin]))


def coverage_of(modules: Sequence[Path], files: Sequence[str]) -> tuple[dict[str, Any], dict[str, float]]:
    """Run the tests once as they are, and return their lines and their seconds."""
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "coverage.json"

        def work() -> int:
            seen = Coverage(modules)
            seen.measured.start()
            status = run_pytest(files, seen)
            seen.measured.stop()
            written.write_text(json.dumps([seen.tests_of(modules), seen.seconds]), encoding="utf-8")
            return status

        if in_a_fork(work, 3600) != 0:
            raise SystemExit("the tests fail as they are: run them with pytest")
        lines, seconds = json.loads(written.read_text(encoding="utf-8"))
    return {path: {int(line): tests for line, tests in of.items()} for path, of in lines.items()}, seconds


def main() -> None:
    """Judge a sample of the mutants of one room, and print the survivors and their share."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("room", choices=sorted(TESTS))
    parser.add_argument("--sample", type=int, default=10**9, help="how many mutants, drawn at random")
    parser.add_argument("--skip", type=int, default=0, help="leave out the first of the sample, judged before")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="+", metavar="MODULE", help="the modules of the room to change, by their names")
    parser.add_argument(
        "--tests", nargs="+", metavar="NAME", help="the files of tests to run, other than the room's own"
    )
    parser.add_argument("--budget", type=float, default=12.0, help="seconds of tests for each mutant")
    parser.add_argument("--again", type=Path, help="judge those only that survived in this file of verdicts")
    parser.add_argument("--list", action="store_true", help="count the mutants, and run nothing")
    parser.add_argument("--out", type=Path, help="append each verdict as a line of JSON")
    chosen = parser.parse_args()
    modules = [path for path in files_of(chosen.room) if not chosen.only or path.stem in chosen.only]
    found = drawn([mutant for path in modules for mutant in mutants(path)], chosen.seed)
    sample = sorted(found[chosen.skip : chosen.sample], key=lambda mutant: (mutant.path, mutant.line, mutant.column))
    if chosen.again:
        verdicts = [json.loads(line) for line in chosen.again.read_text(encoding="utf-8").splitlines()]
        survived = {tuple(of["change"]) for of in verdicts if of["verdict"] != "killed"}
        sample = [mutant for mutant in sample if mutant.change() in survived]
    print(f"{len(found)} mutants of {chosen.room}; {len(sample)} drawn", flush=True)
    if chosen.list:
        return
    files = [f"tests/test_{name}.py" for name in chosen.tests or TESTS[chosen.room]]
    run_pytest(files, Judge(sample, *coverage_of(modules, files), chosen.budget, chosen.out))


if __name__ == "__main__":
    main()
