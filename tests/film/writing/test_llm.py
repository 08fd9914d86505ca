import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from soundstage.errors import InputError, MissingError, RunError
from soundstage.film.writing.llm import Endpoint, strict_schema, write_script
from soundstage.film.writing.writer import write_script as write_built_in

SCRIPT = write_built_in("A fox and a crow. Twenty seconds.").model_dump(mode="json")


class Server:
    """A model on this machine that gives prepared answers: (status, text of the message or of the body)."""

    def __init__(self, answers: list[tuple[int, str]]) -> None:
        self.answers, self.asked, self.headers = answers, list[dict[str, Any]](), list[dict[str, str]]()


@contextmanager
def serving(*answers: tuple[int, str]) -> Iterator[tuple[Server, Endpoint]]:
    state = Server(list(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.reply(200, json.dumps({"data": [{"id": "tiny-writer"}]}))

        def do_POST(self) -> None:
            state.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            state.headers.append(dict(self.headers))
            status, text = state.answers.pop(0)
            body = {"choices": [{"message": {"content": text}}]} if status == 200 else {"error": {"message": text}}
            self.reply(status, json.dumps(body))

        def reply(self, status: int, text: str) -> None:
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield state, Endpoint.at(f"http://127.0.0.1:{server.server_port}/v1", timeout=10)
        finally:
            server.shutdown()
            thread.join()


def write(endpoint: Endpoint, **more: Any) -> Any:
    return write_script("A fox and a crow.", endpoint, sleep=lambda _: None, **more)


def test_a_good_answer_becomes_the_script_with_our_brief_seed_and_length() -> None:
    with serving((200, json.dumps(SCRIPT))) as (server, endpoint):
        script = write(endpoint, seed=9, seconds=20)
    assert script.brief == "A fox and a crow." and script.bible.seed == 9
    assert server.asked[0]["model"] == "tiny-writer"
    assert server.asked[0]["response_format"]["json_schema"]["strict"] is True


def test_bad_json_goes_back_with_the_complaint_and_the_second_answer_is_taken() -> None:
    with serving((200, "Once upon a time"), (200, f"Here it is:\n```json\n{json.dumps(SCRIPT)}\n```")) as (
        server,
        endpoint,
    ):
        script = write(endpoint)
    assert script.shots[0].id == "s1"
    messages = server.asked[1]["messages"]
    assert messages[-2]["content"] == "Once upon a time" and "not JSON" in messages[-1]["content"]


def test_a_script_that_breaks_the_rules_goes_back_with_the_field() -> None:
    wrong = json.loads(json.dumps(SCRIPT))
    wrong["shots"][0]["place"] = "a pub"
    with serving((200, json.dumps(wrong)), (200, json.dumps(SCRIPT))) as (server, endpoint):
        write(endpoint)
    assert "shots.0.place" in server.asked[1]["messages"][-1]["content"]


def test_a_server_without_schemas_is_asked_for_plain_json() -> None:
    with serving((400, "response_format json_schema is unknown"), (200, json.dumps(SCRIPT))) as (server, endpoint):
        write(endpoint)
    assert server.asked[1]["response_format"] == {"type": "json_object"}


def test_a_busy_server_is_asked_again() -> None:
    with serving((503, "loading"), (429, "slow down"), (200, json.dumps(SCRIPT))) as (server, endpoint):
        write(endpoint)
    assert len(server.asked) == 3


def test_a_model_that_never_gets_it_right_is_one_clear_error() -> None:
    with serving(*[(200, "{}")] * 4) as (_, endpoint), pytest.raises(RunError, match="no valid script in 4 attempts"):
        write(endpoint)


def test_a_refused_key_names_the_variable_and_the_key_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOUNDSTAGE_WRITER_KEY", "not-a-real-key")
    with (
        serving((401, "who are you?")) as (server, endpoint),
        pytest.raises(MissingError, match="SOUNDSTAGE_WRITER_KEY") as caught,
    ):
        write(endpoint)
    assert server.headers[0]["Authorization"] == "Bearer not-a-real-key"
    assert "not-a-real-key" not in f"{caught.value} {endpoint!r}"


def test_a_redirect_is_not_followed_with_the_key() -> None:
    with serving((302, "over there")) as (_, endpoint), pytest.raises(MissingError, match="302"):
        write(endpoint)


def test_a_server_that_is_not_there_is_missing() -> None:
    with pytest.raises(MissingError, match="cannot be reached"):
        write(Endpoint(url="http://127.0.0.1:9/v1", model="any", timeout=2))


@pytest.mark.parametrize("url", ["file:///etc/passwd", "writer", "http://", "http://me:secret@localhost/v1"])
def test_what_is_no_plain_web_address_is_refused(url: str) -> None:
    with pytest.raises(InputError, match="writer"):
        Endpoint.at(url)


def test_the_strict_schema_requires_every_property_and_allows_no_other() -> None:
    def walk(part: Any) -> Iterator[dict[str, Any]]:
        if isinstance(part, dict):
            yield part
            for inner in part.values():
                yield from walk(inner)
        elif isinstance(part, list):
            for inner in part:
                yield from walk(inner)

    objects = [part for part in walk(strict_schema()) if part.get("type") == "object"]
    assert len(objects) >= 8
    for part in objects:
        assert part["required"] == list(part["properties"]) and part["additionalProperties"] is False
