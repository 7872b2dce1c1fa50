-- GET of the targets in PATHS, one after another; ACCEPT replaces the Accept header.
local here = debug.getinfo(1, "S").source:match("@(.*/)")
dofile(here .. "common.lua")
local requests = {}

function init()
  if os.getenv("ACCEPT") then phone["Accept"] = os.getenv("ACCEPT") end
  for i, path in ipairs(lines_of("PATHS")) do requests[i] = wrk.format("GET", path, phone) end
end

at = 0
function request()
  at = at + 1
  return requests[(at - 1) % #requests + 1]
end
