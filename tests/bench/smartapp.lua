-- smartapp.lua: for wrk: sends each request of a file once; both threads share it out between them. Prints what came as JSON.
local threads = {}

function setup(thread)
	thread:set("id", #threads)
	table.insert(threads, thread)
end

function init(args)
	local file = assert(io.open(args[1], "rb"))
	list, place, repeated, bad = {}, 0, 0, 0
	for n = 0, math.huge do
		local length = file:read("*n")
		if not length then break end
		file:read(1)
		local text = file:read(length)
		if n % 2 == id then table.insert(list, text) end
	end
	file:close()
end

function request()
	place = place + 1
	if place > #list then
		place, repeated = 1, repeated + 1
	end
	return list[place]
end

function response(status, headers, body)
	if status ~= 200 then bad = bad + 1 end
end

function done(summary, latency)
	local again, wrong = 0, summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
	for _, thread in ipairs(threads) do
		again = again + thread:get("repeated")
		wrong = wrong + thread:get("bad")
	end
	io.write(string.format('\n{"rps":%.1f,"p50":%.3f,"p99":%.3f,"bad":%d,"repeated":%d}\n', summary.requests / summary.duration * 1e6,
		latency:percentile(50) / 1000, latency:percentile(99) / 1000, wrong, again))
end
