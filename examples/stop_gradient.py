"""Why BYOL does not collapse: a torch network with a predictor and weight decay, beside the exact flow of its population.

Run `pip install -e ".[torch]" && python examples/stop_gradient.py`; its figure goes to `figures/stop_gradient/`.

BYOL and SimSiam have no negatives: a linear predictor P turns f(x) into a guess of f(x⁺), and no gradient goes through f(x⁺). With
weight decay η such a network learns exactly the eigenvectors with γ > 2√η, at the size s = (γ + √(γ² - 4η))/2, if it starts
large enough; a slow copy as the target changes the pace and not the place. With the gradient left in, all fade. [THEORY 13.3, 13.4;
Tian, Chen and Ganguli 2021, arXiv 2102.06810. BYOL: Grill et al. 2020, 2006.07733. SimSiam: Chen and He 2021, 2011.10566.]
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch

import popgraph as pg

DECAY, UNTIL, STEP = 0.05, 150.0, 0.1
SLOW, FREE = {"averaging_time": 10.0}, {"stop_gradient": False}
TRICKS: Any = {"with stop-gradient": {}, "and a slow copy": SLOW, "without stop-gradient": FREE}


def network(graph: pg.PopulationGraph, f: Any, stop_gradient: bool = True, averaging_time: float = 0.0) -> Any:
    """Train a linear encoder of one-hot views, and a linear predictor, with torch's SGD; return F = √w_x f at each step."""
    w, w_x, k = torch.tensor(graph.w), torch.tensor(graph.w_x), f.shape[1]
    views = torch.diag(w_x**-0.5)  # one-hot, scaled to E xxᵀ = I
    encoder, slow, predictor = (torch.nn.Linear(size, k, bias=False, dtype=w.dtype) for size in (graph.N, graph.N, k))
    encoder.weight.data, predictor.weight.data = torch.tensor(f.T) * w_x**0.5, torch.eye(k, dtype=w.dtype)
    slow.load_state_dict(encoder.state_dict())
    sgd = torch.optim.SGD([*encoder.parameters(), *predictor.parameters()], STEP / 2, weight_decay=2 * DECAY)
    path = [encoder.weight.detach().numpy().T.copy()]
    for _ in range(round(UNTIL / STEP)):
        guess, target = predictor(encoder(views)), (slow if averaging_time else encoder)(views)
        target = target.detach() if stop_gradient else target
        loss = w_x @ (guess**2 + target**2).sum(dim=1) - 2 * (w * (guess @ target.T)).sum()  # E ||P f(x) - f(x⁺)||²
        sgd.zero_grad()
        loss.backward()
        sgd.step()
        slow.weight.data.lerp_(encoder.weight.data, STEP / (averaging_time or STEP))
        path.append(encoder.weight.detach().numpy().T.copy())
    return np.array(path)


def report() -> dict[str, tuple[Any, Any]]:
    """Train each network and follow the exact flow from its start; print what both hold of each eigenvector at last."""
    kernel = np.kron([[0.875, 0.125], [0.125, 0.875]], [[0.75, 0.25], [0.25, 0.75]])  # bits that flip, unequally
    graph, runs, f = pg.build(np.full(4, 0.25), kernel, name="square"), {}, np.random.default_rng(0).normal(size=(4, 4))
    gamma, times = graph.spectrum(4).gamma, np.append(0, np.geomspace(STEP, UNTIL, 100))
    size = (gamma + np.sqrt(np.maximum(gamma**2 - 4 * DECAY, 0))) / 2 * (gamma > 2 * np.sqrt(DECAY))
    print(f"{graph}\n\n{'γ':>21}: {gamma}\n{'predicted s, or 0':>21}: {size.round(3)}")
    for name, trick in TRICKS.items():
        flow = pg.flow(graph, 4, f, times, rule="byol", weight_decay=DECAY, predictor=np.eye(4), **trick)
        path = network(graph, f, **trick)
        runs[name] = flow, np.sum((flow.vectors.T @ path) ** 2, axis=2)
        print(f"{name:>21}: network {np.sqrt(runs[name][1][-1]).round(3)}, flow {np.sqrt(flow.amounts[-1]).round(3)}")
        if np.linalg.norm(path[-1]) > 0.1:
            print(f"{'two largest':>21}: {pg.verify(graph, 2 * np.linalg.svd(path[-1])[0][:, :2], atol=0.01)}")
    return runs


def visualize(runs: dict[str, tuple[Any, Any]]) -> Any:
    """Draw the flows as lines and the networks as dots."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 3, figsize=(15, 3.8), layout="constrained")
    for ax, (name, (flow, amounts)) in zip(axes, runs.items(), strict=True):
        steps = np.unique(np.geomspace(1, len(amounts) - 1, 25).astype(int))
        pg.plot.flow(flow, ax=ax).plot(STEP * steps, amounts[steps], "k.", markersize=5, zorder=5)
        ax.set(xscale="log", xlim=(STEP, UNTIL), title=f"{name}: network (dots) and flow (lines)")
    return figure


if __name__ == "__main__":
    target = Path("figures") / "stop_gradient" / "stop_gradient.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    visualize(report()).savefig(target, dpi=110)
    print(f"wrote {target}")
