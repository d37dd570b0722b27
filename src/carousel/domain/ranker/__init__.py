"""From features to the probability that a car is opened: a linear floor, and trees above it.

Owns:    how a trained ranker reckons; one file per form.
Imports: numpy, domain.{features, matching, model}.
"""
