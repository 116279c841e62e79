// SPDX-License-Identifier: MIT
// Reads URLs, each with the minor version of its server, from stdin, uploads files of this folder, prints the answers.

import fs from "node:fs";
import http from "node:http";

if (typeof fetch === "undefined") process.exit(66);
const lines = fs.readFileSync("lines");
const binary = fs.readFileSync("binary");
const size = 700;

function* pieces(content) {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size);
}

function streamed(parts) {
  return new ReadableStream({
    pull(controller) {
      const { value, done } = parts.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
}

async function fetched(url, options) {
  const answer = await fetch(url, { method: "POST", ...options });
  return { status: answer.status, content: Buffer.from(await answer.arrayBuffer()).toString("hex") };
}

function requested(url, write, options = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method: "POST", ...options }, (answer) => {
      const content = [];
      answer.on("data", (piece) => content.push(piece));
      answer.on("error", reject);
      answer.on("end", () =>
        resolve({
          status: answer.statusCode,
          content: Buffer.concat(content).toString("hex"),
          reused: request.reusedSocket,
        }),
      );
    });
    request.on("error", reject);
    write(request);
  });
}

function expecting(url, waits) {
  // Over HTTP/1.0 there is no 100 Continue, and the client does not wait for it.
  const headers = { Expect: "100-continue", "Content-Length": binary.length };
  return requested(url, (request) => (waits ? request.on("continue", () => request.end(binary)) : request.end(binary)), {
    headers,
  });
}

async function all(url, minor) {
  const form = new FormData();
  form.append("upload", new Blob([binary]), "a.bin");
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const sized = { headers: { "Content-Length": binary.length } };
  const chunked = (request) => {
    for (const piece of pieces(lines)) request.write(piece);
    request.end();
  };
  const end = (request) => request.end(binary);
  const tried = {
    "fetch, stream": () => fetched(url, { body: streamed(pieces(lines)), duplex: "half" }),
    "fetch, sized": () => fetched(url, { body: binary }),
    "fetch, form": () => fetched(`${url}?files`, { body: form }),
    "http, sized": () => requested(url, end, sized),
    "http, chunked": () => requested(url, chunked),
    "http, Expect": () => expecting(url, minor > 0),
    "http, first of an Agent": () => requested(url, end, { ...sized, agent }),
    "http, second of an Agent": () => requested(url, end, { ...sized, agent }),
  };
  const found = {};
  for (const [name, ask] of Object.entries(tried)) {
    try {
      found[name] = await ask();
    } catch (error) {
      found[name] = { error: `${error} ${error.cause ?? ""}` };
    }
  }
  agent.destroy();
  return found;
}

const servers = JSON.parse(fs.readFileSync(0, "utf8"));
const found = Object.fromEntries(
  await Promise.all(Object.entries(servers).map(async ([url, minor]) => [url, await all(url, minor)])),
);
process.stdout.write(JSON.stringify(found), () => process.exit(0));
