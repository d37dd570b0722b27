"""The paragraph in words says what the numbers say, and no more."""

from dataclasses import replace

from carousel.evaluation.report.summary import sentences


def told(report):
    return " ".join(sentences(report)).replace("\u00a0", " ")


def test_the_leader_its_interval_and_who_is_tied_with_it(report):
    assert (
        "By the truth (share of the best), Carousel comes first with 0.610 (95 % interval 0.596 to "
        "0.625), but Carousel without popularity cannot be told apart from it." in told(report)
    )


def test_a_leader_alone_leads(report):
    sure = tuple(replace(one, p=0.001) for one in report.comparisons)
    assert "Carousel leads with 0.610" in told(replace(report, comparisons=sure))


def test_the_strongest_other_and_the_prototype_are_compared(report):
    text = told(report)
    assert "Carousel is 0.176 better than LightFM (0.163 to 0.188, p < 0.001)" in text
    assert "and 0.347 better than Prototype (" in text


def test_no_difference_is_called_none(report):
    unsure = tuple(replace(one, p=0.2) for one in report.comparisons)
    text = told(replace(report, comparisons=unsure))
    assert "Carousel is not to be told apart from LightFM" in text
    assert "better" not in text


def test_where_the_reference_loses_it_says_so(report):
    turned = tuple(
        replace(
            one,
            difference=replace(
                one.difference,
                mean=-one.difference.mean,
                low=-one.difference.high,
                high=-one.difference.low,
            ),
        )
        for one in report.comparisons
    )
    assert "0.549 worse than Newest first" in told(replace(report, comparisons=turned))


def test_the_log_would_have_chosen_popularity(report):
    assert "Judged by the log, one would have chosen Popularity, in truth number 7" in told(report)


def test_a_judge_that_cannot_tell_methods_apart_chooses_nothing(report):
    unsure = tuple(
        replace(one, p=0.5) if one.metric == "bucket.auc" else one for one in report.comparisons
    )
    text = told(replace(report, comparisons=unsure))
    assert "Random exposure cannot choose here: 7 methods" in text


def test_the_way_from_chance_to_the_oracle(report):
    assert "That is 58 % of the way from a random order to a perfect one." in told(report)
    lonely = tuple(one for one in report.methods if one.name != "oracle")
    assert "of the way" not in told(replace(report, methods=lonely))


def test_nothing_measured_is_said(report):
    assert told(replace(report, headline=())) == "Nothing could be measured."


def test_many_that_are_tied_are_counted(report):
    unsure = tuple(replace(one, p=0.5) for one in report.comparisons)
    text = told(replace(report, comparisons=unsure))
    assert "but 7 others cannot be told apart from it" in text


def test_where_only_one_family_judges_it_is_not_named(report):
    alone = replace(report, headline=("contact.ndcg@10", "slate.diversity"))
    assert told(alone).startswith("By NDCG@10, Popularity leads with 0.0479")
