"""The words that the built-in writer knows, and what each becomes in the drawable world.

Notable: a table, not a model. The narration keeps the brief's own word ("a lighthouse keeper"), the picture gets the
nearest thing the video model was trained on. Words that no table knows fall back by their endings.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from soundstage.film.writing.grammar import singular, words


@dataclass(frozen=True, kw_only=True)
class Noun:
    """What a noun of a brief means to the film."""

    word: str
    subject: str | None  # the drawable subject; None for things that are only told
    colour: str | None = None  # the colour it is usually drawn in
    pronoun: str | None = None  # he, she, it; None lets the seed choose
    place: str | None = None  # where it is at home
    alive: bool = False


# subject: then words, each as word[:colour][@place][/pronoun]. The first word is the plainest.
_ALIVE = {
    "dog": """
        dog:brown puppy:golden hound:brown terrier:white sheepdog:white spaniel:brown poodle:white corgi:orange
        husky:grey wolf:grey@forest coyote:grey@desert bear:brown@forest polar-bear:white@snowfield
        panda:white@forest cub:brown@forest pig:pink@meadow piglet:pink@meadow sheep:white@meadow lamb:white@meadow
        goat:white@mountains elephant:grey@desert rhino:grey@desert hippo:purple@meadow otter:brown@beach
        beaver:brown@forest badger:grey@forest dinosaur:green@forest lizard:green@desert crocodile:green@beach
        turtle:green@beach tortoise:green@meadow gorilla:black@forest sloth:brown@forest seal:grey@beach
        walrus:brown@snowfield monster:purple@forest beast:purple@forest animal:brown creature:purple""",
    "cat": """
        cat:orange kitten:white tomcat:orange kitty:white lion:golden@desert lioness:golden@desert/she
        tiger:orange@forest leopard:golden@forest cheetah:golden@desert lynx:brown@forest panther:black@forest
        jaguar:golden@forest puma:brown@mountains koala:grey@forest monkey:brown@forest""",
    "fox": """
        fox:orange@forest raccoon:grey@forest weasel:brown@forest ferret:white@meadow squirrel:orange@forest
        lemur:grey@forest""",
    "rabbit": """
        rabbit:white@meadow bunny:white@meadow hare:brown@meadow mouse:grey@meadow rat:grey@city hamster:orange@room
        chipmunk:brown@forest mole:black@meadow hedgehog:brown@forest kangaroo:brown@desert frog:green@meadow
        toad:brown@meadow snail:brown@meadow worm:pink@meadow cricket:green@meadow grasshopper:green@meadow
        gnome:red@forest""",
    "horse": """
        horse:brown@meadow pony:white@meadow foal:brown@meadow donkey:grey@meadow unicorn:white@meadow
        zebra:white@meadow cow:white@meadow bull:black@meadow calf:brown@meadow deer:brown@forest stag:brown@forest
        fawn:brown@forest moose:brown@forest reindeer:brown@snowfield camel:golden@desert llama:white@mountains
        giraffe:golden@desert ox:brown@meadow""",
    "bird": """
        bird:blue sparrow:brown robin:red swallow:blue seagull:white@beach gull:white@beach albatross:white@sea
        owl:brown@forest eagle:brown@mountains hawk:brown@mountains falcon:grey@mountains crow:black@city
        raven:black@forest magpie:black@meadow pigeon:grey@city dove:white@city duck:golden@meadow
        duckling:golden@meadow goose:white@meadow gosling:golden@meadow swan:white@meadow hen:brown@meadow/she
        chicken:white@meadow chick:golden@meadow rooster:red@meadow/he peacock:blue@meadow/he parrot:green@forest
        penguin:black@snowfield pelican:white@beach flamingo:pink@beach stork:white@village heron:grey@beach
        hummingbird:green@meadow kingfisher:blue@meadow nightingale:brown@forest canary:golden@city
        toucan:black@forest ostrich:black@desert bat:black@forest bee:golden@meadow bumblebee:golden@meadow
        butterfly:orange@meadow moth:white@forest firefly:golden@forest ladybird:red@meadow ladybug:red@meadow
        dragonfly:blue@meadow beetle:black@forest ant:black@meadow spider:black@forest caterpillar:green@meadow
        fairy:pink@forest/she dragon:green@mountains phoenix:orange@mountains griffin:golden@mountains
        pterodactyl:green@mountains crane:white@meadow""",
    "fish": """
        fish:orange@underwater goldfish:orange@underwater salmon:pink@underwater shark:grey@underwater
        clownfish:orange@underwater trout:grey@underwater tuna:blue@underwater herring:grey@underwater
        eel:green@underwater seahorse:golden@underwater jellyfish:pink@underwater squid:pink@underwater
        octopus:purple@underwater starfish:orange@underwater shrimp:pink@underwater crab:red@underwater
        tadpole:black@underwater mermaid:green@underwater/she""",
    "whale": """whale:blue@sea orca:black@sea dolphin:grey@sea porpoise:grey@sea narwhal:white@sea manatee:grey@sea
        kraken:purple@sea""",
    "keeper": """
        man/he keeper:blue@lighthouse/he fisherman:blue@beach/he sailor:blue@sea/he captain:blue@sea/he
        grandfather/he grandpa/he father/he dad/he uncle/he husband/he groom/he king:golden@village/he
        wizard:purple/he giant:green@mountains/he dwarf:brown@mountains/he lifeguard:red@beach
        policeman:blue@city/he postman:red@village/he mailman:blue@city/he professor:brown@city
        hermit:brown@mountains/he monk:orange@mountains/he shepherd:white@meadow beekeeper:golden@meadow
        woodcutter:red@forest/he lumberjack:red@forest/he hunter:green@forest farmer:brown@meadow
        gardener:green@meadow santa:red@snowfield/he pirate:black@sea diver:black@beach viking:brown@sea
        cowboy:brown@desert/he miner:golden@mountains gentleman/he guy/he lad/he businessman:black@city/he
        watchmaker:brown@city clockmaker:brown@city lamplighter:brown@city scarecrow:brown@meadow
        snowman:white@snowfield/he soldier:green villain:black thief:black@city burglar:black@city spy:black@city
        detective:brown@city vampire:black troll:green@mountains genie:blue@desert ghost:white angel:white
        skeleton:white zombie:green mummy:white conductor:black clown:red magician:black@city stranger:brown
        traveller:brown traveler:brown wanderer:brown hiker:red@mountains climber:red@mountains
        mountaineer:red@mountains skier:red@snowfield baker:white@village tailor:brown@village barber:white@city
        cook:white chef:white janitor:blue@city mechanic:blue@city composer:black musician:black violinist:black
        pianist:black drummer:red lawyer:black@city programmer:black@city developer:black@city
        villager:brown@village neighbour:green neighbor:green knight:grey warrior:red hero:red samurai:red
        ninja:black mayor:black@village inventor:white engineer:orange pilot:blue driver:blue nomad:white@desert""",
    "woman": """
        woman/she grandmother/she grandma/she granny/she mother/she mum/she mom/she aunt/she wife/she
        bride:white/she queen:purple@village/she witch:purple@forest/she widow:black/she lady/she
        businesswoman:black@city/she nurse:white@city/she librarian:green@city/she doctor:white@city
        scientist:white@city teacher:green@city painter:white@room artist:purple@room poet:purple writer:blue@room
        dancer:pink singer:red ballerina:pink/she person:blue people:blue/they friend:green explorer:brown
        someone:blue couple:blue/they team:red/they family:green/they crowd:blue/they runner:red athlete:red
        footballer:red cyclist:golden boxer:red surfer:golden@beach swimmer:blue@beach acrobat:red juggler:red""",
    "girl": """
        girl/she princess:pink@village/she sister/she daughter/she lass/she child:golden kid:golden toddler:golden
        baby:golden orphan:brown student:blue pupil:blue doll:pink/she elf:green@forest twin:blue goblin:green""",
    "boy": "boy/he prince:blue@village/he brother/he son/he apprentice:brown/he puppet:red/he",
    "robot": """
        robot:grey@city/it android:grey@city/it cyborg:grey@city astronaut:white@space cosmonaut:white@space
        alien:green@space martian:green@space toaster:grey@room/it computer:grey@room/it machine:grey@city/it
        ai:white@city/it statue:grey@city/it chatbot:white@room/it""",
}  # fmt: skip
_VEHICLES = {
    "car": """
        car:red@city taxi:golden@city bus:red@city truck:blue@city lorry:blue@city van:white@city
        tractor:green@meadow jeep:green@desert motorcycle:black@city motorbike:black@city bicycle:red@city
        bike:red@city scooter:pink@city ambulance:white@city wagon:brown@meadow cart:brown@meadow sled:red@snowfield
        sleigh:red@snowfield rover:white@space bulldozer:golden@city""",
    "train": "train:red@mountains locomotive:black@mountains tram:golden@city carriage:green@mountains",
    "boat": """
        boat:red@sea ship:white@sea sailboat:white@sea canoe:brown@sea kayak:golden@sea raft:brown@sea
        yacht:white@sea ferry:white@sea submarine:golden@sea tugboat:red@sea rowboat:brown@sea dinghy:golden@sea
        galleon:brown@sea vessel:white@sea bathtub:white@sea ark:brown@sea""",
    "rocket": """
        rocket:red@space spaceship:white@space spacecraft:white@space starship:white@space shuttle:white@space
        satellite:white@space probe:white@space plane:white@mountains aeroplane:white@mountains
        airplane:white@mountains jet:white@mountains helicopter:red@city drone:black@city comet:golden@space
        meteor:orange@space ufo:green@space""",
    "balloon": """
        balloon:red@meadow airship:white@mountains zeppelin:white@mountains blimp:white@city kite:red@beach
        cloud:white@meadow umbrella:red@city lantern:golden@village bubble:blue@meadow parachute:white@mountains
        star:golden@village moon:white@village sun:golden@meadow feather:white@meadow leaf:green@forest
        snowflake:white@snowfield""",
}  # fmt: skip

# place: words that stand for it. The narration keeps the word.
PLACES = {
    "beach": "beach shore seashore coast coastline sand sandbank island bay seaside dune lagoon cove",
    "lighthouse": "lighthouse harbour harbor port pier dock quay",
    "sea": "sea ocean waves wave water lake river flood atlantic pacific",
    "underwater": "underwater reef deep seabed aquarium pond depths",
    "meadow": """
        meadow field garden park countryside pasture hill hills grass prairie valley backyard yard orchard
        playground vineyard stable lawn picnic windmill bridge path graveyard farm stream waterfall""",
    "forest": "forest wood woods jungle rainforest grove trees tree swamp thicket undergrowth camp treehouse",
    "village": "village cottage hamlet square market fair fairground circus castle palace church road",
    "room": """
        room house kitchen bedroom attic basement apartment bakery shop library museum school hospital office
        factory classroom restaurant cafe stage studio laboratory lab workshop laundromat bookshop toyshop
        supermarket court prison hotel bar gym""",
    "city": """
        city town street streets alley rooftop rooftops roof station skyscraper downtown london paris tokyo york
        berlin rome theatre theater tower cathedral university warehouse arena stadium metro subway airport""",
    "mountains": "mountain mountains peak summit cliff cliffs cave canyon ridge alps himalaya everest volcano",
    "snowfield": "snowfield glacier arctic antarctic antarctica pole ice snow tundra iceberg north",
    "desert": "desert dunes sahara oasis savanna savannah outback pyramid pyramids egypt wasteland mesa",
    "space": "space moon mars galaxy orbit planet planets universe cosmos venus jupiter saturn asteroid heavens",
}  # fmt: skip

TIMES = {
    "night": "night midnight nightfall dark darkness moonlight moonlit starlight starry nocturnal nighttime stars",
    "sunset": "sunset dusk evening twilight sundown",
    "dawn": "dawn sunrise daybreak morning",
    "day": "day noon midday afternoon daytime sunny sunlit",
}
WEATHERS = {
    "rain": "rain rainy raining storm stormy thunder thunderstorm drizzle downpour hurricane monsoon tempest",
    "snow": "snow snowy snowing winter blizzard frost frosty christmas snowstorm snowfall",
    "fog": "fog foggy mist misty haze hazy",
}

COLOURS = {
    "red": "red crimson scarlet ruby cherry",
    "orange": "orange ginger amber copper rusty",
    "golden": "golden gold yellow blond blonde lemon",
    "green": "green emerald jade mossy",
    "blue": "blue azure navy turquoise sapphire teal",
    "purple": "purple violet lilac lavender",
    "pink": "pink rosy rose magenta",
    "brown": "brown chestnut tawny chocolate tan",
    "black": "black dark ebony",
    "white": "white snowy pale silver ivory",
    "grey": "grey gray ashen smoky",
}

ADJECTIVES = words("""
    stranded lost injured hungry frozen broken sleeping little small tiny big huge giant old young lonely brave shy
    clever curious lazy tired sad happy angry grumpy friendly gentle quiet loud wild tame poor rich kind wise
    foolish silly funny magic magical mysterious secret hidden ancient new forgotten abandoned empty golden shiny
    rusty wooden broken-hearted homesick nervous scared afraid fearless careful careless famous ordinary strange odd
    weird beautiful ugly pretty lovely cute fat thin tall short long fast slow quick red blue green yellow orange
    purple pink brown black white grey gray silver crimson scarlet sunny rainy snowy stormy foggy windy cold warm
    hot icy dry wet dark bright noisy busy sleepy dusty muddy one-eyed three-legged talking flying singing dancing
    wandering travelling retired elderly newborn orphaned wounded trapped haunted enchanted cursed last first only
    smallest biggest oldest young distant faraway far deep high tiny lone single stray clumsy stubborn proud jealous
    bored cheerful melancholy invisible glowing floating sinking purring whispering lovesick homeless restless blind
    deaf mute mechanical electric robotic clockwork paper glass plastic stone shooting blue-eyed runaway crazy mad
    evil good bad great mighty royal noble humble fierce fluffy furry spotted striped silent solitary mischievous
    worried frightened naughty unusual tidy
""")

_PERSON_ENDINGS = ("er", "or", "ist", "man", "woman", "ian", "eer", "ess", "smith", "maid", "boy", "girl", "child")
_NOT_PERSONS = words("""
    anger another answer beer blender butter calculator color colour computer corner cover cracker danger dinner
    door drawer elevator error feather fever flower forever hamburger hammer harbor honor hunger ladder laser layer
    letter matter mirror mother motor number order other oyster paper poster power printer refrigerator river
    shelter silver soccer spider summer thunder tiger timer toaster tower trailer water weather winter wonder
""")

GIRLS = words("""
    mia emma anna ada alice maria sofia luna lily lucy ella clara rosa nora zoe ruby ivy mira maya lena sara sarah
    julia eva elsa heidi jane kate mary rose grace amelia olivia ava isabella hannah yuki aisha fatima priya ines
    greta marta
""")
BOYS = words("""
    tom tim max leo ben sam jack oscar felix noah hugo otto finn theo john james peter paul david adam omar ali
    carlos diego pedro luca marco ivan boris karl henry george arthur kenji hiro raj ahmed bob bill joe oliver liam
    lucas
""")


def _table() -> dict[str, Noun]:
    nouns: dict[str, Noun] = {}
    groups = [(s, w, True) for s, w in _ALIVE.items()] + [(s, w, False) for s, w in _VEHICLES.items()]
    for subject, entries, alive in groups:
        for entry in entries.split():
            entry, _, pronoun = entry.partition("/")
            entry, _, place = entry.partition("@")
            word, _, colour = entry.partition(":")
            nouns[word] = Noun(
                word=word,
                subject=subject,
                colour=colour or None,
                pronoun=pronoun or (None if alive else "it"),
                place=place or None,
                alive=alive,
            )
    return nouns


NOUNS = _table()


def _reverse(table: dict[str, str]) -> dict[str, str]:
    reverse: dict[str, str] = {}
    for meaning, text in table.items():
        for word in text.split():
            reverse.setdefault(word, meaning)
    return reverse


PLACE_OF = _reverse(PLACES)
TIME_OF = _reverse(TIMES)
WEATHER_OF = _reverse(WEATHERS)
COLOUR_OF = _reverse(COLOURS)


def noun(word: str) -> Noun | None:
    """The noun that a word means, singular or plural, by the tables, then by its ending; None when nothing fits."""
    lowered = word.lower().strip("'")
    for form in (lowered, singular(lowered), lowered.rsplit("-", 1)[-1]):
        if form in NOUNS:
            return NOUNS[form]
    if lowered in GIRLS or lowered in BOYS:
        girl = lowered in GIRLS
        return Noun(word=word, subject="girl" if girl else "boy", pronoun="she" if girl else "he", alive=True)
    one = singular(lowered)
    if one not in _NOT_PERSONS and len(one) > 4 and one.endswith(_PERSON_ENDINGS) and re.fullmatch(r"[a-z-]+", one):
        female = one.endswith(("woman", "maid", "girl", "ess"))
        pronoun = "she" if female else "he" if one.endswith(("man", "boy")) else None
        return Noun(word=one, subject="woman" if female else "keeper", pronoun=pronoun, alive=True)
    return None
