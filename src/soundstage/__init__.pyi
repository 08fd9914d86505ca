from soundstage.errors import CancelledRun as CancelledRun
from soundstage.errors import InputError as InputError
from soundstage.errors import MissingError as MissingError
from soundstage.errors import RunError as RunError
from soundstage.errors import SoundstageError as SoundstageError
from soundstage.film.film import film as film  # type: ignore[no-redef]
from soundstage.graph import Cache as Cache
from soundstage.graph import Graph as Graph
from soundstage.graph import task as task
from soundstage.media import Audio as Audio
from soundstage.media import Beat as Beat
from soundstage.media import Chord as Chord
from soundstage.media import Image as Image
from soundstage.media import Music as Music
from soundstage.media import Note as Note
from soundstage.media import Phoneme as Phoneme
from soundstage.media import Provenance as Provenance
from soundstage.media import Score as Score
from soundstage.media import Section as Section
from soundstage.media import Speech as Speech
from soundstage.media import Track as Track
from soundstage.media import Video as Video
from soundstage.media import Voice as Voice
from soundstage.media import Word as Word
from soundstage.media import read_provenance as read_provenance
from soundstage.runtime import execute as execute
from soundstage.runtime import on as on
from soundstage.runtime import release as release
from soundstage.runtime import settings as settings
from soundstage.runtime import using as using
from soundstage.tasks.compose import compose as compose
from soundstage.tasks.paint import paint as paint
from soundstage.tasks.shoot import shoot as shoot
from soundstage.tasks.speak import speak as speak

__version__: str
