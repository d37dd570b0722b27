"""Public data sets with their usual protocols, and the libraries that others measure on them.

Owns:    reading four public sets, ranking whole catalogues, models and their tuned settings.
Imports: numpy, scipy (with the lab), domain, evaluation.results and its intervals.

No set holds cars. They answer another question than the replay: are the collaborative parts of
Carousel as good as what the field has, on data the field knows?
"""
