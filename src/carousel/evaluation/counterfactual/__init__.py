"""What another policy would have earned, estimated from a log with propensities.

Owns:    inverse-propensity estimates and their intervals, how attention falls with position,
         team-draft interleaving.
Imports: numpy.
"""
