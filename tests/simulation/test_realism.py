"""The generated marketplace against figures of real adverts: prices mean what they mean there."""

import pytest

from benchmarks.marketplace_realism import REAL, figures, our_columns, real_columns

# Measured on 44,140 adverts of AutoScout24 Germany, 2011 to 2021, every year weighing the same;
# then how far ours may stand from it. Ours cover eight countries and cannot be equal.
TARGETS = {
    "corr price~age": (-0.675, 0.10),
    "corr price~mileage_km": (-0.412, 0.13),
    "corr price~power_hp": (0.742, 0.10),
    "corr age~mileage_km": (0.677, 0.10),
    "hedonic R2": (0.894, 0.05),
    "hedonic residual sd": (0.230, 0.05),
    "effect of a year": (-0.115, 0.02),
    "effect of log km": (-0.025, 0.03),
    "effect of log hp": (0.877, 0.20),
    "power_hp q50": (116, 12),
    "mileage_km q50": (60_000, 9_000),
    "median km at 3 y": (44_190, 9_000),
    "median km at 8 y": (98_898, 12_000),
    "median price at 1 y": (24_900, 4_000),
    "median price at 3 y": (17_449, 3_000),
    "median price at 10 y": (5_980, 1_500),
    "share Volkswagen %": (15.2, 4.0),
    "share Skoda %": (6.2, 4.0),
    "share Ford %": (9.7, 4.0),
}


@pytest.fixture(scope="module")
def ours():
    return figures(our_columns())


def test_make_age_mileage_and_power_explain_most_of_a_price_but_not_all(ours):
    assert 0.80 <= ours["hedonic R2"] <= 0.97


def test_prices_fall_with_age_and_mileage_and_rise_with_power(ours):
    assert ours["effect of a year"] < -0.05
    assert ours["effect of log km"] < 0
    assert ours["effect of log hp"] > 0.3


@pytest.mark.parametrize(("name", "target", "tolerance"), [(n, *t) for n, t in TARGETS.items()])
def test_a_figure_is_near_the_real_one(ours, name, target, tolerance):
    assert ours[name] == pytest.approx(target, abs=tolerance)


@pytest.mark.skipif(not REAL.exists(), reason=f"the real adverts are not at {REAL}")
def test_the_targets_are_what_the_real_adverts_say():
    real = figures(real_columns())
    for name, (target, _) in TARGETS.items():
        assert real[name] == pytest.approx(target, rel=0.02), name
