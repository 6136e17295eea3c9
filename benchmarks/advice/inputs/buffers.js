// SPDX-License-Identifier: MIT
// node: 40,000 buffers of 64 KiB, of which 200 live at a time.
const live = [];
for (let i = 0; i < 40000; i++) {
	live[i % 200] = Buffer.alloc(65536, i & 255);
}
console.log(live.length);
