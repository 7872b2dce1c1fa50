-- Shared by the scripts: the headers of a phone, the lines of a file, a JSON line at the end.
phone = {
  ["Accept"] = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
  ["Accept-Encoding"] = "gzip, deflate, br",
  ["Accept-Language"] = "vi-VN,vi;q=0.9,en;q=0.5",
  ["User-Agent"] = "Mozilla/5.0 (Linux; Android 13; SM-A146P) AppleWebKit/537.36 Chrome/126 Mobile",
}

function lines_of(name)
  local lines = {}
  for line in io.lines(os.getenv(name)) do lines[#lines + 1] = line end
  return lines
end

-- DELAY_MS: mean pause before a request, exponentially distributed, for loads below the peak.
local pause = tonumber(os.getenv("DELAY_MS") or "0")
if pause > 0 then
  function delay() return -pause * math.log(1 - math.random()) end
end

-- wrk runs requests in threads with a Lua state each; their globals are read at the end: `at`, requests
-- sent, and `supply`, the number of different requests where each is good once.
local threads = {}
function setup(thread) threads[#threads + 1] = thread end

function done(summary, latency, requests)
  local e = summary.errors
  local sent, exhausted = 0, false
  for _, thread in ipairs(threads) do
    local at, supply = thread:get("at"), thread:get("supply")
    sent = sent + at
    exhausted = exhausted or (supply ~= nil and at > supply)
  end
  io.write(string.format(
    '{"rate": %.1f, "requests": %d, "p50": %d, "p95": %d, "p99": %d, "errors": %d, "sent": %d, "exhausted": %s}\n',
    summary.requests / (summary.duration / 1e6), summary.requests, latency:percentile(50), latency:percentile(95),
    latency:percentile(99), e.status + e.connect + e.read + e.write + e.timeout, sent, tostring(exhausted)))
end
