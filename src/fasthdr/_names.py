# SPDX-License-Identifier: MIT
"""The field names and methods for which the parser returns one shared str each.

They come from the IANA registries of HTTP field names and methods; browsers, clients and proxies send the others.
"""

METHODS = (
    "GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK REPORT".split()
)

FIELD_NAMES = """
Accept Accept-Charset Accept-Encoding Accept-Language Accept-Ranges Access-Control-Allow-Credentials
Access-Control-Allow-Headers Access-Control-Allow-Methods Access-Control-Allow-Origin Access-Control-Expose-Headers
Access-Control-Max-Age Access-Control-Request-Headers Access-Control-Request-Method Age Allow Alt-Svc Authorization
Cache-Control Connection Content-Disposition Content-Encoding Content-Language Content-Length Content-Location
Content-Range Content-Security-Policy Content-Type Cookie DNT Date ETag Expect Expires Forwarded From Host If-Match
If-Modified-Since If-None-Match If-Range If-Unmodified-Since Keep-Alive Last-Modified Link Location Max-Forwards Origin
Pragma Priority Proxy-Authenticate Proxy-Authorization Proxy-Connection Range Referer Referrer-Policy Retry-After
Sec-CH-UA Sec-CH-UA-Mobile Sec-CH-UA-Platform Sec-Fetch-Dest Sec-Fetch-Mode Sec-Fetch-Site Sec-Fetch-User
Sec-WebSocket-Accept Sec-WebSocket-Extensions Sec-WebSocket-Key Sec-WebSocket-Protocol Sec-WebSocket-Version Server
Server-Timing Set-Cookie Strict-Transport-Security TE Trailer Transfer-Encoding Upgrade Upgrade-Insecure-Requests
User-Agent Vary Via WWW-Authenticate X-Cache X-Content-Type-Options X-Forwarded-For X-Forwarded-Host X-Forwarded-Port
X-Forwarded-Proto X-Frame-Options X-Powered-By X-Real-IP X-Request-ID X-Requested-With X-XSS-Protection
traceparent tracestate
""".split()

# Programs send names as registered or in lower case, and sec-ch-ua also with only the first letter of each word in
# upper case.
SPELLINGS = sorted({*FIELD_NAMES, *map(str.lower, FIELD_NAMES), *map(str.title, FIELD_NAMES)})
