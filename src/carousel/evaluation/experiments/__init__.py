"""Experiments on real shoppers: what came of the arms, read from the archive.

Owns:    who saw which arm, what followed, how sure a difference between arms is, and its report.
Imports: numpy, domain.errors, evaluation.{intervals, provenance, results}, recording, serving,
         storage.ports, training.{archive, attribution}.
"""
