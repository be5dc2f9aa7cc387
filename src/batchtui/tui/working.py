"""Work beside the screens: coroutines that end with the widget, screen or app they belong to."""

from collections.abc import Callable, Coroutine
from typing import Any

from textual.dom import DOMNode
from textual.worker import Worker

Work = Callable[[], Coroutine[Any, Any, None]]


def begin(node: DOMNode, work: Work, group: str, *, exclusive: bool = False) -> Worker[None]:
    """Run work as a worker of a node; `exclusive` ends what the group is at.

    It is given as a function, so that no coroutine is left unawaited where its worker ends before it has begun.
    """
    worker: Worker[None] = node.run_worker(work, group=group, exclusive=exclusive)
    return worker
