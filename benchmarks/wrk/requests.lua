-- Whole requests as in REQUESTS, one after another; the record separator (0x1E) is between them.
local here = debug.getinfo(1, "S").source:match("@(.*/)")
dofile(here .. "common.lua")
local requests = {}

function init()
  local file = assert(io.open(os.getenv("REQUESTS"), "rb"))
  for text in file:read("*a"):gmatch("[^\30]+") do requests[#requests + 1] = text end
  file:close()
end

at = 0
function request()
  at = at + 1
  return requests[(at - 1) % #requests + 1]
end
