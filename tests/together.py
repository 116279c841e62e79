# SPDX-License-Identifier: MIT
"""Many small cases as one test: pytest takes longer to report a case than to run it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any

Test = Callable[..., None]


def together(names: str | tuple[str, ...], cases: Iterable[Any]) -> Callable[[Test], Test]:
    """Run a test for each of `cases`, as one test: all of them run, and the failure names those that failed.

    Like pytest.mark.parametrize(): `names` is one argument of the test, or a tuple of arguments; a case has their
    values. All other arguments, fixtures included, are the same for all cases. A case cannot be skipped.
    """
    own = [names] if isinstance(names, str) else list(names)
    given = list(cases)
    assert given, "no cases"

    def decorate(test: Test) -> Test:
        @functools.wraps(test)
        def run(**arguments: Any) -> None:
            failed: list[tuple[Any, Exception]] = []
            for case in given:
                values = [case] if isinstance(names, str) else case
                try:
                    test(**arguments, **dict(zip(own, values, strict=True)))
                except Exception as error:
                    failed.append((case, error))
            if failed:
                shown = ", ".join(repr(case)[:200] for case, _ in failed[:20])
                raise AssertionError(f"{len(failed)} of {len(given)} cases failed: {shown}") from failed[0][1]

        signature = inspect.signature(test)
        left = [parameter for name, parameter in signature.parameters.items() if name not in own]
        assert len(left) == len(signature.parameters) - len(own), "the test has no such argument"
        run.__signature__ = signature.replace(parameters=left)  # type: ignore[attr-defined]
        return run

    return decorate
