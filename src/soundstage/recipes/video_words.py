"""Words of everyday English and what they mean in the storybook: what the video planner learns beside the renderer's
own captions.

Notable: a noun may carry the colour it suggests when no colour is said (`wolf:grey`) and a place (`camel@desert`).
The planner never looks a word up; it is trained on sentences made of these words, and words that are not here fall to
their nearest spelling.
"""

from __future__ import annotations

from dataclasses import dataclass

_SUBJECTS = {
    "dog": """dog puppy pup hound terrier retriever:golden labrador:golden poodle:white husky:grey wolf:grey@forest
        coyote:grey@desert doggy mutt spaniel:brown dachshund:brown collie bear:brown@forest deer:brown@forest
        cow:white@meadow sheep:white@meadow lamb:white@meadow goat:white@mountains pig:pink@meadow
        hedgehog:brown@forest badger:grey@forest dinosaur:green@forest monster:purple@forest creature
        lion:golden@desert turtle:green@beach frog:green@meadow elephant:grey@desert""",
    "cat": """cat kitten kitty tomcat tabby:orange feline tiger:orange@forest panther:black@forest
        leopard:golden@forest mouse:grey@meadow raccoon:grey@forest squirrel:orange@forest hamster:golden@room
        lynx:brown@forest""",
    "fox": "fox foxes vixen:orange cub:orange",
    "rabbit": "rabbit bunny hare:brown@meadow bunnies kangaroo:brown@desert",
    "horse": (
        "horse pony foal:brown mare stallion:black unicorn:white donkey:grey zebra:white camel:golden@desert "
        "giraffe:golden@desert llama:white@mountains moose:brown@forest"
    ),
    "bird": """bird seagull:white@beach gull:white@sea sparrow:brown robin:red swallow:blue owl:brown@forest
        eagle:brown@mountains crow:black raven:black pigeon:grey@city dove:white duck:golden goose:white@meadow
        swan:white parrot:green@forest hawk:brown penguin:black@snowfield stork:white butterfly:orange@meadow
        bee:golden@meadow bat:black dragon:green@mountains finch:golden chicken:white@meadow""",
    "fish": (
        "fish goldfish:golden salmon:pink trout:grey tuna:blue shark:grey clownfish:orange herring:grey "
        "carp:orange octopus:purple squid:pink eel:green"
    ),
    "whale": "whale orca:black dolphin:grey porpoise:grey narwhal:grey beluga:white",
    "keeper": (
        "keeper sailor:blue@sea fisherman:golden@beach captain:blue lighthouse-keeper@lighthouse seaman old-man "
        "man:brown grandfather:grey farmer:green@meadow king:purple wizard:purple father:blue"
    ),
    "woman": (
        "woman lady mother:blue grandmother:grey queen:purple dancer:pink nurse:white witch:black@forest teacher "
        "mum aunt bride:white"
    ),
    "girl": "girl daughter sister princess:pink schoolgirl:blue lass fairy:pink@forest",
    "boy": (
        "boy son brother lad schoolboy child:red kid:red toddler:red prince:blue astronaut:white@space "
        "person:red traveller:brown hiker:red@mountains stranger:black"
    ),
    "robot": "robot android:grey droid:white machine cyborg:grey automaton:golden",
    "car": (
        "car automobile taxi:golden@city cab:golden@city jeep:green@desert bus:red@city truck:blue lorry:blue "
        "van:white tractor:green@meadow motorcar"
    ),
    "train": "train locomotive:black tram:red@city railway engine:black steam-train:black express",
    "boat": (
        "boat sailboat:white ship:white sailing-boat yacht:white vessel:white fishing-boat:blue canoe:brown "
        "rowboat:brown ferry:white dinghy:red schooner:brown"
    ),
    "rocket": (
        "rocket spaceship:white@space spacecraft:white@space shuttle:white@space starship:grey@space missile "
        "plane:white jet:white aeroplane:white airplane:white"
    ),
    "balloon": "balloon hot-air-balloon airship:grey zeppelin:grey blimp:white kite:red parachute:white",
}
_PLACES = {
    "meadow": (
        "meadow field pasture grassland garden park farm prairie lawn orchard|hills|green hills|countryside|"
        "flower field"
    ),
    "beach": "beach shore seashore coast seaside sand|sandy beach|shoreline|sandbank|island",
    "forest": "forest wood woods woodland jungle grove rainforest|among the trees|pine forest|thicket",
    "city": "city town street downtown skyline boulevard|city street|among skyscrapers|avenue|big city",
    "mountains": "mountains alps peaks hills cliffs|mountain valley|high mountains|mountain pass|rocky peaks|summit",
    "desert": "desert dunes sahara wasteland|sand dunes|hot desert|savanna",
    "sea": "sea ocean waves|open sea|open water|high seas|lake|bay",
    "underwater": "underwater|coral reef|under the sea|beneath the waves|deep ocean|ocean floor|sea bed|reef",
    "space": "space moon galaxy cosmos|outer space|among the stars|lunar surface|another planet|mars",
    "snowfield": "snowfield tundra arctic|snowy field|snowy plain|frozen plain|winter landscape|ice field",
    "village": "village hamlet|little village|country village|small town|cottages|among cottages",
    "lighthouse": (
        "lighthouse harbour harbor|old lighthouse|lighthouse cliff|rocky coast with a lighthouse|light tower|pier"
    ),
    "room": "room house bedroom kitchen|living room|cosy room|indoors|inside a house|parlour|cabin|bakery|library",
}
_TIMES = {
    "day": "by day|in daylight|at noon|on a sunny day|in the afternoon|in bright sunshine|at midday|sunlit",
    "sunset": "at sunset|at dusk|in the evening|at twilight|as the sun sets|in the golden evening light|at sundown",
    "night": (
        "at night|by night|in the moonlight|under the stars|at midnight|in the dark|under a starry sky|by "
        "moonlight|on a dark night"
    ),
    "dawn": (
        "at dawn|at sunrise|at daybreak|early in the morning|as the sun rises|in the early morning light|at first light"
    ),
}
_WEATHERS = {
    "rain": (
        "in the rain|on a rainy day|while it rains|in a storm|in a downpour|in stormy weather|in a drizzle|under "
        "heavy rain"
    ),
    "snow": "in the snow|while it snows|in a snowstorm|in falling snow|in a blizzard|as snow falls|on a snowy day",
    "fog": "in the fog|in thick mist|on a foggy day|in the haze|in a misty landscape|through the fog",
}
_COLOURS = {
    "red": "red crimson scarlet ruby cherry-red",
    "orange": "orange ginger amber copper rusty",
    "golden": "golden yellow gold blond sandy honey-coloured",
    "green": "green emerald olive mossy lime",
    "blue": "blue azure navy turquoise sky-blue",
    "purple": "purple violet lilac lavender",
    "pink": "pink rosy rose magenta",
    "brown": "brown chestnut chocolate tan hazel",
    "black": "black dark jet-black ebony",
    "white": "white snow-white pale ivory cream",
    "grey": "grey gray silver ash-grey smoky",
}
_ACTIONS = {
    "stand": "stands|waits|is standing|rests|stays|watches|looks around|stops|finds|sees|meets|listens|dreams",
    "walk": "walks|strolls|wanders|is walking|trots|marches|ambles|steps|comes|goes|hikes|tiptoes",
    "run": "runs|races|is running|dashes|sprints|gallops|rushes|hurries|bounds|chases|flees|scampers",
    "jump": "jumps|leaps|hops|is jumping|bounces|is leaping|springs|skips|breaches|plays|dances",
    "sit": "sits|is sitting|sits down|is seated|rests on its haunches",
    "sleep": "sleeps|is sleeping|naps|dozes|lies asleep|slumbers|is stranded|lies",
    "wave": "waves|is waving|waves hello|greets|waves goodbye",
    "fly": "flies|is flying|soars|glides|flaps|takes off|swoops|zooms|hovers|launches|blasts off",
    "float": "floats|is floating|drifts|hovers|bobs|is drifting",
    "swim": "swims|is swimming|dives|glides|paddles|swims along",
    "sail": "sails|is sailing|cruises|crosses the water|glides|rides the waves",
    "drive": "drives|is driving|rolls|speeds|cruises|rattles along|moves|rides|travels",
}
_DIRECTIONS = {
    "left": "to the left|left|from right to left|leftward|towards the left|heading left",
    "right": "to the right|right|from left to right|rightward|towards the right|heading right",
    "up": "up|upward|into the sky|upwards|higher and higher|up into the air",
    "down": "down|downward|towards the ground|downwards|lower and lower",
    "toward": "towards us|toward the viewer|closer|towards the camera|nearer and nearer|toward us",
    "away": "away|into the distance|away from us|off into the distance|away from the camera",
    "still": "",
}
ADJECTIVES = [
    "little",
    "small",
    "big",
    "tiny",
    "old",
    "young",
    "happy",
    "lonely",
    "brave",
    "sleepy",
    "curious",
    "gentle",
    "stranded",
    "lost",
    "clever",
    "friendly",
    "huge",
    "lovely",
    "hungry",
    "shy",
    "funny",
    "cheerful",
    "quiet",
    "wild",
    "strange",
    "beautiful",
    "tired",
    "kind",
]
FRAMES = (
    "{}",
    "{}.",
    "a picture of {}",
    "a video of {}",
    "{}, illustrated storybook",
    "{} in a picture book",
    "an animation of {}",
    "a scene: {}",
    "we see {}",
    "cinematic shot of {}",
    "once upon a time, {}",
    "there is {}",
    "wide shot, {}",
    "close-up of {}",
    "{}, gentle and warm",
    "thirty seconds, {}",
)


@dataclass(frozen=True, kw_only=True)
class Noun:
    """A word for a subject, with the colour and the place it suggests, if any."""

    word: str
    subject: str
    colour: str | None
    place: str | None


def _noun(entry: str, subject: str) -> Noun:
    rest, _, place = entry.partition("@")
    word, _, colour = rest.partition(":")
    return Noun(word=word.replace("-", " "), subject=subject, colour=colour or None, place=place or None)


def _phrases(text: str) -> tuple[str, ...]:
    """Single words before the first bar, phrases between bars."""
    first, *rest = text.split("|")
    head = (
        first.split()
        if rest and all(" " not in w for w in first.split()) and not first.startswith(("in ", "at ", "by ", "on "))
        else [first]
    )
    return tuple(p.replace("-", " ") for p in (*head, *rest) if p)


NOUNS = {subject: tuple(_noun(entry, subject) for entry in entries.split()) for subject, entries in _SUBJECTS.items()}
PLACES = {place: _phrases(text) for place, text in _PLACES.items()}
TIMES = {time: tuple(text.split("|")) for time, text in _TIMES.items()}
WEATHERS = {weather: tuple(text.split("|")) for weather, text in _WEATHERS.items()}
COLOURS = {colour: tuple(w.replace("-", " ") for w in text.split()) for colour, text in _COLOURS.items()}
ACTIONS = {action: tuple(text.split("|")) for action, text in _ACTIONS.items()}
DIRECTIONS = {direction: tuple(p for p in text.split("|") if p) for direction, text in _DIRECTIONS.items()}
