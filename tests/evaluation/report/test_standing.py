"""Who leads and who is tied: the oracle is no contender, and no tie is called a victory."""

import math
from dataclasses import replace

import pytest
from hypothesis import strategies as st

from carousel.evaluation.report import standing
from carousel.evaluation.results import Comparison, Estimate

LISTS = st.lists(st.integers(-5, 5), min_size=2, max_size=12)


@pytest.fixture
def truth(report):
    return standing.metric_of(report, "truth.open.share")


def test_methods_stand_in_the_order_of_the_truth_those_without_a_number_last(report):
    names = [one.name for one in standing.contenders(report)]
    assert names[0] == "carousel"
    assert names[-2:] == ["newest", "slim"]
    assert [one.name for one in standing.bounds(report)] == ["oracle", "random"]


def test_the_oracle_is_never_the_best(report, truth):
    assert standing.best(report, truth).name == "carousel"


def test_where_less_is_better_the_least_is_best(report):
    assert standing.best(report, standing.metric_of(report, "truth.open.regret")).name == "carousel"


def test_where_neither_is_better_nobody_is_best(report):
    diversity = standing.metric_of(report, "slate.diversity")
    assert standing.best(report, diversity) is None
    assert standing.tied(report, diversity) == frozenset()


def test_a_paired_test_decides_before_intervals_do(report, truth):
    assert standing.tied(report, truth) == {"carousel-no-exposure"}
    sure = tuple(
        replace(one, p=0.001) if one.method == "carousel-no-exposure" else one
        for one in report.comparisons
    )
    assert standing.tied(replace(report, comparisons=sure), truth) == frozenset()


def test_without_a_paired_test_overlapping_intervals_are_a_tie(report, truth):
    assert standing.tied(replace(report, comparisons=()), truth) == {"carousel-no-exposure"}


def test_without_intervals_nothing_is_a_tie_by_overlap(report):
    bare = replace(
        report,
        comparisons=(),
        methods=tuple(
            replace(one, figures={"truth.open.share": Estimate(value, math.nan, math.nan, 9)})
            for one, value in zip(report.methods, (0.5, 0.4), strict=False)
        ),
    )
    assert standing.tied(bare, standing.metric_of(bare, "truth.open.share")) == frozenset()


def test_a_judge_that_ties_most_methods_has_decided_nothing(report, truth):
    assert standing.decided(report, truth)
    unsure = tuple(replace(one, p=0.5) for one in report.comparisons)
    assert not standing.decided(replace(report, comparisons=unsure), truth)


def test_the_truth_decides_else_the_bucket_else_the_log(report):
    assert standing.deciding(report).family == "truth"
    without = replace(report, headline=report.headline[1:])
    assert standing.deciding(without).family == "bucket"
    assert standing.deciding(replace(report, headline=("contact.ndcg@10",))).family == "logged"
    assert standing.deciding(replace(report, headline=())) is None


def test_the_log_misorders_and_random_exposure_does_not(report, truth):
    logged, bucket = (standing.leading(report, family) for family in ("logged", "bucket"))
    assert standing.ranks(report, logged)["popular"] == 1
    assert standing.ranks(report, truth)["popular"] == 7
    assert standing.agreement(report, bucket, truth) == 1.0
    assert standing.agreement(report, logged, truth) < 0.5


def test_the_order_of_two_methods_is_no_correlation(report, truth):
    two = replace(report, methods=report.methods[:2])
    assert math.isnan(standing.agreement(two, standing.leading(two, "logged"), truth))


def test_differences_are_best_first(report, truth):
    means = [one.difference.mean for one in standing.comparisons(report, truth)]
    assert means == sorted(means, reverse=True)


def test_a_comparison_counts_from_either_side(report, truth):
    turned = Comparison(
        *("carousel", "carousel-no-exposure", truth.key), Estimate(0.007, 0.001, 0.01, 9), 0.01
    )
    assert standing.tied(replace(report, comparisons=(turned,)), truth) == frozenset()
