"""Everything that is compared on the public sets, one family a file.

Owns:    the list of all models; tables and the command line read their names here.
Imports: the modules of this package.
"""

from carousel.evaluation.public.models import (
    carousel_content,
    carousel_factors,
    carousel_hybrid,
    carousel_spectral,
    cmfrec_implicit,
    ease,
    implicit_als,
    item_knn,
    lightfm_warp,
    prototype,
    rp3beta,
    simple,
    slim,
)

MODELS = {
    model.name: model
    for family in (
        simple,
        prototype,
        item_knn,
        rp3beta,
        implicit_als,
        cmfrec_implicit,
        lightfm_warp,
        slim,
        ease,
        carousel_factors,
        carousel_spectral,
        carousel_content,
        carousel_hybrid,
    )
    for model in family.MODELS
}
"""By name, in the order of tables."""
