"""The style sheet of `lineage.html`."""

STYLE = """
:root{color-scheme:light;--ink:#1c2430;--soft:#5d6b7e;--line:#d9e0ea;--paper:#fff;--ground:#f4f6fa;--blue:#2f62ea;
--amber:#b45309}
*{box-sizing:border-box}
html,body{height:100%}
body{margin:0;display:flex;flex-direction:column;
font:14px/1.45 system-ui,-apple-system,"Segoe UI","Liberation Sans",sans-serif;color:var(--ink);
background:var(--ground)}
code,pre,.files,.digest{font-family:ui-monospace,"DejaVu Sans Mono",Menlo,monospace;font-size:12px}
header{padding:14px 22px 10px;display:flex;gap:8px 28px;flex-wrap:wrap;align-items:flex-end}
header div:first-child{flex:1 1 480px;min-width:0}
h1{font-size:20px;margin:0 0 2px}h1 code{font-size:18px}
header p{margin:0;color:var(--soft);overflow-wrap:anywhere}
.search{position:relative;flex:0 1 420px}
input{width:100%;font:inherit;padding:8px 12px;border:1px solid #b9c4d3;border-radius:8px;background:var(--paper)}
input:focus-visible,button:focus-visible,canvas:focus-visible,[role=option]:focus-visible{
outline:2px solid var(--blue);outline-offset:1px}
#found{position:absolute;z-index:2;top:100%;left:0;right:0;margin:4px 0 0;padding:4px;list-style:none;max-height:60vh;
overflow:auto;background:var(--paper);border:1px solid var(--line);border-radius:8px;
box-shadow:0 8px 24px rgba(28,36,48,.16)}
#found:empty{display:none}
#found li{padding:5px 8px;border-radius:6px;cursor:pointer;overflow-wrap:anywhere}
#found li[aria-selected=true],#found li[role=option]:hover{background:#e9efff}
#found small{color:var(--soft);display:block}
main{flex:1;min-height:0;display:flex;gap:12px;padding:0 22px 18px}
.graph{flex:1 1 auto;min-width:0;position:relative;background:var(--paper);border:1px solid var(--line);
border-radius:12px;overflow:hidden}
canvas{position:absolute;inset:0;width:100%;height:100%;cursor:grab;touch-action:none}
canvas.over{cursor:pointer}canvas.drag{cursor:grabbing}
.tools{position:absolute;left:12px;bottom:12px;display:flex;gap:6px}
button{font:inherit;padding:4px 11px;border:1px solid #b9c4d3;border-radius:8px;background:var(--paper);
color:var(--ink);cursor:pointer}
button:hover{background:#e9efff}
.legend{position:absolute;right:12px;bottom:12px;display:flex;flex-wrap:wrap;gap:2px 12px;max-width:60%;
justify-content:flex-end;padding:5px 10px;border-radius:8px;background:rgba(255,255,255,.9);font-size:12px;
color:var(--soft);pointer-events:none}
.legend i{display:inline-block;width:10px;height:10px;border-radius:3px;margin-right:5px}
.panel{flex:0 0 min(480px,38%);overflow:auto;background:var(--paper);border:1px solid var(--line);border-radius:12px;
padding:12px 18px 20px}
h2{font-size:16px;margin:2px 0 10px;overflow-wrap:anywhere}
h3{font-size:12px;margin:18px 0 6px;text-transform:uppercase;letter-spacing:.05em;color:var(--soft)}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:3px 12px 3px 0;
overflow-wrap:anywhere;border-bottom:1px solid #eef1f6}
th{width:8.5em;font-weight:500;color:var(--soft)}
.digest{color:var(--soft);overflow-wrap:anywhere;font-size:11px}
details{margin-top:12px}summary{cursor:pointer;font-weight:600}
pre{background:#f4f6fa;border:1px solid var(--line);border-radius:8px;padding:9px;margin:6px 0;white-space:pre-wrap;
overflow-wrap:anywhere}
ul{margin:6px 0;padding-left:18px}li{margin:2px 0;overflow-wrap:anywhere}
a{color:var(--blue)}
.note{color:var(--soft);margin:6px 0}
@media(max-width:900px){html,body{height:auto}main{flex-direction:column}.graph{flex:none;height:60vh}
.panel{flex:none}}
@media print{main{display:block}.graph{height:60vh}.panel{margin-top:12px;overflow:visible}.tools,.search{display:none}}
"""
