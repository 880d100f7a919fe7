"""Steps a second of `popgraph.torch.fit`, beside the same loop written by hand in torch, in turns in one run.

Run `python torch_loop.py` (needs torch). The hand-written loop is as fast as we could make it: it draws 64 batches at a time by
`torch.searchsorted` in running sums of p and of a dense A, looks the pixels up in a tensor, takes both views in one pass, forms
the negatives from k x k products instead of B x B, and never waits for a loss. Network, optimiser and step sizes are `fit`'s.
`fit` besides evaluates the population's loss 20 times on the way and keeps the best state, as it always does.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch

import popgraph as pg

AHEAD = 64  # batches that the hand-written loop draws together


def network(graph: pg.PopulationGraph, width: int, k: int) -> torch.nn.Module:
    """A two-layer network on pixels or on vectors."""
    first = graph.views[0]
    size = first.pixels.size if isinstance(first, pg.images.Image) else len(first)
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Linear(size, width), torch.nn.ReLU(), torch.nn.Linear(width, k)
    )


def by_hand(graph: pg.PopulationGraph, width: int, k: int, batch_size: int, steps: int) -> None:
    """Train as one would without popgraph.torch."""
    net = network(graph, width, k)
    p, A = torch.tensor(graph.p.copy()).cumsum(0), torch.tensor(graph.kernel.toarray()).cumsum(1)
    rows = [view.pixels if isinstance(view, pg.images.Image) else view for view in graph.views]
    pixels = torch.tensor(np.array(rows, dtype=np.float32))
    optimiser = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=0.0)
    generator = torch.Generator().manual_seed(0)
    losses = []
    for step in range(steps):
        share = max(0.0, (step / steps - 0.3) / 0.7)
        optimiser.param_groups[0]["lr"] = 3e-3 * (1 - share) ** 2
        if step % AHEAD == 0:
            draws = torch.rand(AHEAD * batch_size, 3, generator=generator, dtype=p.dtype)
            naturals = torch.searchsorted(p, draws[:, 0].contiguous()).clamp_(max=graph.n - 1)
            views = torch.searchsorted(A[naturals], draws[:, 1:].contiguous()).clamp_(max=graph.N - 1)
            ahead = views.view(AHEAD, batch_size, 2)
        f, f_plus = net(pixels[ahead[step % AHEAD].T.reshape(-1)]).chunk(2)
        both = f * f_plus
        others = (f.T @ f) * (f_plus.T @ f_plus) - both.T @ both
        loss = -2 * both.sum() / batch_size + others.sum() / (batch_size * (batch_size - 1))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        losses.append(loss.detach())


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
) -> tuple[float, float, float]:
    """Return the median seconds by hand and by `fit`, measured in turns, and the median over rounds of their ratio."""
    arguments = (graph, width, k, batch_size, steps)
    pairs = [(seconds(by_hand, *arguments), seconds(by_fit, *arguments)) for _ in range(rounds)]
    hand, ours = (statistics.median(column) for column in zip(*pairs, strict=True))
    return hand, ours, statistics.median(by_hand_took / fit_took for by_hand_took, fit_took in pairs)


def main(steps: int = 2000, rounds: int = 5, threads: int = 1) -> None:
    """Print a line for each population and batch size."""
    torch.set_num_threads(threads)  # networks this small gain nothing from a second one, and timings lose their calm
    print(f"{'population':<26}{'batch':>6}{'by hand':>12}{'fit':>12}   speed of fit, by hand = 1")
    cases = [
        (pg.zoo.lightning_cloud(), 64, 2),
        (pg.zoo.hypercube(8), 64, 9),
    ]
    for graph, width, k in cases:
        for batch_size in (64, 512):
            hand, ours, ratio = compare(graph, width, k, batch_size, steps, rounds)
            per_second = [f"{steps / taken:,.0f}/s" for taken in (hand, ours)]
            print(f"{graph.name:<26}{batch_size:>6}{per_second[0]:>12}{per_second[1]:>12}   {ratio:.2f}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    main(**vars(parser.parse_args()))
