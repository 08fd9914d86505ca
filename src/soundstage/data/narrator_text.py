"""Sentences for the narrator to speak, made by a small grammar: deterministic by seed, as many as wanted.

Notable: three sources are mixed. Story sentences grow from clauses (subject, verb, object, place, time) and are what
the model is used for; lists of words drawn from the lexicon bring every diphone of English; the rest is what front
ends get wrong: numbers, dates, names, single words, questions, speech in quotes. `HELD_OUT` was written by hand and
is never a part of the training text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

PEOPLE = """the lighthouse keeper|the old captain|a young girl|the baker's son|my grandmother|the quiet stranger
our teacher|the queen
the fisherman|a travelling musician|the gardener|two brothers|the engineer|a thousand people|the judge|every child
nobody|the shepherd
the astronaut|Doctor Finch|Captain Vega|Mister Oakley|Missus Thorpe|little Zoe|Oliver|Margaret|Joshua|Beatrice
Hugo|Yasmin|Theodore
Ivy|George|Charlotte|Ruth|Victor|Nathaniel|Poppy|Judith|Arthur""".replace("\n", "|").split("|")
ANIMALS = """the cat|a stray dog|the whale|an enormous owl|the golden fox|a small bird|the tired horse|three mice
the white rabbit
a clever crow|the hedgehog|a giraffe|the puppy|some geese|the tortoise|a shy octopus|the jaguar
one lazy bear""".replace("\n", "|").split("|")
PAST = """found|watched|followed|carried|painted|forgot|remembered|measured|repaired|borrowed|discovered|hid
brought|pushed|noticed|chose
heard|described|polished|caught|destroyed|drew|admired|sold|exchanged|wrapped|buried|threw|lifted|polished|weighed|shook""".replace(
    "\n", "|"
).split("|")
THINGS = """a broken clock|the silver key|an empty boat|the letter|a wooden box|the yellow umbrella
his father's watch|her violin|the map
a pair of shoes|the last piece of cheese|a jar of honey|an old photograph|the blue lantern|a heavy stone
the telescope|a strange machine
seven feathers|their treasure|a cup of tea|the bridge|a red balloon|the church bell|an unusual shell
the garden gate|a measure of rice
the newspaper|a bowl of soup|the flag|an orange|the vision|a thick book|a pleasant surprise|the engine|a very long rope
the judge's chair|some fresh bread|the mirror|a handful of sand|the wheel|a purple scarf|the oyster
the choir""".replace("\n", "|").split("|")
PLACES = """near the harbour|behind the barn|in the middle of the forest|on the highest shelf|under the stairs
by the river|across the square
at the edge of the village|inside the cave|above the clouds|along the beach|beyond the hills|in a quiet valley
on the roof
between two mountains|beside the fire|at the railway station|through the tall grass|around the corner
in the southern desert
below the surface of the sea|outside the castle|in the kitchen|upon a frozen lake|among the stars
in the orchard""".replace("\n", "|").split("|")
TIMES = """in the morning|late at night|after the storm|before breakfast|one summer evening|yesterday|long ago
every Thursday|at sunrise
during the winter|on the first day of spring|just then|for the third time|without a word|a moment later|once again
by chance|that afternoon
in August|since Wednesday|on a foggy day|when the moon rose|as usual""".replace("\n", "|").split("|")
STATES = """was cold and grey|looked beautiful|began to shake|seemed farther away than ever|was full of voices
grew dark|turned to gold
felt strangely warm|was only a dream|had changed for good|smelled of smoke|kept perfectly still
was worth the journey|sounded like thunder
lay quiet|rose slowly|was never the same again|shone brightly|would not stop|had been waiting for years
moved without a sound""".replace("\n", "|").split("|")
SCENES = """the sea|the sky|the wind|the little town|the whole house|the road|the music|the ice|the light
the forest|her voice|the air|the tide
the moon|the rain|the snow|the engine room|the crowd|the garden|the fire|the horizon|the ocean|the night
the valley""".replace("\n", "|").split("|")
QUALITIES = """gentle|brave|curious|lonely|clever|foolish|cheerful|anxious|patient|generous|careless|weary|joyful
huge|tiny|ancient|modern
smooth|rough|loyal|proud|humble|fierce|bright|narrow|thirsty|royal|noisy|serious|usual|precious|awkward""".replace(
    "\n", "|"
).split("|")
VERBS = """open the door|tell us a story|sing that song again|cross the bridge|follow the river|wait for the tide
mend the roof|find the way home
count the stars|look through the telescope|choose another colour|buy some vegetables|measure the distance
catch the early train|wash the dishes
hear the bells|join the others|leave before noon|think about it|bring a warm coat|watch the sunset
feed the animals|finish the job
take a deep breath|use both hands|show me the picture|climb the tower|keep a secret|write it down
push the red button""".replace("\n", "|").split("|")
MONTHS = """January February March April May June July August September October November December""".split()  # noqa: SIM905
UNITS = """miles kilometres degrees minutes hours pounds dollars people steps metres days years seconds pages
    percent""".split()  # noqa: SIM905
PHRASES = """Hello.|Hello there!|Yes.|No.|Maybe.|Good morning.|Good night, everyone.|Thank you very much.|Wait!
Look out!|Over here!|Who?|Why not?
Of course.|All right.|Never mind.|The end.|Once upon a time.|Ready?|Go!|Stop.|Come in.|I see.|What now?|Oh, dear.
Chapter one.|Not yet.
Follow me.|Are you sure?|Well done!|Goodbye.|I'm here.|That's it.|Look!|Up we go.|Hush.|Listen.|Thanks.|Sorry.
Really?|You!|Home.""".replace("\n", "|").split("|")

HELD_OUT = (
    "The boy stood on the pier and counted the ships as they came in.",
    "We bought six loaves of bread and a dozen eggs at the market.",
    "A gentle rain fell on the village all through the afternoon.",
    "Can you tell me where the nearest railway station is?",
    "Her brother works as a doctor in a small hospital near the coast.",
    "The machine stopped working after only twenty five minutes.",
    "They walked together along the beach until the sun went down.",
    "My favourite season is autumn, because the leaves turn red and gold.",
    "He said that he would never forget the first time he saw the ocean.",
    "The children laughed when the puppy jumped into the lake.",
    "Please close the window before you leave the house.",
    "The river is wide here, but it is not very deep.",
    "I have been waiting for this letter since the beginning of the year.",
    "She put the glass on the table and looked out into the garden.",
    "The old man told us a story about a ship that was lost in the ice.",
    "There were no lights in the street and the moon was behind the clouds.",
    "Is this the right road to the city?",
    "The teacher asked the class to read the next chapter by Friday.",
    "It was the best meal that any of them had eaten for weeks.",
    "A large black bird landed on the fence and began to sing.",
    "The train will arrive in nine minutes on the second platform.",
    "Nobody knew who had written the words on the wall.",
    "We should thank the people who made this journey possible.",
    "The cat found a warm place by the fire and fell asleep.",
    "Yesterday the president gave a long speech about the economy.",
    "The water in the bottle was so cold that it hurt my teeth.",
    "Would you like another cup of coffee with your cake?",
    "The farmer sold his horse and bought a small blue truck.",
    "Music was playing in the next room, and someone was dancing.",
    "The road goes over the mountain and down into a quiet valley.",
    "At the end of the day the two friends shook hands and went home.",
    "The judge listened to both sides and then made her choice.",
    "Our plane was late, so we missed the start of the show.",
    "In the winter the lake freezes, and people skate across it.",
    "Every voice in the choir could be heard at the back of the church.",
    "The young woman opened the box and found a pair of silver rings.",
    "Do not touch the pictures while the paint is still wet.",
    "The company plans to build a bridge between the two islands.",
    "He carried the heavy bag up the stairs without any help.",
    "Somewhere far away a bell was ringing, and then it stopped.",
    "Marvellous.",
    "Perhaps.",
    "Enough!",
    "Where?",
    "Never again.",
    "Close enough.",
    "On Monday?",
    "Ask your mother.",
    "Nothing else matters.",
    "What happened here?",
    "She was born on the 14th of March, 1879.",
    "The ticket costs $42.50, and children under 6 travel free.",
    "At 7:45 the temperature had fallen to -3 degrees.",
    "Only 12% of the 3,600 houses had running water.",
    "Mr. Hargreaves and Dr. Osei met in Vienna in 1994.",
    "Has Eleanor told Benjamin about the lease on the bakery?",
    "Which of these photographs did your uncle take in Egypt?",
    "Did they leave the harbour before or after the storm?",
    "Isabel, Frederick and little Tom waved from the balcony.",
    "The package weighs 2.5 kg and must arrive by the 21st.",
    "Is Captain Whitfield still in command of the northern fleet?",
    "How many people live on the island during the winter months?",
    "If you walk far enough along the cliffs, past the ruined chapel and the field of sheep, you will come to a gate "
    "that nobody has opened for thirty years.",
    "The committee, which had not met since the previous summer, decided after a long and rather bitter discussion "
    "that the old theatre should be repaired, although three members argued that the money would be better spent on "
    "the school.",
    "When the last of the guests had gone and the candles were burning low, my grandfather pulled his chair closer to "
    "the hearth, lit his pipe with a splinter from the fire, and began to tell us, in the same slow and even voice "
    "that he always used, how he had once crossed the mountains alone with nothing but a loaf of bread and a borrowed "
    "coat.",
)


def sentences(count: int, lexicon: Sequence[str], *, seed: int = 0) -> list[str]:
    """`count` different sentences. `lexicon` is a list of words to draw from for coverage; it may not be empty.

    A prefix of a longer call with the same seed is the same text.
    """
    generator = np.random.default_rng((seed, 7))
    return [sentence for _, sentence in zip(range(count), _stream(generator, lexicon), strict=False)]


def _stream(generator: np.random.Generator, lexicon: Sequence[str]) -> Iterator[str]:
    kinds: list[Callable[[_Writer], str]] = [
        _Writer.story, _Writer.long, _Writer.words, _Writer.question, _Writer.said, _Writer.number, _Writer.short,
        _Writer.order,
    ]  # fmt: skip
    weights = np.array([0.24, 0.12, 0.28, 0.11, 0.07, 0.08, 0.05, 0.05])
    writer, seen = _Writer(generator, lexicon), set(HELD_OUT)
    while True:
        text = kinds[int(generator.choice(len(kinds), p=weights))](writer)
        text = text[0].upper() + text[1:]
        if text not in seen or len(text) < 12:
            seen.add(text)
            yield text


class _Writer:
    """Draws one sentence a call from its generator."""

    def __init__(self, generator: np.random.Generator, lexicon: Sequence[str]) -> None:
        self.generator, self.lexicon = generator, lexicon

    def one(self, options: Sequence[str]) -> str:
        return options[int(self.generator.integers(len(options)))]

    def whole(self, low: int, high: int) -> int:
        return int(self.generator.integers(low, high))

    def who(self) -> str:
        return self.one(PEOPLE if self.generator.random() < 0.65 else ANIMALS)

    def clause(self) -> str:
        kind = self.whole(0, 5)
        if kind == 0:
            return f"{self.one(SCENES)} {self.one(STATES)}"
        if kind == 1:
            return f"{self.who()} {self.one(PAST)} {self.one(THINGS)}"
        if kind == 2:
            return f"{self.who()} was {self.one(QUALITIES)} and {self.one(QUALITIES)}"
        if kind == 3:
            return f"{self.who()} wanted to {self.one(VERBS)}"
        return f"{self.who()} {self.one(PAST)} {self.one(THINGS)} {self.one(PLACES)}"

    def story(self) -> str:
        kind = self.whole(0, 4)
        if kind == 0:
            return f"{self.one(TIMES)}, {self.clause()}."
        if kind == 1:
            return f"{self.clause()} {self.one(TIMES)}."
        if kind == 2:
            return f"{self.clause()}{self.one(['.', '!', '.', '.'])}"
        return f"there was a {self.one(QUALITIES)} {self.one(self.lexicon)} {self.one(PLACES)}."

    def long(self) -> str:
        joint = self.one(
            [
                ", and",
                ", but",
                "; then",
                ", while",
                " because",
                ", so",
                " until",
                " although",
                " if",
                ", which means that",
            ]
        )
        tail = f", {self.one(PLACES)}" if self.generator.random() < 0.3 else ""
        return f"{self.clause()}{joint} {self.clause()}{tail}."

    def words(self) -> str:
        drawn = [self.one(self.lexicon) for _ in range(self.whole(2, 6))]
        kind = self.whole(0, 4)
        if kind == 0:
            return f"the {drawn[0]} and the {drawn[1]} {self.one(PAST)} {self.one(THINGS)}."
        if kind == 1:
            start = self.one(["please say", "the words are", "she wrote", "remember"])
            return f"{start} {', '.join(drawn[:-1])} and {drawn[-1]}."
        if kind == 2:
            return f"{self.one(PEOPLE)} said {drawn[0]} {drawn[1]}, not {drawn[-1]}."
        return f"{' '.join(drawn)}."

    def question(self) -> str:
        start = self.one(
            [
                "did",
                "can",
                "will",
                "could",
                "has",
                "is",
                "why did",
                "where did",
                "how can",
                "when will",
                "do you think that",
                "who saw",
            ]
        )
        if start in ("who saw",):
            return f"who {self.one(PAST)} {self.one(THINGS)} {self.one(PLACES)}?"
        if start == "do you think that":
            return f"{start} {self.one(SCENES)} {self.one(STATES)}?"
        if start == "has":
            return f"has {self.who()} {self.one(['seen', 'lost', 'kept', 'bought'])} {self.one(THINGS)}?"
        if start == "is":
            return f"is {self.who()} {self.one(QUALITIES)}?"
        return f"{start} {self.who()} {self.one(VERBS)}?"

    def said(self) -> str:
        speech = self.one(
            [
                f"I will {self.one(VERBS)}",
                f"don't {self.one(VERBS)}",
                f"we can't {self.one(VERBS)}",
                self.clause(),
                f"it's {self.one(THINGS)}",
            ]
        )
        verb = self.one(["said", "whispered", "asked", "shouted", "answered", "cried"])
        return (
            f'"{speech}," {verb} {self.one(PEOPLE)}.'
            if self.generator.random() < 0.6
            else f'{self.one(PEOPLE)} {verb}, "{speech}."'
        )

    def number(self) -> str:
        kind = self.whole(0, 6)
        if kind == 0:
            amount = f"{self.whole(2, 10000)} {self.one(UNITS)}"
            return f"it was {amount} {self.one(['away', 'long', 'old', 'too late', 'in all'])}."
        if kind == 1:
            return f"on {self.one(MONTHS)} {self.whole(1, 29)}, {self.whole(1700, 2030)}, {self.clause()}."
        if kind == 2:
            return f"the price was {self.whole(1, 400)} dollars and {self.whole(2, 100)} cents."
        if kind == 3:
            part = (
                f"{self.whole(2, 100)} percent of {self.one(['them', 'the people', 'us', 'the ships', 'all stories'])}"
            )
            return f"about {part} {self.one(PAST)} {self.one(THINGS)}."
        if kind == 4:
            return f"{', '.join(str(self.whole(0, 21)) for _ in range(self.whole(3, 7)))}."
        return f"at {self.whole(1, 13)}:{self.whole(10, 60)}, {self.clause()}."

    def short(self) -> str:
        if self.generator.random() < 0.5:
            return self.one(PHRASES)
        return f"{self.one(self.lexicon)}{self.one(['.', '!', '?', '.'])}"

    def order(self) -> str:
        start = self.one(["please ", "now ", "", "never ", "let us "])
        return f"{start}{self.one(VERBS)} {self.one(TIMES)}{self.one(['.', '!'])}"
