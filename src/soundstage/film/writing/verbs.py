"""The verbs that the built-in writer knows, by the kind of story that each begins."""

from __future__ import annotations

_PLOTS = {
    "discover": """
        find discover uncover notice spot receive get catch open hear dig hatch inherit stumble encounter unearth
        see""",
    "befriend": "meet befriend love marry adopt welcome share talk fall argue negotiate invite teach kiss miss",
    "search": "investigate solve track search look seek lose hunt need forget",
    "journey": """
        travel go fly sail ride drive walk cross climb explore run swim float drift return leave move orbit land
        journey visit follow wander roam dive migrate come escape gallop row hike jump enter reach deliver carry
        bring march""",
    "wish": "want dream wish learn try hope decide long practise practice refuse",
    "contest": "race compete fight chase win battle challenge play",
    "make": """
        build make bake cook paint draw write invent create grow plant knit sew fix repair carve compose design
        collect""",
    "rescue": "save rescue help protect free heal guard feed",
    "fear": "fear hide",
    "moment": """
        sleep rest sit watch listen wait rain snow shine rise dance sing eat drink read think work live stand stare
        wake smile laugh cry whisper shout rain melt burn glow bloom set wash clean cook study grow be become have
        do take give keep hold put tell say ask know feel start begin stop stay turn change break happen shine purr
        bark steal buy sell hate like enjoy remember spin skate surf ski juggle perform celebrate arrive count guide
        gaze perch nap howl breathe die explain describe use call name swing push pull lift drop throw cast chat
        wave throw knock pray wonder imagine realise realize believe overcome face defeat"""
}  # fmt: skip

PLOT_OF = {verb: plot for plot, verbs in reversed(_PLOTS.items()) for verb in verbs.split()}
VERBS = frozenset(PLOT_OF)
