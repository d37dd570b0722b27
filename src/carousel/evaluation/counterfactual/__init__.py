"""What another policy would have earned, estimated from a log with propensities.

Owns:    which random places are used, what each policy would have shown there, inverse-propensity
         estimates and their intervals, how attention falls with position, team-draft interleaving.
Imports: numpy, domain, evaluation, recording, simulation.
"""
