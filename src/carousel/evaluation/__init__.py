"""The lab: whether a change is better, measured on time as it passed.

Owns:    replaying a recorded marketplace through methods of recommendation, metrics with their
         intervals, counterfactual estimates, public data sets, reports.
Imports: serving, storage (the engine in memory), domain, recording, simulation.truth.

A method sees the past and the cars alive; the very functions of domain and serving that answer
requests are one of the methods.
"""
