-- POST /v1/scans with the bodies in BODIES, each once: a token is good once.
local here = debug.getinfo(1, "S").source:match("@(.*/)")
dofile(here .. "common.lua")
local bodies = {}
local at = tonumber(os.getenv("SKIP") or "0")

function init()
  bodies = lines_of("BODIES")
  phone["Accept"] = "application/json"
  phone["Content-Type"] = "application/json"
end

function request()
  at = at + 1
  return wrk.format("POST", "/v1/scans", phone, bodies[at] or bodies[#bodies])
end
