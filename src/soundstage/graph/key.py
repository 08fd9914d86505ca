"""The key of a node: a hash over everything that its result depends on, and nothing else.

Notable: links enter by the *content* that flows through them, part by part: a node that takes `line.seconds` does not
run again when the line's words change and its length does not. Defaults enter as values, so writing one out changes
nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from soundstage.graph.cache import Cache
from soundstage.graph.graph import Link, Node, replaced
from soundstage.graph.node import Task
from soundstage.graph.port import Port
from soundstage.graph.values import canonical, sha256

SCALARS = (str, int, float, bool, type(None))


class Keys:
    """The keys of one run. `digest` gives the content's address of a link, `value` what flows through it."""

    def __init__(
        self,
        cache: Cache,
        environment: Mapping[str, str],
        fingerprint: Callable[[str], str],
        digest: Callable[[Link], str],
        value: Callable[[Link], Any],
    ) -> None:
        self.cache, self.environment = cache, dict(environment)
        self.digest, self.value = digest, value
        self._fingerprint = fingerprint
        self._pinned: dict[str, str] = {}
        self._defaults: dict[Task, dict[str, Any]] = {}

    def of(self, node: Node) -> str:
        """The key of a node whose upstream nodes are done.

        Raises InputError for a bad literal, MissingError for a missing file.
        """
        task = node.task
        inputs = dict(self._default_contents(task))
        models: dict[str, str] = {}
        linked = {port for port, _, _ in node.links}
        for name, given in node.inputs.items():
            port = task.ports[name]
            if name in linked:
                inputs[name] = replaced(given, lambda link: {"from": self.digest(link)})
            else:
                inputs[name] = self._content(task.validate_one(name, given, f"nodes.{node.name}.inputs"), port)
        for port in task.models:
            model = replaced(node.inputs.get(port.name, port.default), self.value)
            if isinstance(model, str):
                models[port.name] = self.fingerprint(model)
        facts = {"task": task.name, "version": task.version, "inputs": inputs, "models": models}
        facts |= self._besides(node)
        return sha256(canonical(facts | {"environment": self.environment}))

    def _besides(self, node: Node) -> dict[str, Any]:
        """What the result depends on besides the inputs, where it does."""
        if node.task.besides is None:
            return {}
        where = f"nodes.{node.name}.inputs"
        given = {
            name: node.task.validate_one(name, replaced(value, self.value), where)
            for name, value in node.inputs.items()
        }
        found = node.task.read_besides(given)
        return {"besides": {name: {"content": self.cache.digest_of(found[name])} for name in found}} if found else {}

    def fingerprint(self, model: str) -> str:
        """What pins a model's weights; asked once a run."""
        if model not in self._pinned:
            self._pinned[model] = self._fingerprint(model)
        return self._pinned[model]

    def _default_contents(self, task: Task) -> dict[str, Any]:
        if task not in self._defaults:
            ports = [port for port in task.ports.values() if not port.required]
            self._defaults[task] = {port.name: self._content(port.default, port) for port in ports}
        return self._defaults[task]

    def _content(self, value: Any, port: Port) -> Any:
        """A value as the key holds it: itself when it is a scalar, else the address of its content."""
        if type(value) in SCALARS:
            return value
        return {"content": self.cache.digest_of(value, port.type)}
