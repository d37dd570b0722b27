"""The dashboards of Grafana, as code.

Owns:    which question is answered where, by which query.
Imports: grafana-foundation-sdk.
"""
