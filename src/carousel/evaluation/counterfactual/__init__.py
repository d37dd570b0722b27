"""What another policy would have earned, estimated from a log with propensities.

Owns:    to be said.
Imports: to be said.
"""
