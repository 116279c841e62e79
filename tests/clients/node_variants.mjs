// SPDX-License-Identifier: MIT
// Sends requests of many kinds to the URL that it is given.

import http from "node:http";

if (typeof fetch === "undefined") process.exit(66);
const url = process.argv[2];
const { hostname, port } = new URL(url);

function requested(options, end = (request) => request.end()) {
  return new Promise((resolve) => {
    const request = http.request({ hostname, port, path: "/", ...options }, (answer) => {
      answer.resume();
      answer.on("end", resolve);
    });
    request.on("error", resolve);
    request.on("connect", (_, socket) => resolve(socket.destroy()));
    end(request);
  });
}

function streamed(...parts) {
  return new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(new TextEncoder().encode(part));
      controller.close();
    },
  });
}

const form = new FormData();
form.append("a", "b");
form.append("upload", new Blob(["content"], { type: "a/b" }), "ä.bin");
const agent = new http.Agent({ keepAlive: true });
const headers = { Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==" };

const tried = [
  () => fetch(url),
  () => fetch(`${url}/a%20b;c=d/~e?q=1&s[]=2&t={u}|v^w&ä=ö`),
  () => fetch(`${url}/#fragment`),
  () => fetch(url, { method: "HEAD" }),
  () => fetch(url, { method: "DELETE" }),
  () => fetch(url, { method: "PATCH", body: "text" }),
  () => fetch(url, { method: "POST", body: JSON.stringify({ a: 1 }), headers: { "Content-Type": "application/json" } }),
  () => fetch(url, { method: "POST", body: new URLSearchParams({ a: "b" }) }),
  () => fetch(url, { method: "POST", body: form }),
  () => fetch(url, { method: "PUT", body: streamed("a", "b"), duplex: "half" }),
  () => fetch(url, { headers: { Range: "bytes=0-9", Cookie: "a=b", Authorization: "Basic dTpw" } }),
  () => fetch(url, { referrer: "http://a.test/", cache: "no-store" }),
  () => fetch(`${url}/redirect`),
  () => requested({}),
  () => requested({ agent }),
  () => requested({ agent, method: "POST", headers: { "Content-Length": 3 } }, (request) => request.end("abc")),
  () => requested({ method: "POST" }, (request) => request.end("abc")),
  () =>
    requested({ method: "POST", headers: { Trailer: "X-T" } }, (request) => {
      request.write("abc");
      request.addTrailers({ "X-T": "1" });
      request.end();
    }),
  () =>
    requested({ method: "PUT", headers: { Expect: "100-continue", "Content-Length": 3 } }, (request) =>
      request.on("continue", () => request.end("abc")),
    ),
  () => requested({ auth: "u:p", headers: { "X-Several": ["a", "b"], Cookie: ["a=b", "c=d"] } }),
  () => requested({ method: "OPTIONS", path: "*" }),
  () => requested({ path: "http://a.test/b?c", headers: { Host: "a.test" } }),
  () => requested({ method: "CONNECT", path: "a.test:443", headers: { Host: "a.test:443" } }),
  () => requested({ headers }),
  () => requested({ method: "PROPFIND", headers: { Depth: 1 } }),
];
for (const ask of tried) {
  const answer = await ask();
  if (answer?.arrayBuffer) await answer.arrayBuffer();
}
agent.destroy();
process.stdout.write(`${tried.length}\n`, () => process.exit(0));
