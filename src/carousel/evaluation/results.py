"""What a run of the lab found, in a form that tables, JSON and pictures are made from.

Owns:    estimates with intervals, a method's figures, comparisons, curves, the provenance of a run.
Imports: nothing of ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

Family = str
"""``logged``, ``bucket`` (random exposure), ``truth``, ``slate`` (what the slates are like) or
``experiment`` (what shoppers did who were served by each arm)."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One thing measured.

    key:    unique, e.g. ``contact.ndcg@10``; within one family.
    label:  as a person reads it.
    better: +1 where more is better, -1 where less is, 0 where neither.
    meaning: one sentence.
    """

    key: str
    family: Family
    label: str
    better: int
    meaning: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean and its 95 % interval; NaN where nothing could be measured.

    count: independent units (shoppers) it rests on.
    """

    mean: float
    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class MethodResult:
    """One method's row.

    figures: metric key -> estimate.
    slices:  slice name ("history", "listing", "shopper") -> slice value -> metric key -> estimate.
    seconds: wall time it took, learning and ranking.
    command: repeats the row.
    remark:  one sentence where the row needs one, e.g. why it is missing.
    """

    name: str
    label: str
    figures: Mapping[str, Estimate]
    slices: Mapping[str, Mapping[str, Mapping[str, Estimate]]] = field(default_factory=dict)
    seconds: float = 0.0
    command: str = ""
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A method less the reference, paired by shopper; ``p`` of a two-sided test."""

    method: str
    reference: str
    metric: str
    difference: Estimate
    p: float


@dataclass(frozen=True, slots=True)
class Curve:
    """Points of one method for a plot: ``x`` and ``y`` with intervals; see ``Report.curves``."""

    method: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Provenance:
    """All that repeats a run.

    data_hash: SHA-256 of the data, hexadecimal. settings: of the run. versions: package -> version.
    """

    command: str
    made_at: str
    seed: int
    data: str
    data_hash: str
    settings: Mapping[str, str | int | float | bool]
    versions: Mapping[str, str]
    seconds: float
    machine: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A run of the lab.

    metrics:  all that was measured, in the order to be shown.
    headline: keys of the metrics for the first table.
    counts:   what the data consisted of and every drop: text -> number.
    curves:   plot name -> curves; "calibration" maps a method's score decile to the true or
              observed share of cars opened, "ages" the hours on the market at which a class of cars
              begins to the places its cars hold, 1 for as many as any other car.
    notes:    sentences to stand below the table.
    """

    title: str
    summary: str
    metrics: tuple[Metric, ...]
    headline: tuple[str, ...]
    methods: tuple[MethodResult, ...]
    comparisons: tuple[Comparison, ...]
    counts: Mapping[str, int]
    curves: Mapping[str, tuple[Curve, ...]]
    provenance: Provenance
    notes: tuple[str, ...] = ()
