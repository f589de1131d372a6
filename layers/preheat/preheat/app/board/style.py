"""The style of the board: light and dark, from a phone to a hall. Each colour keeps a readable contrast."""

from typing import Final

_LIGHT: Final = """--ink:#14181f;--dim:#4a5260;--paper:#fff;--card:#f4f6f9;--line:#c3cad4;--bad:#a8071a;--warn:#7a4d00;
--soon:#0b4f9e;--good:#0a5c2b;--calm:#4a5260;--badbg:#fdecee;--warnbg:#fff4dc;--shift:#a9c8f0;--hold:#c4a8ec;
--lead:#e8b64c;--hosted:#1f8f4d;--bridged:#dbe7f7;--block:#7d858f;--late:#d11a2a"""
_DARK: Final = """--ink:#eef1f5;--dim:#adb6c2;--paper:#11151b;--card:#1a2029;--line:#3a4450;--bad:#ff9aa2;
--warn:#ffcf70;--soon:#8fc0ff;--good:#7fe0a3;--calm:#adb6c2;--badbg:#3a1418;--warnbg:#352808;--shift:#2f5c94;--hold:#6a479c;
--lead:#b98a24;--hosted:#3fbf74;--bridged:#233a57;--block:#6d7681;--late:#ff4d5e"""
STYLE: Final = f"""
.pb{{{_LIGHT};
font:clamp(15px,.5vw + 9px,22px)/1.4 system-ui,sans-serif;color:var(--ink);background:var(--paper);padding:.8rem;
text-align:left}}
@media (prefers-color-scheme:dark){{.pb:not(.light){{{_DARK}}}}}
.pb.dark{{{_DARK}}}
.pb *{{box-sizing:border-box}}
.pb h1,.pb h2,.pb p,.pb ul{{margin:0;padding:0;color:inherit}}
.pb ul{{list-style:none}}
.pb li{{margin:0;padding:0}}
.pb h1{{font-size:1.5em}}
.pb h1 small{{font-size:.75em;font-weight:400;color:var(--dim)}}
.pb h2{{font-size:1.15em;margin:1em 0 .3em}}
.pb .top{{display:flex;flex-wrap:wrap;gap:.2em 1.5em;align-items:baseline;justify-content:space-between}}
.pb .next b{{font-size:1.7em;margin-right:.2em;font-variant-numeric:tabular-nums}}
.pb .next span,.pb .dim{{color:var(--dim)}}
.pb .mode{{margin-top:.5em;padding:.3em .6em;font-weight:700;color:var(--warn);background:var(--warnbg)}}
.pb .old{{visibility:hidden;height:0;overflow:hidden;color:var(--bad);
animation:pb-old 0s 150s forwards}}
@keyframes pb-old{{to{{visibility:visible;height:auto}}}}
.pb .states{{display:flex;flex-wrap:wrap;gap:.4em;margin:.6em 0 .3em;align-items:center}}
.pb .states li{{padding:.15em .6em;border:2px solid currentColor;border-radius:.3em;font-weight:700;white-space:nowrap}}
.pb .states .fails{{font-size:1.6em;color:var(--paper);border-color:transparent}}
.pb .states .bad.fails{{background:var(--bad)}}
.pb .states .warn.fails{{background:var(--warn)}}
.pb .bad{{color:var(--bad)}}.pb .warn{{color:var(--warn)}}.pb .soon{{color:var(--soon)}}
.pb .good{{color:var(--good)}}.pb .calm{{color:var(--calm)}}
.pb .figures{{display:flex;flex-wrap:wrap;gap:.1em 1.6em;color:var(--dim)}}
.pb .figures b{{font-size:1.25em;color:var(--ink);font-variant-numeric:tabular-nums}}
.pb .empty{{padding:.4em 0;font-size:1.2em;font-weight:700}}
.pb .row{{display:grid;grid-template-columns:8.5em minmax(7em,15em) minmax(8em,14em) minmax(12em,1fr);gap:.1em .8em;
align-items:center;border-top:1px solid var(--line);padding:.25em .4em}}
.pb .many .row{{content-visibility:auto;contain-intrinsic-size:auto 2.1em}}
.pb .cards{{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,40em),1fr));gap:.4em .8em}}
.pb .alike{{grid-column:1/-1}}
.pb .row.axis{{border:0;padding-bottom:0}}
.pb .row.axis span:first-child{{grid-column:1/4}}
.pb .state{{font-weight:700;white-space:nowrap}}
.pb .name{{font-weight:600;overflow-wrap:anywhere;color:var(--ink)}}
.pb .when,.pb .why{{color:var(--ink);overflow-wrap:anywhere}}
.pb .row.trouble{{display:flex;flex-wrap:wrap;align-items:baseline;align-content:start;gap:.1em .8em;padding:.5em .7em;
border:0;border-left:.5em solid currentColor;border-radius:.2em}}
.pb .row.trouble.bad{{background:var(--badbg)}}.pb .row.trouble.warn{{background:var(--warnbg)}}
.pb .row.trouble.calm,.pb .row.trouble.good,.pb .row.trouble.soon{{background:var(--card)}}
.pb .trouble .state,.pb .trouble .name{{font-size:1.5em}}
.pb .trouble .when{{font-size:1.15em;font-weight:600;margin-left:auto}}
.pb .trouble .why,.pb .trouble .line{{flex:0 0 100%}}
.pb .todo{{font-weight:600}}
.pb code{{font:.92em ui-monospace,monospace;padding:.05em .35em;border-radius:.2em;color:var(--ink);
background:var(--paper);overflow-wrap:anywhere;user-select:all}}
.pb .line{{position:relative;height:1.5em;overflow:hidden;
background:linear-gradient(var(--line),var(--line)) 0 50%/100% 1px no-repeat}}
.pb .line::after{{content:"";position:absolute;top:0;bottom:0;width:2px;background:var(--ink)}}
.pb .bar{{position:absolute;top:12%;height:76%;border-radius:2px}}
.pb .shift{{background:var(--shift)}}
.pb .bridged{{background:var(--bridged)}}
.pb .hold{{background:var(--hold);top:12%;height:38%}}
.pb .lead{{background:var(--lead);top:36%;height:28%}}
.pb .hosted{{background:var(--hosted);top:70%;height:30%}}
.pb .late{{background:var(--late);top:0;height:34%}}
.pb .block{{background:repeating-linear-gradient(45deg,var(--block) 0 4px,transparent 4px 8px);top:0;height:100%}}
.pb .hours{{position:relative;height:1.1em;font-size:.85em;overflow:hidden}}
.pb .hours span{{position:absolute;right:0;display:flex;flex-wrap:wrap;padding-left:.2em;
border-left:1px solid var(--line);color:var(--dim)}}
.pb .hours span::before{{content:"";width:1px;height:1.4em}}
.pb .hours::after{{content:"";position:absolute;bottom:0;border:.3em solid transparent;border-top-color:var(--ink);
border-bottom:0;transform:translateX(calc(-50% + 1px))}}
.pb summary{{cursor:pointer;padding:.25em .2em;font-weight:600}}
.pb summary span{{font-weight:400;color:var(--dim)}}
.pb summary:focus-visible,.pb .btn:focus-visible{{outline:3px solid var(--soon);outline-offset:1px}}
.pb .legend{{display:flex;flex-wrap:wrap;gap:.2em 1em;margin-top:.8em;font-size:.9em;color:var(--dim)}}
.pb .legend i{{display:inline-block;position:static;width:1.6em;height:.8em;margin-right:.35em;vertical-align:middle}}
.pb .legend .mark{{width:2px;height:1.1em;background:var(--ink)}}
@media (max-width:46rem){{.pb{{padding:.5rem}}
.pb .row{{grid-template-columns:8.5em 1fr}}
.pb .row .when,.pb .row .line{{grid-column:1/-1}}
.pb .trouble .when{{margin-left:0}}
.pb .row.axis{{display:block}}
}}
"""
