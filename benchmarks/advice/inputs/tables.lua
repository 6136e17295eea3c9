-- SPDX-License-Identifier: MIT
-- lua: tables of strings, built and dropped.
for round = 1, 6 do
	local rows = {}
	for i = 1, 200000 do
		rows[i] = { id = i * 7919 % 100003, name = "row " .. i .. " of " .. round }
	end
	local text = {}
	for i = 1, #rows do
		text[i] = rows[i].name
	end
	print(#table.concat(text, ","))
end
