-- SPDX-License-Identifier: MIT
-- Sends the bytes of a file as they are, and prints wrk's counts as a line of JSON.
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
      '\n{"requests": %d, "us": %d, "p50_us": %.0f, "p99_us": %.0f, "status": %d, "errors": %d}\n',
      summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
      errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
