"""In the pointing process: looks at pictures, and says what is pointed at in them.

It is always the compact engine that answers. A peel of what is shown takes exactly that with the
same engine; the engine `layeringdiff` asks SAM with the same points, and may take something else.
"""

import contextlib
from collections import OrderedDict
from dataclasses import replace
from pathlib import Path

from layerpeel.backend.colour import image_of
from layerpeel.backend.determine import check_lift, find_pointed_at
from layerpeel.backend.engines.compact import CompactEngine
from layerpeel.backend.errors import BadInputError, NothingFoundError
from layerpeel.backend.image import Image
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.outlines import outline_of
from layerpeel.backend.pipeline import MOST_LAYERS
from layerpeel.backend.progress import ReportFraction
from layerpeel.backend.server.pointing_orders import Answer, Question
from layerpeel.backend.stages.things.thing_masks import mask_of
from layerpeel.shared.pointing import FoundThing, Outlined, ThingsFound, WhatIsAt, WhatThings
from layerpeel.shared.protocol import Picture, Points
from layerpeel.shared.wire import unpack

# Pictures that are kept as floats: of two documents, 16 bytes a pixel.
KEPT_IMAGES = 2

NOTHING_STANDS_OUT = "Nothing in the picture stands out by itself: point at what is to come off."


class PointingAnswers:
    """Answers questions about pictures, each a file with a packed `Picture`.

    The networks keep what they have seen (`layerpeel.backend.stages.pointing.minisam`).
    """

    def __init__(self, store: ModelStore) -> None:
        self._engine = CompactEngine(store)
        self._images: OrderedDict[Path, Image] = OrderedDict()

    def look(self, picture: Path) -> None:
        """Look at a picture, so that the first question about it is answered soon.

        Raises ModelError, and BadInputError for a picture that cannot be read.
        """
        self._engine.look_ahead(self._image(picture))

    def answer(self, picture: Path, question: Question, report: ReportFraction) -> Answer:
        """Answer a question about a picture.

        report: is called at each step, and may raise to stop.

        Raises BadInputError for what does not fit the picture, NothingFoundError where there is
        nothing, ModelError when a network is missing or cannot be used.
        """
        image = self._image(picture)
        match question:
            case WhatIsAt(points, at_once):
                check_lift(points, None, image.shape)
                rough = self._rough(image, points, report) if at_once else None
                return rough or self._exact(image, points, report)
            case WhatThings(most):
                return self._things(image, most, report)

    def _exact(self, image: Image, points: Points, report: ReportFraction) -> Outlined:
        return outline_of(
            find_pointed_at(image, points, self._engine.find_at_points, report) >= 0.5
        )

    def _rough(self, image: Image, points: Points, report: ReportFraction) -> Outlined | None:
        """Outline what is pointed at without looking closer; None if that is done, or needed."""
        if not self._engine.awaits_closer_look(image, points.points, points.box):
            return None
        with contextlib.suppress(NothingFoundError):
            found = find_pointed_at(image, points, self._engine.find_roughly_at_points, report)
            return replace(outline_of(found >= 0.5), is_rough=True)
        return None

    def _things(self, image: Image, most: int, report: ReportFraction) -> ThingsFound:
        if not 1 <= most <= MOST_LAYERS:
            raise BadInputError(f"{most} things cannot be looked for: ask for 1 to {MOST_LAYERS}.")
        things = self._engine.find_things(image, most, report)
        outlined = [FoundThing(each, outline_of(mask_of(each, image.shape))) for each in things]
        return ThingsFound(tuple(outlined), () if things else (NOTHING_STANDS_OUT,))

    def _image(self, picture: Path) -> Image:
        if picture not in self._images:
            image = image_of(unpack(Picture, picture.read_bytes()))
            # The document's own values are not looked at.
            self._images[picture] = replace(image, values=image.proxy)
            # What cannot change the network knows again at once.
            image.proxy.flags.writeable = False
            if len(self._images) > KEPT_IMAGES:
                self._images.popitem(last=False)
        self._images.move_to_end(picture)
        return self._images[picture]
