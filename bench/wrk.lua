-- SPDX-License-Identifier: MIT
-- Sends the bytes of a file, as they are, and prints what wrk has counted as a line of JSON.
-- wrk -s bench/wrk.lua URL -- FILE

function init(args)
   local file = assert(io.open(args[1], "rb"))
   local bytes = file:read("*a")
   file:close()
   wrk.format = function() return bytes end
end

function done(summary, latency, requests)
   local errors = summary.errors
   io.write(string.format(
      '\n{"requests": %d, "us": %d, "bytes": %d, ' ..
      '"errors": {"connect": %d, "read": %d, "write": %d, "status": %d, "timeout": %d}, ' ..
      '"latency_us": {"50": %.0f, "90": %.0f, "99": %.0f, "99.9": %.0f, "mean": %.1f, "max": %.0f}}\n',
      summary.requests, summary.duration, summary.bytes,
      errors.connect, errors.read, errors.write, errors.status, errors.timeout,
      latency:percentile(50), latency:percentile(90), latency:percentile(99), latency:percentile(99.9),
      latency.mean, latency.max))
end
