/* SPDX-License-Identifier: MIT */
/* report/format/html-style: how the HTML report looks, by day and by night. */
#ifndef MADVISOR_REPORT_FORMAT_HTML_STYLE_H
#define MADVISOR_REPORT_FORMAT_HTML_STYLE_H

static const char html_style[] =
	":root { color-scheme: light dark; --text: #1d2129; --dim: #667085; --page: #ffffff;\n"
	"  --line: #e4e7ec; --shade: #f6f7f9; --good: #0a7c42; --bad: #c4320a; --bar: #98a2b3; }\n"
	"@media (prefers-color-scheme: dark) { :root { --text: #e6e9ef; --dim: #98a2b3; --page: #14171c;\n"
	"  --line: #2b3039; --shade: #1c2027; --good: #4ac585; --bad: #ff8a65; --bar: #667085; } }\n"
	"body { margin: 0; background: var(--page); color: var(--text);\n"
	"  font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; }\n"
	"main { max-width: 1200px; margin: 0 auto; padding: 2rem 1.5rem 4rem; }\n"
	"h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2.5rem 0 .75rem; }\n"
	".subtitle { color: var(--dim); margin: .1rem 0 1.5rem; font-size: 1.05rem; }\n"
	"dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1.25rem; margin: 0 0 1.5rem; }\n"
	"dt { color: var(--dim); } dd { margin: 0; overflow-wrap: anywhere; }\n"
	".wide { overflow-x: auto; }\n"
	"table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }\n"
	"th, td { padding: .3rem .6rem; text-align: left; white-space: nowrap; }\n"
	"thead th { color: var(--dim); font-weight: 500; font-size: .85rem;\n"
	"  border-bottom: 1px solid var(--line); }\n"
	"thead th[title] { cursor: help; }\n"
	"tbody th { font-weight: 500; } tbody th[scope=row] { padding-left: 1.4rem; }\n"
	"tbody td, tbody th { border-bottom: 1px solid var(--line); }\n"
	"tr.group th { background: var(--shade); font-weight: 650; padding-top: .45rem; padding-bottom: .45rem; }\n"
	"tr.group small { color: var(--dim); font-weight: 400; margin-left: .6rem; }\n"
	"tr.reference td, tr.reference th { color: var(--dim); font-weight: 400; }\n"
	".number { text-align: right; }\n"
	".faster { color: var(--good); font-weight: 600; } .slower { color: var(--bad); font-weight: 600; }\n"
	".bar { position: relative; display: block; width: 9rem; height: .7rem; }\n"
	".bar span { position: absolute; inset: 0 auto 0 0; background: var(--bar); border-radius: 2px; }\n"
	".faster .bar span { background: var(--good); } .slower .bar span { background: var(--bad); }\n"
	".bar.beyond span { border-radius: 0; clip-path: polygon(0 0, 94% 0, 100% 50%, 94% 100%, 0 100%); }\n"
	".bar i { position: absolute; top: -.2rem; bottom: -.2rem; width: 1px; background: var(--text); }\n"
	"ul { padding-left: 1.2rem; color: var(--dim); } li { margin: .2rem 0; overflow-wrap: anywhere; }\n"
	"li.detail { margin-left: 1.4rem; }\n"
	"pre { background: var(--shade); padding: .6rem .8rem; overflow-x: auto; }\n"
	"li.warning { color: var(--bad); font-weight: 600; list-style: '!  '; }\n";

#endif
