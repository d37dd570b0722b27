"""What watches Carousel from outside: rules, alerts and dashboards as code.

Owns:    the rules of Prometheus, the dashboards of Grafana, the tables about both in docs/.
Imports: grafana-foundation-sdk, PyYAML; of Carousel only the names of its metrics.
"""
