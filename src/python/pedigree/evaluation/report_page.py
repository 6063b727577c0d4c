"""The page that `report_html` fills."""

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Evaluation of {{ report.model }} - {{ report.suite }}</title>
<style>
:root { --ink: #1c2733; --soft: #5b6b7b; --line: #dde4ea; --paper: #fff; --ground: #f4f6f8; --blue: #2563a8;
  --good: #1b7f4b; --good-bg: #e5f4eb; --bad: #b3261e; --bad-bg: #fbe9e7; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 28px 20px 60px; }
header { display: flex; justify-content: space-between; align-items: flex-start; gap: 20px; }
h1 { font-size: 25px; margin: 0 0 4px; } h2 { font-size: 17px; margin: 0 0 10px; }
.sub, .note { color: var(--soft); } .note { font-size: 13px; margin: 6px 0 0; }
.verdict { font-weight: 700; padding: 8px 18px; border-radius: 6px; white-space: nowrap; }
.pass { color: var(--good); background: var(--good-bg); } .fail { color: var(--bad); background: var(--bad-bg); }
section { background: var(--paper); border: 1px solid var(--line); border-radius: 8px; padding: 18px 20px;
  margin-top: 18px; overflow-x: auto; }
.two { display: grid; grid-template-columns: repeat(auto-fit, minmax(380px, 1fr)); gap: 18px; }
.two > section { min-width: 0; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 7px 10px; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-size: 13px; color: var(--soft); font-weight: 600; } tr:last-child td { border-bottom: 0; }
td.num, th.num { text-align: right; font-variant-numeric: tabular-nums; }
td small { color: var(--soft); display: block; font-size: 12px; }
td.num small { white-space: nowrap; } .model { background: #f3f7fc; }
.tag { border-radius: 4px; padding: 1px 8px; font-size: 13px; font-weight: 600; white-space: nowrap; }
code, pre { font: 12.5px/1.45 ui-monospace, "DejaVu Sans Mono", monospace; } pre { margin: 0; white-space: pre-wrap; }
.matrix { width: auto; } .matrix td, .matrix th { padding: 4px 7px; text-align: center; border: 1px solid #fff;
  font-size: 12.5px; font-variant-numeric: tabular-nums; min-width: 34px; }
.matrix th.row { text-align: right; } .matrix td.zero { color: #c3ccd4; background: #f8fafb; }
.meter { background: var(--line); border-radius: 3px; height: 9px; width: 180px; display: inline-block;
  overflow: hidden; }
.meter i { display: block; height: 100%; background: var(--blue); }
svg { width: 100%; max-width: 520px; display: block; } .grid { stroke: var(--line); fill: none; }
.curve { stroke: var(--blue); stroke-width: 2.2; fill: none; } .dot, .bar { fill: var(--blue); }
.ideal { stroke: #d97706; stroke-dasharray: 5 4; stroke-width: 1.6; fill: none; }
.tick { font-size: 11px; fill: var(--soft); } .axis { font-size: 12px; fill: var(--ink); }
details summary { cursor: pointer; color: var(--blue); }
@media print { body { background: #fff; } section { break-inside: avoid; } }
</style>
</head>
<body>
<main>
<header>
<div>
<h1>{{ report.model }}</h1>
<div class="sub">judged by <code>{{ report.suite }}</code>{% for set in report.sets %}
<br>{{ set.count }} sealed items of form {{ set.form }}, <code>{{ set.uid[:23] }}…</code>{% endfor %}
<br>no template and no prompt of them is in the {{ report.separate_from | length }} training sets of the stages
{% if report.not_compared %}<br>what {{ report.not_compared | join(', ') }} learned from was not compared{% endif %}
</div>
</div>
<div class="verdict {{ 'pass' if report.passed else 'fail' }}">
{{ 'all gates met' if report.passed else 'a gate is not met' }}</div>
</header>

<section>
<h2>Stages and gates</h2>
<table>
<tr><th>metric</th>{% for stage in report.stages %}<th class="num">{{ stage.stage }}</th>{% endfor %}
<th>gate</th></tr>
{% for name in report.stages[-1].metrics %}
<tr><td><code>{{ name }}</code><small>{{ meanings[name] }}</small></td>
{% for stage in report.stages %}{% set it = stage.metrics[name] %}
<td class="num {{ 'model' if loop.last }}">{{ it.value }}
<small>{{ it.numerator }} of {{ it.denominator }}<br>{{ it.lower }} – {{ it.upper }}<br>
as given {{ stage.without_threshold[name].value }}</small></td>
{% endfor %}
<td>{% if name in gates %}<span class="tag {{ 'pass' if gates[name].passed else 'fail' }}">
{{ gates[name].comparison }} {{ gates[name].threshold }} {{ 'met' if gates[name].passed else 'not met' }}</span>
{% else %}<span class="sub">reported</span>{% endif %}</td></tr>
{% endfor %}
{% for key, title in (('aurc', 'area under the risk-coverage curve; 0 is best'),
  ('ece', 'expected calibration error; 0 is best')) %}
<tr><td><code>{{ key }}</code><small>{{ title }}</small></td>
{% for stage in report.stages %}<td class="num {{ 'model' if loop.last }}">{{ stage[key] }}</td>{% endfor %}
<td><span class="sub">reported</span></td></tr>
{% endfor %}
</table>
<p class="note">A verdict of less confidence than {{ report.abstain_below }} counts as ESCALATE, in every stage.
Small print under a value: the counts, the Clopper-Pearson 95 % bounds,
and the value with every answer counted as it was given, which is what the curves below show too. The gates are for
{{ report.model }}, the last column.</p>
</section>

<div class="two">
<section><h2>Risk and coverage</h2>{{ curve | safe }}
<p class="note">The most confident answers come first; the curve ends where the model itself withholds.</p></section>
<section><h2>Reliability</h2>{{ reliability | safe }}
<p class="note">Each bar is a tenth of the confidence scale with its number of answers; the dashed line is perfect.</p>
</section>
</div>

{% if labels %}
<section>
<h2>What was answered</h2>
<table class="matrix">
<tr><th class="row">label \\ answer</th>{% for answer in answers %}<th>{{ answer }}</th>{% endfor %}</tr>
{% for label in labels %}{% set row = report.confusion[label] %}{% set total = row.values() | sum %}
<tr><th class="row">{{ label }}</th>
{% for answer in answers %}{% set count = row.get(answer, 0) %}{% set share = count / total %}
{% if count %}
<td style="background: rgba({{ '27,127,75' if answer == label else '179,38,30' }},{{ '%.2f' % (0.12 + 0.78 * share) }});
 color: {{ '#fff' if share > 0.45 else '#1c2733' }}">{{ count }}</td>
{% else %}<td class="zero">·</td>{% endif %}
{% endfor %}</tr>
{% endfor %}
</table>
</section>

<section>
<h2>Accuracy by label</h2>
<table>
<tr><th>label</th><th class="num">items</th><th class="num">right</th>
<th class="num">answered ESCALATE</th><th></th></tr>
{% for label in labels %}{% set row = report.labels[label] %}
<tr><td>{{ label }}</td><td class="num">{{ row['items'] }}</td><td class="num">{{ row['right'] }}</td>
<td class="num">{{ row['withheld'] }}</td>
<td><span class="meter"><i style="width: {{ (100 * row['right'] / row['items']) | round | int }}%"></i></span>
{{ (100 * row['right'] / row['items']) | round | int }} %</td></tr>
{% endfor %}
</table>
</section>
{% endif %}

{% if report.completion_failures %}
<section>
<h2>Why completions fail</h2>
<table>{% for why, count in report.completion_failures.items() %}
<tr><td>{{ why }}</td><td class="num">{{ count }}</td></tr>{% endfor %}</table>
</section>
{% endif %}

{% for title, items in (('Mistakes of review that the model was surest of', wrong_reviews),
  ('Failed completions that the model was surest of', wrong_completions)) %}{% if items %}
<section>
<h2>{{ title }}</h2>
<table>
<tr><th>item</th><th>expected</th><th>answered</th><th class="num">confidence</th></tr>
{% for one in items %}
<tr><td><details><summary><code>{{ one.item.id }}</code></summary><pre>{{ one.item.prompt }}</pre></details>
<small>{{ one.item.template }}</small></td>
<td><code>{{ one.item.label }}</code></td>
<td><code>{{ one.answer.text }}</code>{% if one.why %}<small>{{ one.why }}</small>{% endif %}</td>
<td class="num">{{ '%.3f' % (one.answer.confidence | float) }}</td></tr>
{% endfor %}
</table>
</section>
{% endif %}{% endfor %}
</main>
</body>
</html>
"""
