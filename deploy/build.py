"""``python -m deploy.build`` writes what is made from code: rules, dashboards, tables of docs/.

Owns:    which file is made from what.
Imports: deploy.
"""

from pathlib import Path

from deploy import tables
from deploy.grafana import build as grafana
from deploy.prometheus import checks, parts, slo
from deploy.prometheus.rules import as_yaml

ROOT = Path(__file__).parents[1]
RULES = ROOT / "deploy" / "prometheus" / "rules"


def files() -> dict[Path, str]:
    """Return what every file that is made from code has to say."""
    rules = {
        RULES / f"{name}.yml": as_yaml(module.groups(), f"deploy/prometheus/{name}.py")
        for name, module in (("slo", slo), ("checks", checks), ("parts", parts))
    }
    return {**rules, **grafana.files(), **tables.files()}


def main() -> None:
    """Write every file whose text has changed."""
    for path, text in files().items():
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
