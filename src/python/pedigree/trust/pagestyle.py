"""The style sheet of `lineage.html`."""

STYLE = """
:root{color-scheme:light;--ink:#1c2430;--soft:#5d6b7e;--line:#d9e0ea;--paper:#fff;--ground:#f4f6fa}
*{box-sizing:border-box}
body{margin:0;height:100vh;display:flex;flex-direction:column;
font:14px/1.45 system-ui,-apple-system,"Segoe UI","Liberation Sans",sans-serif;color:var(--ink);
background:var(--ground)}
code,pre,.files{font-family:ui-monospace,"DejaVu Sans Mono",Menlo,monospace;font-size:12px}
header{padding:20px 28px 4px}
h1{font-size:22px;margin:0 0 4px}h1 code{font-size:20px}
header p{margin:0;color:var(--soft);overflow-wrap:anywhere}
main{padding:14px 28px 18px;flex:1;min-height:0;display:flex;flex-direction:column}
.graph{flex:0 1 auto;min-height:40%;
background:var(--paper);border:1px solid var(--line);border-radius:12px;overflow:auto;padding:8px}
.graph svg{display:block;margin:auto;max-width:100%;height:auto;min-width:900px}
path.edge{fill:none;stroke:#a9b6c8;stroke-width:1.6}
rect.box{fill:#fff;stroke:#c3cddb;stroke-width:1.2}
rect.band{fill:#8a97a8}
.dataset .band,.synthetic_dataset .band{fill:#1f9d74}.base_model .band{fill:#8b5cf6}.finetune .band{fill:#e8871e}
.eval_suite .band{fill:#0e94b8}.evaluation .band{fill:#d6336c}.release .band{fill:#1c2430}
svg a{cursor:pointer;text-decoration:none}svg a:hover rect.box{fill:#f0f5ff;stroke:#3b6ef6}
svg text{fill:var(--ink);font-size:11px}svg text.kind{fill:var(--soft);font-size:11px}
svg text.name{font-weight:650;font-size:14px}svg text.where{fill:var(--soft);font-size:10.5px}
.panel{margin-top:14px;flex:1 1 0;min-height:30%;overflow:auto}
section{background:var(--paper);border:1px solid var(--line);border-radius:12px;padding:14px 22px 20px;display:none}
section:target,section.overview{display:block}
.panel:has(section:target) .overview{display:none}
h2{font-size:17px;margin:4px 0 10px}h3{font-size:13px;margin:16px 0 6px;text-transform:uppercase;letter-spacing:.05em;
color:var(--soft)}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:3px 14px 3px 0;
overflow-wrap:anywhere;border-bottom:1px solid #eef1f6}
th{width:9em;font-weight:500;color:var(--soft)}
.files td:last-child{width:1%;white-space:nowrap;color:var(--soft);padding-right:0}
details{margin-top:14px}summary{cursor:pointer;font-weight:600}
pre{background:#f4f6fa;border:1px solid var(--line);border-radius:8px;padding:10px;white-space:pre-wrap;
overflow-wrap:anywhere}
ul{margin:6px 0;padding-left:20px}
@media(max-width:1100px){.files td:last-child{white-space:normal;width:50%}}
@media print{body,main{display:block;height:auto}.graph,.panel{overflow:visible}section{display:block}}
"""
