"""The verdicts on the claims of claims.yml, from the records: results/verdicts.json.

python studies/claims.py

A point is one place of the grid; its value is a mean over instances, with the 95 % interval by Student's distribution.
A claim is open until each of its points has been measured on LEAST instances.
"""

import itertools
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import yaml
from scipy.stats import t

ROOT = Path(__file__).resolve().parents[1]
CLAIMS = Path(__file__).with_name("claims.yml")
VERDICTS = ROOT / "results" / "verdicts.json"
LEAST = 3
REPRODUCED, PARTLY, NOT, OPEN = "reproduced", "partly reproduced", "not reproduced", "not decided yet"
USUAL = {"spins": 64, "beta": 0.5, "hidden": 128, "activation": "relu"}
GAMMAS, SIZES = (0.25, 0.5, 1.0, 2.0), (10_000, 100_000)


@dataclass(frozen=True)
class Point:
    """One place of the grid: what was measured there."""

    where: str
    mean: float
    low: float
    high: float
    instances: int


class Records:
    """The finished settings of the experiments."""

    def __init__(self, lines):
        self.rows = [row for row in map(json.loads, lines) if "result" in row]

    def at(self, **where):
        """The results at one place of the grid, one an instance."""
        where = USUAL | where
        return [row["result"] for row in self.rows if all(row["setting"][k] == v for k, v in where.items())]

    def point(self, measured, label="", **where):
        """The mean of `measured`, a function of one result, at one place."""
        found = [result for result in self.at(**where) if measured(result) is not None]
        return interval([measured(result) for result in found], label or place(where))


def interval(values, label):
    """Mean and 95 % interval; infinite where there are fewer than two values."""
    n = len(values)
    mean = float(np.mean(values)) if n else float("nan")
    half = float(t.ppf(0.975, n - 1) * np.std(values, ddof=1) / np.sqrt(n)) if n > 1 else float("inf")
    return Point(label, mean, mean - half, mean + half, n)


def place(where):
    names = {"samples": "M", "hidden": "units"}
    return ", ".join(f"{names.get(k, k)} {f'{v:,}' if isinstance(v, int) else v}" for k, v in where.items())


def minus(first, second):
    """The difference of two errors on the same samples."""
    return lambda result: result["eps"][first] - result["eps"][second]


AGAINST_BOTH = (minus("hybrid", "pairwise"), minus("hybrid", "network"))


def below(point):
    return point.high < 0


def above(point):
    return point.low > 0


def judged(groups, partly, none_above):
    """Reproduced where every point of every group is below zero; partly where at least `partly` groups are."""
    points = list(itertools.chain(*groups))
    if any(point.instances < LEAST for point in points):
        return OPEN, points
    good = sum(all(map(below, group)) for group in groups)
    if good == len(groups):
        return REPRODUCED, points
    return PARTLY if good >= partly and not (none_above and any(map(above, points))) else NOT, points


def both(records, places):
    """Hybrid against pairwise and against network, at each place."""
    names = ("pairwise", "network")
    return [
        [
            records.point(difference, f"against {name}, {place(where)}", **where)
            for difference, name in zip(AGAINST_BOTH, names, strict=True)
        ]
        for where in places
    ]


def hybrid_beats_pairwise(records):
    places = [{"order": 3, "gamma": g, "samples": m} for g, m in itertools.product(GAMMAS, SIZES)]
    return judged([[records.point(AGAINST_BOTH[0], **where)] for where in places], 4, True)


def hybrid_beats_network(records):
    places = [{"order": 3, "gamma": g, "samples": m} for g, m in itertools.product((0.0, *GAMMAS), SIZES)]
    return judged([[records.point(AGAINST_BOTH[1], **where)] for where in places], 5, True)


def consistently_over_orders(records):
    places = [{"order": 4, "gamma": g, "samples": m} for g, m in itertools.product(GAMMAS, SIZES)]
    return judged(both(records, places), 4, True)


def consistently_over_sample_sizes(records):
    places = [{"order": 3, "gamma": 1.0, "samples": m} for m in (1000, *SIZES, 1_000_000)]
    return judged(both(records, places), 2, False)


def consistently_over_widths(records):
    grid = itertools.product((16, 64, 128, 256), SIZES)
    return judged(both(records, [{"order": 3, "gamma": 1.0, "samples": m, "hidden": h} for h, m in grid]), 4, False)


def whatever_the_activation(records):
    names = ("relu", "gelu", "tanh", "cube")
    places = [{"order": 3, "gamma": 1.0, "samples": 10_000, "activation": name} for name in names]
    return judged(both(records, places), 2, False)


def pairwise_alone_is_biased(records):
    """The ratio of the errors at 100,000 and at 10,000 samples of one instance."""
    by_instance = {
        (row["setting"]["instance"], row["setting"]["samples"]): row["result"]["eps"]
        for row in records.rows
        if all(row["setting"][k] == v for k, v in (USUAL | {"order": 3, "gamma": 1.0}).items())
    }
    instances = [k for k, m in by_instance if m == 100_000 and (k, 10_000) in by_instance]
    points = [
        interval([by_instance[k, 100_000][name] / by_instance[k, 10_000][name] for k in instances], name)
        for name in ("pairwise", "oracle")
    ]
    pairwise, oracle = points
    if pairwise.instances < LEAST:
        return OPEN, points
    if pairwise.mean > 0.7 and oracle.mean < 0.4:
        return REPRODUCED, points
    return PARTLY if pairwise.mean > 0.5 else NOT, points


def nothing_lost_without_interactions(records):
    points = [
        records.point(lambda r: r["eps"]["hybrid"] / r["eps"]["pairwise"] - 1, order=3, gamma=0.0, samples=m)
        for m in (1000, *SIZES)
    ]
    if any(point.instances < LEAST for point in points):
        return OPEN, points
    good = sum(point.high < 0.02 for point in points)
    return {3: REPRODUCED, 0: NOT}.get(good, PARTLY), points


def it_tends_to_overfit(records):
    """One where a training's best epoch comes before its last tenth."""

    def early(result):
        return float(result["notes"]["hybrid epoch"] < 0.9 * result["notes"]["hybrid epochs"])

    found = [r for m in (1000, 10_000) for g in (0.0, *GAMMAS) for r in records.at(order=3, gamma=g, samples=m)]
    points = [interval([early(r) for r in found], "share of the trainings")]
    if len(found) < 10 * LEAST:
        return OPEN, points
    return REPRODUCED if points[0].mean > 0.9 else PARTLY if points[0].mean > 0.5 else NOT, points


def training_is_expensive(records):
    points = [
        records.point(lambda r: r["seconds"]["hybrid"] / r["seconds"]["pairwise"], order=3, gamma=g, samples=10_000)
        for g in (0.0, *GAMMAS)
    ]
    if any(point.instances < LEAST for point in points):
        return OPEN, points
    least = min(point.mean for point in points)
    return REPRODUCED if least > 10 else PARTLY if least > 2 else NOT, points


JUDGES = {
    judge.__name__.replace("_", "-"): judge
    for judge in (
        hybrid_beats_pairwise,
        hybrid_beats_network,
        consistently_over_orders,
        consistently_over_sample_sizes,
        consistently_over_widths,
        whatever_the_activation,
        pairwise_alone_is_biased,
        nothing_lost_without_interactions,
        it_tends_to_overfit,
        training_is_expensive,
    )
}


def verdicts(records):
    """The verdict on each measured claim, with its points."""
    found = {}
    for name, judge in JUDGES.items():
        verdict, points = judge(records)
        found[name] = {"verdict": verdict, "points": [rounded(asdict(point)) for point in points]}
    return found


def rounded(point):
    """Four digits; what is not finite is null."""
    return {k: (float(f"{v:.4g}") if np.isfinite(v) else None) if isinstance(v, float) else v for k, v in point.items()}


def claims():
    return yaml.safe_load(CLAIMS.read_text())


def recorded():
    """The verdicts from the records as they are now."""
    return verdicts(Records((ROOT / "results" / "experiments.jsonl").read_text().splitlines()))


if __name__ == "__main__":
    found = recorded()
    VERDICTS.write_text(json.dumps(found, indent=1) + "\n")
    for name, row in found.items():
        print(f"{row['verdict']:17} {name}")
