"""A language model as the writer, through any OpenAI-compatible endpoint, with the standard library alone.

Notable: the answer is constrained by the script's own JSON schema where the server can do that, checked by `Script`
in any case, and a wrong one goes back with the complaint, so the model can mend it. The key stays in the environment:
it is never logged, stored or shown.
"""

from __future__ import annotations

import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from soundstage.errors import InputError, MissingError, RunError
from soundstage.film.script import LONGEST, SHORTEST, Script
from soundstage.render.scene import PLACES, SUBJECTS, actions_at

KEYS = ("SOUNDSTAGE_WRITER_KEY", "OPENAI_API_KEY")
"""Environment variables that may hold the endpoint's key, in order."""
ANSWER_LIMIT = 2 * 2**20
_TRANSIENT = {408, 409, 425, 429, 500, 502, 503, 504, 529}


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """Where the model is: `url` such as http://localhost:8000/v1, the `model` there, and how patient to be."""

    url: str
    model: str = ""
    timeout: float = 120.0
    attempts: int = 4
    key: str = field(default="", repr=False)

    @classmethod
    def at(cls, url: str, *, model: str | None = None, timeout: float = 120.0) -> Endpoint:
        """The endpoint at a URL; `URL#MODEL` names the model, else `$SOUNDSTAGE_WRITER_MODEL`, else the server's first.

        Raises InputError for what is not an http(s) URL.
        """
        place, _, named = url.partition("#")
        parts = urlsplit(place)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError("writer", f"{url!r} is not a web address", "give one such as http://localhost:8000/v1")
        if parts.username or parts.password:
            raise InputError("writer", "the address holds a password", f"put the key into ${KEYS[0]} instead")
        key = next((os.environ[name] for name in KEYS if os.environ.get(name)), "")
        chosen = model or named or os.environ.get("SOUNDSTAGE_WRITER_MODEL", "")
        return cls(url=place.rstrip("/").removesuffix("/chat/completions"), model=chosen, timeout=timeout, key=key)


def write_script(
    brief: str,
    endpoint: Endpoint,
    *,
    seconds: float | None = None,
    seed: int = 0,
    sleep: Callable[[float], None] = time.sleep,
) -> Script:
    """A script for the brief by the language model at the endpoint.

    Raises InputError for an empty brief, MissingError for an endpoint that cannot be reached or refuses the key,
    RunError when no valid script came after all attempts.
    """
    if not brief.strip():
        raise InputError("brief", "is empty", "say what happens in the film")
    model = endpoint.model or _first_model(endpoint)
    messages = [{"role": "system", "content": instructions()}, {"role": "user", "content": _wish(brief, seconds)}]
    complaint = ""
    formats = list(_formats())
    for attempt in range(endpoint.attempts):
        body = {"model": model, "messages": messages, "temperature": 0.7, "seed": seed % 2**31, **formats[0]}
        try:
            answer = _post(endpoint, "/chat/completions", body)
        except _Refused as refused:
            if refused.status in (400, 422) and len(formats) > 1:  # this server knows no schemas: ask for plain JSON
                formats.pop(0)
                continue
            if refused.status not in _TRANSIENT:
                raise MissingError(
                    f"the writer at {endpoint.url} refused: {refused}", _remedy(refused.status)
                ) from None
            complaint = str(refused)
            sleep(min(8.0, 0.5 * 2**attempt))
            continue
        text = _content(answer)
        try:
            return _completed(Script.parse(_json_part(text)), brief, seconds, seed)
        except InputError as error:
            complaint = str(error)
            mend = f"That script is not valid: {complaint}. Answer with the whole script again, corrected, as JSON."
            messages = [
                *messages[:2],
                {"role": "assistant", "content": text[:20_000]},
                {"role": "user", "content": mend},
            ]
    raise RunError(
        f"the writer at {endpoint.url} gave no valid script in {endpoint.attempts} attempts (the last: {complaint})",
        "try another model, or leave --writer out for the built-in writer",
    )


def instructions() -> str:
    """What the model is told: the form, the craft, and who can do what where."""
    able = "; ".join(
        f"{subject}: " + ", ".join(place for place in PLACES if actions_at(subject, place)) for subject in SUBJECTS
    )
    return (
        "You write short picture-book films as one JSON object that follows the given schema exactly. Write 3 to 8 "
        "shots that tell a story with a beginning, a turn and an end. Keep the narration in short spoken sentences, "
        "about two words for every second of the film, and let characters speak now and then. The words for places, "
        "subjects, colours, actions and cameras are closed lists; the lines are free. The shots' seconds add up to "
        "about the film's length less 4. Every speaker is `narrator` or the id of a character; every actor is the id "
        "of a character. Use at most three actors in a shot. Voices: ada, ben, clara, finn, hugo, iris, leo, otto, "
        f"sam, wren. Who can be shown where: {able}. "
        f"The schema: {json.dumps(Script.json_schema(), separators=(',', ':'))}"
    )


def _wish(brief: str, seconds: float | None) -> str:
    length = f" It lasts {seconds:g} seconds." if seconds is not None else ""
    usual = f"If the brief names no length, take 30 seconds ({SHORTEST:g} to {LONGEST:g} are possible)."
    return f"The brief: {brief.strip()}{length} {usual}"


def _completed(script: Script, brief: str, seconds: float | None, seed: int) -> Script:
    """The script with what is ours to say: the brief, the seed, and a length that was asked for."""
    own: dict[str, Any] = {"seed": seed} | ({"seconds": seconds} if seconds is not None else {})
    data = script.model_dump(mode="json")
    return Script.check(data | {"brief": brief.strip()[:4000], "bible": data["bible"] | own})


def _formats() -> tuple[dict[str, Any], ...]:
    """Ways to ask for JSON, the strictest first; servers that know none get a plain request."""
    schema = {"name": "script", "schema": strict_schema(), "strict": True}
    return (
        {"response_format": {"type": "json_schema", "json_schema": schema}},
        {"response_format": {"type": "json_object"}},
        {},
    )


def strict_schema() -> dict[str, Any]:
    """The script's schema as strict servers want it: every property required, no defaults, no limits."""

    def strict(part: Any) -> Any:
        if isinstance(part, list):
            return [strict(item) for item in part]
        if not isinstance(part, dict):
            return part
        dropped = {
            "default",
            "title",
            "minLength",
            "maxLength",
            "minItems",
            "maxItems",
            "minimum",
            "maximum",
            "pattern",
            "exclusiveMinimum",
            "exclusiveMaximum",
        }
        made: dict[str, Any] = {}
        for key, value in part.items():
            if key == "properties":
                made[key] = {name: strict(inner) for name, inner in value.items()}  # a property may be called `title`
            elif key not in dropped:
                made[key] = strict(value)
        if "properties" in made:
            made["required"], made["additionalProperties"] = list(made["properties"]), False
        return made

    schema: dict[str, Any] = strict(Script.json_schema())
    return schema


class _Refused(Exception):
    """The server answered with a status that is no success; 503 stands for no answer at all."""

    def __init__(self, status: int, problem: str) -> None:
        self.status = status
        super().__init__(f"{status} {problem}".strip())


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect could carry the key elsewhere; there is none in this protocol."""

    def redirect_request(self, *_: Any) -> None:
        """Never follow."""


def _post(endpoint: Endpoint, path: str, body: dict[str, Any] | None) -> Any:
    headers = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "soundstage"}
    if endpoint.key:
        headers["Authorization"] = f"Bearer {endpoint.key}"
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(endpoint.url + path, data, headers, method="POST" if data else "GET")
    try:
        with urllib.request.build_opener(_NoRedirects).open(request, timeout=endpoint.timeout) as response:
            text = response.read(ANSWER_LIMIT + 1)
    except urllib.error.HTTPError as error:
        with error:
            raise _Refused(error.code, _problem(error.read(4096))) from None
    except (TimeoutError, urllib.error.URLError, OSError) as error:
        reason = getattr(error, "reason", error)
        if isinstance(error, TimeoutError) or isinstance(reason, TimeoutError):
            raise _Refused(503, f"no answer within {endpoint.timeout:g} s") from None
        raise MissingError(
            f"the writer at {endpoint.url} cannot be reached ({reason})", "start it, or check the address"
        ) from None
    if len(text) > ANSWER_LIMIT:
        raise _Refused(502, "the answer is too large")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise _Refused(502, "the answer is not JSON") from None


def _problem(body: bytes) -> str:
    """The server's own message, one line of it."""
    try:
        data = json.loads(body)
        message = (
            data["error"]["message"] if isinstance(data.get("error"), dict) else data.get("error") or data.get("detail")
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        message = body.decode("utf-8", "replace")
    return " ".join(str(message or "").split())[:200]


def _remedy(status: int) -> str:
    if status in (401, 403):
        return f"set ${KEYS[0]} to a key that the server knows"
    return "check the address and the model's name" if status == 404 else "see the server's log"


def _first_model(endpoint: Endpoint) -> str:
    """The first model that the server lists; "default" where it lists none."""
    try:
        listed = _post(endpoint, "/models", None)
        return str(listed["data"][0]["id"])
    except (_Refused, KeyError, IndexError, TypeError):
        return "default"


def _content(answer: Any) -> str:
    try:
        return str(answer["choices"][0]["message"]["content"] or "")
    except (KeyError, IndexError, TypeError):
        return ""


def _json_part(text: str) -> str:
    """The JSON object in an answer: models like to wrap it in words or fences."""
    first, last = text.find("{"), text.rfind("}")
    return text[first : last + 1] if 0 <= first < last else text
