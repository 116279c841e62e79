# SPDX-License-Identifier: MIT
"""Command lines of curl and wget, for the many kinds of requests that they can send."""

from __future__ import annotations

import re
import shlex

from tests.clients.uploads import TIMEOUT

ODD = "/a%20b;c=d/~e/(f)!$&'*+,=:@?q=1&r=%C3%A4&s[]=2&t={u}|v^w"
_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36"

# One command on each line, quoted as for a shell. URL and PROXY stand for the recorder's address, URLODD for ODD there.
CURL = """
URL/
URL
URL/a URL/b URL/c
--head URL/
--request DELETE URL/
--request OPTIONS URL/
--request OPTIONS --request-target '*' URL/
--request PATCH --data x=y URL/
--request PURGE URL/
--get --data 'a=b&c=d' --data-urlencode 'e=f g' URL/
--data a=b URL/
--data-binary @binary URL/
--data-binary @large URL/
--data-urlencode 'a=b & c' URL/
--data '' URL/
--json '{"a":1}' URL/
--form a=b --form upload=@binary URL/
--form 'upload=@binary;filename="a \\"b\\".bin";type=a/b' URL/
--upload-file binary URL/
--upload-file - URL/
--upload-file binary --continue-at 5 URL/
--header 'Transfer-Encoding: chunked' --data-binary @binary URL/
--header 'Expect: 100-continue' --data a=b URL/
--header Expect: --data-binary @large URL/
--user u:p URL/basic
--user u:p --digest URL/digest
--user u:p --digest --data a=b URL/digest
--anyauth --user u:p URL/digest
--oauth2-bearer t0ken URL/
--cookie 'a=b; c=d' URL/
--cookie-jar /dev/null URL/cookies URL/next
--location URL/redirect
--location --data a=b URL/redirect
--referer http://a.test/ --user-agent AGENT URL/
--referer ';auto' --location URL/redirect
--header 'X-Empty;' --header 'X-Tab:\ta\t' --header 'X-Umlaut: Grüße' URL/
--header Accept: --header User-Agent: URL/
--header 'Host: other.test' URL/
--header 'Connection: close' URL/
--header 'Cache-Control: no-cache' --header 'Pragma: no-cache' URL/
--header 'If-None-Match: "a", W/"b"' URL/
--compressed URL/
--tr-encoding URL/
--range 0-9,20- URL/
--continue-at 5 URL/
--time-cond 2020-01-01 URL/
--http1.0 URL/
--http1.0 --data a=b URL/
--http1.0 --header 'Connection: keep-alive' URL/ URL/
--http2 URL/
--no-keepalive URL/
--globoff URLODD
--path-as-is URL/../a/./b
URL//a//b
URL/?
URL/a?b?c
URL/#fragment
--proxy PROXY http://a.test/b?c
--proxy PROXY http://a.test
--proxy PROXY http://a.test:81/
--proxy PROXY http://[::1]:81/
--proxy PROXY --data a=b http://a.test/
--proxy PROXY --proxy-user u:p http://a.test/proxy-auth
--proxy PROXY --proxy-user u:p --user v:q http://a.test/
--proxy PROXY http://u:p@a.test/
--proxy PROXY https://a.test/
--proxy PROXY --proxy-user u:p https://a.test/
--proxy PROXY --proxytunnel http://a.test/
--proxy PROXY https://[::1]/
--proxy1.0 PROXY --proxytunnel http://a.test/
--resolve a.test:PORT:127.0.0.1 http://a.test:PORT/
--resolve x_y.test:PORT:127.0.0.1 http://x_y.test:PORT/
--header 'Upgrade: websocket' --header 'Connection: Upgrade' --header 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==' URL/
"""
WGET = """
URL/
URL/a URL/b
--spider URL/
--post-data=a=b URL/
--post-file=binary URL/
--method=PUT --body-file=binary URL/
--method=DELETE URL/
--method=OPTIONS URL/
--user=u --password=p URL/basic
--user=u --password=p --auth-no-challenge URL/
--user=u --password=p URL/digest
'--header=X-A: b' '--header=Cookie: a=b' URL/
--referer=http://a.test/ --user-agent=AGENT URL/
--user-agent= URL/
--compression=auto URL/
--no-cache URL/
--no-http-keep-alive URL/
--start-pos=5 URL/
URL/redirect
URL/cookies URL/next
URLODD
-e use_proxy=yes -e http_proxy=PROXY http://a.test/b?c
-e use_proxy=yes -e http_proxy=PROXY --proxy-user=u --proxy-password=p http://a.test/
-e use_proxy=yes -e https_proxy=PROXY https://a.test/
"""
OWN_OPTIONS = {
    "curl": "--silent --max-time 10 --output /dev/null",
    "wget": f"--quiet --tries=1 --timeout={TIMEOUT} --output-document=/dev/null",
}


def commands(program: str, url: str) -> list[list[str]]:
    """Return the command lines of curl or wget."""
    values = {"AGENT": _AGENT, "URLODD": url + ODD, "URL": url, "PROXY": url, "PORT": url.rpartition(":")[2]}
    found = []
    for line in {"curl": CURL, "wget": WGET}[program].strip().split("\n"):
        words = shlex.split(f"{program} {OWN_OPTIONS[program]} {line}")
        found.append([re.sub("AGENT|URLODD|URL|PROXY|PORT", lambda name: values[name[0]], word) for word in words])
    return found
