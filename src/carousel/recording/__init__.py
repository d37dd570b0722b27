"""A marketplace as it happened, to be replayed: who was for sale, who did what and saw what.

Owns:    the tables of a recording, its files, and the check that it can be believed.
Imports: domain, numpy, pyarrow.

The simulation writes recordings, the evaluation replays them; a marketplace may export its own.
"""
