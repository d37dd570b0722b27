"""The settings of a model on a public set, searched for on its validation part.

Run:  .venv/bin/python -m benchmarks.tune_public SET MODEL [--data DIR] [--seed 0] [--json]

Tries every point of the model's grid and prints what each reached; the best of them is what stands
in the model's settings. The test part is not looked at.
"""

import argparse
import json
import sys
from pathlib import Path

from carousel.evaluation.public.measuring import SETS
from carousel.evaluation.public.models import MODELS
from carousel.evaluation.public.reading import DATA
from carousel.evaluation.public.tuning import Trial, best, tune


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("set", choices=sorted(SETS))
    parser.add_argument("model", choices=sorted(MODELS))
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    trials: list[Trial] = []
    for trial in tune(SETS[options.set](options.data), MODELS[options.model], options.seed):
        trials.append(trial)
        print(f"{trial.value:.4f}  {dict(trial.settings)}", file=sys.stderr)
    found = best(iter(trials))
    if options.json:
        print(json.dumps({"settings": dict(found.settings), "value": found.value}))
    else:
        print(f"best: {found.value:.4f}  {dict(found.settings)}")


if __name__ == "__main__":
    main()
