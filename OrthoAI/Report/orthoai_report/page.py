"""The frame of report.html. Names after a $ are filled in by :mod:`.html`; their values are escaped there."""

from __future__ import annotations

from string import Template

PAGE = Template("""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>OrthoAI: $title</title>
<style>
:root { --text: #1b2430; --quiet: #566273; --rule: #d7dde5; --page: #f5f7f9; --card: #ffffff; --note: #fff6dd;
  --note-edge: #b98200; color-scheme: light; }
@media screen and (prefers-color-scheme: dark) {
  :root { --text: #e6eaf0; --quiet: #a3aebb; --rule: #323b47; --page: #0b0e12; --card: #151a21; --note: #2b2413;
    --note-edge: #d9a52b; color-scheme: dark; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); line-height: 1.5;
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 28px 20px 40px; }
h1 { font-size: 1.7rem; margin: 0; }
h2 { font-size: 1.1rem; margin: 0 0 10px; }
h3 { font-size: 1rem; margin: 14px 0 4px; }
h2 + h3 { margin-top: 0; }
section > p { margin: 0 0 8px; }
section > .wide + p { margin: 10px 0 0; }
.message { font-size: 1.15rem; margin: 4px 0 16px; }
.quiet { color: var(--quiet); }
.note { background: var(--note); border-left: 4px solid var(--note-edge); padding: 10px 14px; margin: 0 0 20px; }
figure { margin: 0 0 20px; }
figure img { display: block; width: 100%; height: auto; border-radius: 6px; }
section { background: var(--card); border: 1px solid var(--rule); border-radius: 6px; padding: 16px 18px;
  margin: 0 0 16px; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(320px, 1fr)); gap: 0 16px; align-items: start; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 0.94rem; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
th, td { text-align: left; vertical-align: top; padding: 6px 12px 6px 0; border-bottom: 1px solid var(--rule);
  font-variant-numeric: tabular-nums; }
.numbers td, .line { white-space: nowrap; }
thead th { color: var(--quiet); font-weight: 600; }
tbody th { font-weight: 600; white-space: nowrap; }
tbody tr:last-child > * { border-bottom: 0; }
.legend { list-style: none; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: 6px 24px; }
.swatch { display: inline-block; width: 0.85em; height: 0.85em; margin-right: 0.5em; border-radius: 2px;
  border: 1px solid rgba(0, 0, 0, 0.35); vertical-align: -0.08em; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 16px; margin: 0; font-size: 0.94rem; }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }
footer { color: var(--quiet); font-size: 0.9rem; }
.swatch, figure img { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
@media print {
  @page { margin: 14mm; }
  body { background: none; font-size: 10pt; }
  main { max-width: none; padding: 0; }
  section { border: 0; padding: 0 0 4px; }
  h2, h3 { break-after: avoid; }
  tr, p, figure, dd { break-inside: avoid; }
  tbody tr:first-child { break-before: avoid; }
  .wide { overflow: visible; }
  table, dl, footer { font-size: 8.5pt; }
}
</style>
</head>
<body>
<main>
<header>
<h1>$title</h1>
<p class="message">$message</p>
</header>
<p class="note" role="note"><strong>Research use only.</strong> This is not a medical device and must not be used for
clinical decisions. Figures that were measured on simulated data are not clinical figures. Check every box and mask
against the images.</p>
$note
<figure>
<img src="data:image/png;base64,$picture" alt="$picture_text">
</figure>
<section><h2>Findings</h2>$findings</section>
$not_assessed
$measurements
<section><h2>Colors</h2>$legend</section>
<section><h2>Boxes</h2>$boxes</section>
<div class="pair">
<section><h2>Input</h2>$input</section>
<section><h2>Time</h2>$timings</section>
</div>
<section><h2>Made with</h2>$provenance</section>
<footer>Made $created. Coordinates: R right, L left, A anterior, P posterior, I inferior, S superior of the image's
origin. Slices are the image file's own, counted from 0. $probabilities</footer>
</main>
</body>
</html>
""")
