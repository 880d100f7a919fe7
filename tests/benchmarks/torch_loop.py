"""Steps a second of `popgraph.torch.fit`, beside the same loop written by hand in torch, in turns in one run.

Run `python torch_loop.py` (needs torch). The hand-written loop draws a natural from p and two of its views from a dense A with
`torch.multinomial`, looks their pixels up in a tensor, runs the same network, loss, optimiser and step sizes, and keeps the
losses; `fit` also evaluates the population's loss 20 times on the way and keeps the best state, as it always does.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch

import popgraph as pg


def network(graph: pg.PopulationGraph, width: int, k: int) -> torch.nn.Module:
    """A two-layer network on pixels or on vectors."""
    first = graph.views[0]
    size = first.pixels.size if isinstance(first, pg.Image) else len(first)
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Linear(size, width), torch.nn.ReLU(), torch.nn.Linear(width, k)
    )


def by_hand(graph: pg.PopulationGraph, width: int, k: int, batch_size: int, steps: int) -> None:
    """Train as one would without popgraph.torch."""
    net = network(graph, width, k)
    p, A = torch.tensor(graph.p.copy()), torch.tensor(graph.kernel.toarray())
    rows = [view.pixels if isinstance(view, pg.Image) else view for view in graph.views]
    pixels = torch.tensor(np.array(rows, dtype=np.float32))
    optimiser = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=0.0)
    losses = []
    for step in range(steps):
        share = max(0.0, (step / steps - 0.3) / 0.7)
        optimiser.param_groups[0]["lr"] = 3e-3 * (1 - share) ** 2
        naturals = torch.multinomial(p, batch_size, replacement=True)
        views = torch.multinomial(A[naturals], 2, replacement=True)
        f, f_plus = net(pixels[views.T.reshape(-1)]).chunk(2)
        others = (f @ f_plus.T) ** 2
        off = (others.sum() - others.diagonal().sum()) / (batch_size * (batch_size - 1))
        loss = -2 * (f * f_plus).sum() / batch_size + off
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())


def by_fit(graph: pg.PopulationGraph, width: int, k: int, batch_size: int, steps: int) -> None:
    """Train by `popgraph.torch.fit`."""
    pg.torch.fit(network(graph, width, k), graph, batch_size=batch_size, steps=steps, rng=0, device="cpu")


def seconds(job: Callable[..., None], *arguments: object) -> float:
    """Return how long a job takes."""
    start = time.perf_counter()
    job(*arguments)
    return time.perf_counter() - start


def compare(
    graph: pg.PopulationGraph, width: int, k: int, batch_size: int, steps: int, rounds: int
) -> tuple[float, float]:
    """Return the median seconds by hand and by `fit`, measured in turns."""
    arguments = (graph, width, k, batch_size, steps)
    pairs = [(seconds(by_hand, *arguments), seconds(by_fit, *arguments)) for _ in range(rounds)]
    return tuple(statistics.median(column) for column in zip(*pairs, strict=True))  # type: ignore[return-value]


def main(steps: int = 2000, rounds: int = 5) -> None:
    """Print a line for each population and batch size."""
    print(f"{'population':<26}{'batch':>6}{'by hand':>12}{'fit':>12}   speed of fit, by hand = 1")
    cases = [
        (pg.zoo.lightning_cloud(), 64, 2),
        (pg.zoo.hypercube(8), 64, 9),
    ]
    for graph, width, k in cases:
        for batch_size in (64, 512):
            hand, ours = compare(graph, width, k, batch_size, steps, rounds)
            per_second = [f"{steps / taken:,.0f}/s" for taken in (hand, ours)]
            print(f"{graph.name:<26}{batch_size:>6}{per_second[0]:>12}{per_second[1]:>12}   {hand / ours:.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    main(**vars(parser.parse_args()))
