# SPDX-License-Identifier: MIT
"""The echo as a Django project in one file: `python -m tests.matrix.django_app runserver`."""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.urls import re_path

from tests.matrix.apps import described, handled, listed

if not settings.configured:
    settings.configure(
        ALLOWED_HOSTS=["*"],
        DATA_UPLOAD_MAX_MEMORY_SIZE=None,
        MIDDLEWARE=[],  # none that checks Host
        ROOT_URLCONF="tests.matrix.django_app",
        SECRET_KEY="-",
        USE_TZ=True,
    )


def echo(request: Any) -> HttpResponse:
    handled(request.method, request.path)
    query = request.META.get("QUERY_STRING")
    if query == "files":
        body = listed((name, file.read()) for name, file in request.FILES.items())
    else:
        body = b"" if query == "leave" else request.body
    fields = dict(described(request.method, request.path, request.headers.get("Host")))
    return HttpResponse(body, headers={**fields, "Content-Length": str(len(body))})


urlpatterns = [re_path("", echo)]


def application() -> Any:
    """Return the project as a WSGI application."""
    import django
    from django.core.wsgi import get_wsgi_application

    django.setup(set_prefix=False)
    return get_wsgi_application()


if __name__ == "__main__":
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
