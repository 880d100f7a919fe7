"""Every public function against malformed arguments: each input ends in a right answer or in a refusal that names it.

The campaign runs in a process of its own, so that a crash of the interpreter is a finding like any other and names its input.
"""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector

import numpy as np
import pytest
from extras import need
from layers import first_by_default

import popgraph as pg

need("torch")
need("pandas")

from fuzz import campaign, derived, judge, registry, values  # noqa: E402 - they import both

TESTS = Path(__file__).parent
SILENCE = 300  # seconds without a word from the other process, on a busy machine, before it is given up
INPUTS = 40_000
PARTS = 4  # of the inputs of each function, of which the first is in the default layer


class Server:
    """The process that makes the calls; started anew when it has died."""

    def __init__(self):
        self.process = None

    def start(self):
        paths = f"import sys; sys.path[:0] = [{str(TESTS.parent)!r}, {str(TESTS)!r}]; sys.argv[1:] = ['--serve']; "
        run = paths + "import runpy; runpy.run_module('fuzz.campaign', run_name='__main__')"
        self.process = subprocess.Popen(
            [sys.executable, "-c", run],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )
        self.selector, self.buffer = DefaultSelector(), b""
        self.selector.register(self.process.stdout, EVENT_READ)

    def line(self):
        """The next line of the story; None where the process died or fell silent."""
        while b"\n" not in self.buffer:
            ready = self.selector.select(timeout=SILENCE)
            more = self.process.stdout.read(65536) if ready else b""
            if not more:
                return None
            self.buffer += more
        line, self.buffer = self.buffer.split(b"\n", 1)
        return json.loads(line)

    def story(self, name, first=0, step=1):
        if self.process is None or self.process.poll() is not None:
            self.start()
        self.process.stdin.write(f"{name} {first} {step}\n".encode())
        outcomes, findings, last = Counter(), [], "before the first input"
        while (line := self.line()) is not None:
            outcome, trial, fault = line
            if outcome == "done":
                return outcomes, findings
            if outcome == "begun":
                last = trial
                continue
            outcomes[outcome] += 1
            if outcome == "finding":
                findings.append(f"{trial}: {fault}")
        self.close()
        return outcomes, [*findings, f"{last}: the interpreter died or hung"]

    def close(self):
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.selector.close()
            self.process = None


@pytest.fixture(scope="module")
def server():
    server = Server()
    yield server
    server.close()


@pytest.mark.parametrize("first", first_by_default(*range(PARTS)))
@pytest.mark.parametrize("name", registry.ENTRIES)
def test_every_input_ends_in_an_answer_or_a_refusal_that_names_it(server, name, first):
    outcomes, findings = server.story(name, first, PARTS)
    assert not findings, "\n".join([f"{len(findings)} of {outcomes.total()} inputs:", *findings[:20]])


def test_no_public_function_is_left_out():
    assert registry.missing(registry.ENTRIES, registry.public_names()) == set()


def test_a_function_that_is_left_out_is_noticed():
    assert registry.missing({"build": 0}, ["build", "verify"]) == {"verify"}


def test_no_class_that_has_methods_is_left_out():
    assert derived.unfuzzed_classes() == set()


def test_no_parameter_is_left_out():
    assert set() == derived.UNKNOWN
    assert derived.unspoilt() == set()


def test_a_class_and_a_parameter_that_are_left_out_are_noticed(monkeypatch):
    monkeypatch.delitem(registry.METHODS_OF, "ProductGraph")
    monkeypatch.delitem(derived.RECEIVERS, "ProductGraph")
    assert derived.unfuzzed_classes() == {"populations.structure.graph.ProductGraph"}
    monkeypatch.delitem(registry.ENTRIES, "train on batches")
    assert derived.unspoilt() == {"train(batch_size)"}


def test_a_method_whose_parameter_no_table_knows_is_noticed(monkeypatch):
    monkeypatch.delitem(registry.ENTRIES, "ProductGraph.features")
    monkeypatch.delitem(derived.BY_NAME, "degree")
    assert derived.derive() == {"ProductGraph.features(degree)"}


def test_a_form_that_must_be_answered_and_is_refused_is_a_finding():
    def refuses_floats(x):
        if isinstance(x, np.ndarray) and x.dtype == np.float32:
            raise pg.errors.InvalidArgument("x is of float32")
        return 0.0

    assert any("refused: x is of float32" in finding for finding in findings_of(refuses_floats, x=TABLE))


def test_a_container_that_is_answered_in_another_way_is_a_finding():
    def counts_axes(x):
        return float(type(x).__module__.startswith("scipy"))

    entry = registry.Entry("sabotaged", counts_axes, {"x": TABLE}, 200, lambda answer: answer, False)
    found = []
    campaign.campaign(
        entry, lambda trial, outcome, fault: found.append((str(trial), fault)) if outcome == "finding" else None
    )
    assert any(trial == "x: scipy: csr" and "another answer" in fault for trial, fault in found)


def test_there_are_forty_thousand_inputs():
    assert sum(1 for entry in registry.ENTRIES.values() for _ in campaign.trials(entry)) >= INPUTS


def findings_of(call, **arguments):
    """What the campaign finds in a function."""
    found = []
    entry = registry.Entry("sabotaged", call, arguments, 200, lambda answer: answer, False)
    campaign.campaign(entry, lambda trial, outcome, fault: found.append(fault) if outcome == "finding" else None)
    return found


def takes_anything(x):
    return 0.0


def reads_what_is_masked(x):
    return float(np.asarray(x, dtype=float).sum())


def writes_into_its_argument(x):
    if isinstance(x, np.ndarray) and x.flags.writeable and x.dtype == float:
        x += 1
    return 0.0


def names_nothing(x):
    if isinstance(x, np.ndarray):
        return 0.0
    raise pg.errors.InvalidArgument("something is wrong")


def hangs(x):
    while not (isinstance(x, np.ndarray) and x.dtype == float):
        pass


TABLE = registry.Argument(np.ones((2, 2)), values.array)


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        (takes_anything, "answered"),
        (reads_what_is_masked, "answered"),
        (reads_what_is_masked, "ValueError"),
        (writes_into_its_argument, "an argument was written into"),
        (names_nothing, "names neither"),
    ],
)
def test_the_judge_can_fail(call, fault):
    assert any(fault in finding for finding in findings_of(call, x=TABLE))


def test_another_answer_for_float32_is_a_finding():
    found = findings_of(lambda x: float(np.asarray(x).dtype == np.float32), x=TABLE)
    assert any("another answer" in finding for finding in found)


def test_a_warning_a_hang_and_a_long_message_are_findings():
    _, warned = judge.attempt(lambda: np.float64(1) / np.float64(0))
    assert isinstance(warned, RuntimeWarning)
    assert "RuntimeWarning" in judge.refused_well(warned, ["x"], [])
    _, hung = judge.attempt(lambda: hangs(0), limit=0.05)
    assert isinstance(hung, judge.HungError)
    assert judge.refused_well(hung, ["x"], []).startswith("HungError")
    long = pg.errors.InvalidArgument("x" * (judge.LONGEST + 1))
    assert "too long" in judge.refused_well(long, ["x"], [])


@pytest.mark.slow
def test_a_crash_is_noticed_and_names_its_input(server, monkeypatch):
    other = Server()
    other.start()
    other.process.stdin.write(b"no such function\n")  # the process ends with a KeyError
    assert other.line() is None
    other.close()
