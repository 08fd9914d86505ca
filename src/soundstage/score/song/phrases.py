"""What the writer of words writes with: openings that are whole clauses, by subject, and endings that rhyme.

Notable: an ending is an adjunct ("by the sea"), so it fits behind any opening, and what it rhymes with is decided by
its sound (see `verses`), not by this list. All of it was written for this package.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Subject:
    """What a song can be of: words of a prompt that call for it, what it sings about, and its openings."""

    name: str
    words: frozenset[str]
    things: tuple[str, ...]
    verse: tuple[str, ...]
    chorus: tuple[str, ...]
    avoid: frozenset[str] = frozenset()
    """Last words that do not suit it."""


def _rows(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for row in text.strip().splitlines() for part in row.split("/") if part.strip())


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ENDINGS = _rows("""
    in the night / in the morning light / out of sight / ; burning bright / ; holding on tight
    until it feels right / every day / far away / along the way / ; day by day / come what may
    at the break of day / ; and I want to stay / in this town / when the sun goes down / all over town
    as the rain comes down / till it turns me around / wherever I go / in the falling snow / ; soft and slow
    down below / where the rivers flow / as the embers glow / in the rain / like a midnight train
    over the plain / through the window pane / down the lane / ; and I feel no pain / after all / in the hall
    as the shadows fall / on the garden wall / when I hear you call / ; standing tall / with all my heart
    from the start / when we are apart / like a work of art / in the dark / across the park / like a spark
    by the watermark / all around / without a sound / on the ground / ; lost and found / ; homeward bound
    ; spinning round and round / by the fire / ; higher and higher / like a golden wire / ; and I never tire
    one more time / like a nursery rhyme / all the time / where the church bells chime / by the sea
    ; wild and free / ; only you and me / in front of me / under the tree / as far as I can see / down the line
    ; sweet as wine / with your hand in mine / ; and the stars align / like a secret sign / under the moon
    any day soon / on an afternoon / to a simple tune / in the month of June / in this place
    ; all over your face / without a trace / ; floating in space / ; full of grace / ; hand in hand
    across the land / in the sand / more than I planned / ; and you understand / in the cold
    ; never growing old / ; brave and bold / like silver and gold / as the leaves unfold / all night long
    ; where I belong / like a song / all along / when the days grow long / ; steady and strong / on the shore
    like before / through the open door / more and more / and nothing more / ; all alone / like a stone
    on the phone / into the unknown / in a world of my own / ; side by side / with the tide / deep inside
    on the other side / with nothing to hide / ; along for the ride / with you / out of the blue
    all the way through / with a different view / when the day is new / in your eyes / under open skies
    to my surprise / before the sunrise / in the air / ; everywhere / without a care / when you are there
    with the wind in my hair / ; year after year / ; loud and clear / when you are near / without any fear
    through every tear / on a quiet street / with dancing feet / to a rolling beat / in the summer heat
    ; bitter and sweet / in the spring / on a silver string / whatever tomorrow may bring / on a single wing
    in my mind / ; one of a kind / and leave it behind / for the two of us to find / ; gentle and kind
    in a dream / down by the stream / like a golden beam / in the midnight gleam / until the end
    around the bend / with a message to send / like an old friend / more than I can mend
""")
"""Ends of lines; a semicolon before one asks for a comma."""

SHARED_VERSE = _rows("""
    I am walking / I keep on dreaming / The world is turning / We tell our stories / I leave the lamp on
    I count the hours / The wind is rising / The road is open / My thoughts are drifting / A door is closing
    I write a letter / I learn to listen / The clocks are ticking / I start all over / We talk till morning
    I hum a little / Somebody's laughing / The rain is dancing
""")
SHARED_CHORUS = _rows("""
    So sing it over / Oh, let me hear it / I will remember / Carry me onward / We are together
    Nothing can stop us / Oh, hold the moment / I want to feel it
""")

SUBJECTS = (
    Subject(
        "love", _words("love lover romance romantic wedding kiss heart valentine darling sweetheart couple"),
        ("first dance", "ring on your hand", "sound of your name"),
        _rows("""
            I hear your footsteps / Your smile is waiting / You take my shoulder / I know your laughter
            We sway together / Your voice is honey / You look at me softly / I fall for you slowly
            We share a secret / You leave a whisper
        """),
        _rows("""
            Stay here beside me / I give you my promise / You are the reason / Love me a little
            Take all I have now
        """),
    ),
    Subject(
        "night", _words("night moon star stars midnight evening city neon dark lights urban street lamp"),
        ("city lights", "last train home", "silver moon"),
        _rows("""
            The street lamps shimmer / The town is sleeping / The moon is climbing / The signs are glowing
            I cross the river / A taxi passes / The windows glitter / The stars are blinking / I ride the subway
            The dark is friendly
        """),
        _rows("""
            Shine on the rooftops / Light up the city / We own the midnight / Stay up and wander
            Look at the heavens
        """),
    ),
    Subject(
        "sea", _words(
            "sea ocean ship sailor boat wave waves "
            "harbour harbor lighthouse whale beach shore island tide"
        ),
        ("lighthouse", "harbour", "deep blue water"),
        _rows("""
            The waves are rolling / The gulls are calling / We raise the anchor / The sails are ready
            The salt is singing / The tide is turning / I watch the water / The harbour's empty
            We row together / A bell is ringing
        """),
        _rows("""
            Carry me, ocean / Sail on forever / Bring me the water / Blow, wind, and take me / Row me to morning
        """),
    ),
    Subject(
        "road", _words(
            "road travel journey train highway drive driving "
            "wander wanderer adventure car truck walking ride"
        ),
        ("open road", "county line", "long way home"),
        _rows("""
            The wheels are humming / I pack my suitcase / The miles are flying / The map is folded
            I pass the stations / The engine murmurs / I roll the window / The hills are waving
            We chase the distance / A signpost beckons
        """),
        _rows("""
            Roll on and on now / Take me to somewhere / Follow the highway / Run with the river
            Keep on the road now
        """),
    ),
    Subject(
        "home", _words(
            "home family mother father child childhood "
            "house village garden friend friends memory memories"
        ),
        ("kitchen table", "garden gate", "old front door"),
        _rows("""
            The kettle's boiling / My mother's singing / The garden's waking / The porch is golden
            The dog is barking / We set the table / The roof is leaking / The swing is creaking
            A neighbour's waving / I find the photos
        """),
        _rows("""
            Take me back home now / Leave the door open / This is the place where / Call me for supper
            Gather around me
        """),
    ),
    Subject(
        "loss", _words(
            "sad sadness loss lost goodbye lonely alone heartbreak broken "
            "tears cry melancholy grief miss missing sorrow blue blues farewell"
        ),
        ("empty chair", "words we never said", "last goodbye"),
        _rows("""
            Your coat is hanging / The bed is empty / I miss your humming / The phone is silent
            The days are heavy / I fold your letters / The house is quiet / I hear you nowhere
            Your cup is waiting / The pages yellow
        """),
        _rows("""
            Come back and tell me / I still can hear you / Don't say it's over / Where did you go then
            I let you go now
        """),
        _words("feet beat heat wire tire higher"),
    ),
    Subject(
        "hope", _words(
            "hope hopeful inspiring uplifting triumph epic heroic courage "
            "brave dream dreams future freedom victory rise motivational anthem"
        ),
        ("mountain top", "morning sun", "road ahead"),
        _rows("""
            The dawn is breaking / I climb the mountain / The chains are falling / We build a bridge now
            I raise my banner / The walls are crumbling / My hands are steady / I plant a seed here
            The sky is clearing / We learn to fly now
        """),
        _rows("""
            Rise up and shine now / We will be heroes / Stand up and sing it / Nothing can break us
            Reach for the sunlight
        """),
    ),
    Subject(
        "party", _words(
            "party dance dancing club disco happy joyful fun "
            "celebrate celebration funky upbeat energetic birthday groove lively cheerful"
        ),
        ("dance floor", "saturday night", "brand new song"),
        _rows("""
            The bass is bouncing / The floor is shaking / My shoes are moving / The crowd is jumping
            We lose our worries / The drums are rolling / The lights are flashing / I turn it louder
            Everyone's smiling / The room is spinning
        """),
        _rows("""
            Come on and dance now / Turn up the music / Move to the rhythm / Put your hands up now
            Let's keep on dancing
        """),
    ),
    Subject(
        "summer", _words(
            "summer sun sunny sunshine warm tropical holiday "
            "vacation spring flower flowers meadow field bossa"
        ),
        ("summer sun", "field of clover", "lemonade stand"),
        _rows("""
            The sun is pouring / The bees are buzzing / We run through clover / The sky is burning
            The fruit is ripening / I kick my shoes off / The lake is gleaming / The days are lazy
            The birds are calling / We ride our bikes out
        """),
        _rows("""
            Stay with me, summer / Let the sun find us / Give me the sunshine / Never be winter
            Bloom like a flower
        """),
    ),
    Subject(
        "winter", _words("winter snow christmas cold ice december frost holiday fireplace"),
        ("frozen river", "winter fire", "first white snow"),
        _rows("""
            The snow is falling / The lake is frozen / The fire crackles / My breath is floating
            The trees are silver / I wrap my scarf on / The bells are ringing / The fields are sleeping
            We stamp our boots off / The frost is painting
        """),
        _rows("""
            Keep me from winter / Snow on the rooftops / Warm me, December / Light up the candles
            Come in from the cold
        """),
    ),
    Subject(
        "lullaby", _words(
            "lullaby sleep sleeping baby cradle bedtime "
            "nursery soft gentle quiet calm peaceful dreamy"
        ),
        ("little boat of dreams", "quiet room", "sleepy moon"),
        _rows("""
            The day is over / The birds are nesting / The moon is watching / Your eyes are heavy
            The clouds are floating / I tuck the blanket / A mouse is yawning / The stars are humming
            The house is breathing / The lamb is dozing
        """),
        _rows("""
            Sleep now, my darling / Hush, little dreamer / Close your eyes gently / Rest on my shoulder
            Dream of tomorrow
        """),
        _words("feet beat heat wire tire higher"),
    ),
)  # fmt: skip
ABOUT = _rows("""
    I sing of the {} / I see the {} / I dream of the {} / Show me the {} / I come to the {} / Back to the {}
    I think of the {}
""")
"""Openings on what the prompt names."""
HOOK = _rows("""
    Take me to the {} / Sing me the {} / Bring me back the {} / I belong to the {} / I will wait for the {}
""")
"""Openings of a chorus on what the prompt names."""
BRIDGE = _rows("""
    Time is a teacher / Silence is golden / Now it is over / I have no answer / We start from nothing
    Here is my answer / Some things are broken / I still believe it / The storm is passing / Maybe it's easy
    I hold the moment
""")
"""Openings of a bridge."""
