"""The rules of Prometheus.

Owns:    promises and their budgets, one alert a check, alerts that need no check.
Imports: PyYAML.
"""
