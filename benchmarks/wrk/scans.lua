-- POST /v1/scans with the bodies in BODIES, each once: a token is good once. The head is written
-- once (wrk.format costs more than a scan's share of Redis, which is wrk's neighbour on its core).
local here = debug.getinfo(1, "S").source:match("@(.*/)")
dofile(here .. "common.lua")
local bodies, top, bottom = {}, "", ""
local at = tonumber(os.getenv("SKIP") or "0")

-- LuaJIT keeps all strings in one table and hashes a long one by its ends and its middle alone. Our
-- requests differ in neither: they would stand in one chain, which took wrk 100 µs a request, beside
-- a server that shares the processor with it. So what proxies call a request's id is in the middle.
function init()
  bodies = lines_of("BODIES")
  phone["Accept"] = "application/json"
  phone["Content-Type"] = "application/json"
  local lines = { "Host: " .. wrk.host .. "\r\n" }
  for name, value in pairs(phone) do lines[#lines + 1] = name .. ": " .. value .. "\r\n" end
  local all = table.concat(lines)
  local whole = #all + #bodies[1] + 90 -- the request's line, its id, its length
  top = "POST /v1/scans HTTP/1.1\r\n"
  for _, line in ipairs(lines) do
    if #top + #line + 30 < whole / 2 then top = top .. line else bottom = bottom .. line end
  end
  top = top .. "X-Request-ID: " .. string.rep("0", math.floor(whole / 2) - #top - 24)
end

function request()
  at = at + 1
  local body = bodies[at] or bodies[#bodies]
  return top .. body:sub(10, 29) .. "\r\n" .. bottom .. "Content-Length: " .. #body .. "\r\n\r\n" .. body
end
