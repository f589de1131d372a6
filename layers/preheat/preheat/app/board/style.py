"""The style of the board: light and dark, from a phone to a hall. Each colour keeps a readable contrast."""

from typing import Final

STYLE: Final = """
.pb{--ink:#14181f;--dim:#4d5663;--paper:#fff;--line:#c9d0d9;--bad:#a8071a;--warn:#7a4d00;--soon:#0b4f9e;
  --good:#0a5c2b;--calm:#4d5663;--badbg:#fdecee;--warnbg:#fff4dc;--shift:#9fc0ea;--hold:#c4a8ec;
  --lead:#f0d48a;--hosted:#2e9e5b;--bridged:#cfe3d6;--block:#8d949e;--late:#d11a2a;
  font:16px/1.4 system-ui,sans-serif;color:var(--ink);background:var(--paper);padding:1rem;max-width:120rem;
  margin:auto}
@media (prefers-color-scheme:dark){.pb{--ink:#eef1f5;--dim:#aab3bf;--paper:#11151b;--line:#39424e;
  --bad:#ff9aa2;--warn:#ffcf70;--soon:#8fc0ff;--good:#7fe0a3;--calm:#aab3bf;--badbg:#3a1418;--warnbg:#352808;
  --shift:#2f5c94;--hold:#6a479c;--lead:#7d6420;--hosted:#2e9e5b;--bridged:#2c4436;--block:#5a626d;
  --late:#ff4d5e}
}
.pb *{box-sizing:border-box}
.pb h1{font-size:clamp(1.3rem,3vw,2.4rem);margin:0}
.pb h2{font-size:1.2rem;margin:1.2rem 0 .4rem}
.pb .top{display:flex;flex-wrap:wrap;gap:.5rem 2rem;align-items:baseline;justify-content:space-between}
.pb .next{font-size:clamp(1.1rem,2.4vw,2rem);font-weight:600}
.pb .dim{color:var(--dim)}
.pb .figures{display:flex;flex-wrap:wrap;gap:.3rem 2rem;margin:.6rem 0;padding:0;list-style:none}
.pb .figures b{font-size:1.3rem;font-variant-numeric:tabular-nums}
.pb .row{display:grid;grid-template-columns:9rem minmax(8rem,18rem) minmax(9rem,22rem) 1fr;gap:.2rem 1rem;
  align-items:center;border-top:1px solid var(--line);padding:.35rem .3rem;content-visibility:auto;
  contain-intrinsic-size:auto 2.4rem}
.pb .row.trouble{grid-template-columns:minmax(8rem,14rem) minmax(8rem,24rem) 1fr;font-size:1.15em;
  padding:.6rem .4rem}
.pb .row.bad{background:var(--badbg)}
.pb .row.warn{background:var(--warnbg)}
.pb .state{font-weight:700;white-space:nowrap}
.pb .bad .state{color:var(--bad)}
.pb .warn .state{color:var(--warn)}
.pb .soon .state{color:var(--soon)}
.pb .good .state{color:var(--good)}
.pb .calm .state{color:var(--calm)}
.pb .trouble .state{font-size:1.3em}
.pb .name{font-weight:600;overflow-wrap:anywhere}
.pb .why{grid-column:1/-1;overflow-wrap:anywhere}
.pb code{font:.9em ui-monospace,monospace;overflow-wrap:anywhere;user-select:all}
.pb .line{position:relative;height:1.5rem;
  background:linear-gradient(var(--line),var(--line)) 0 50%/100% 1px no-repeat;min-width:8rem}
.pb .row.trouble .line{grid-column:1/-1}
.pb .bar{position:absolute;top:15%;height:70%;border-radius:2px}
.pb .shift{background:var(--shift)}
.pb .hold{background:var(--hold)}
.pb .lead{background:var(--lead);top:35%;height:30%}
.pb .bridged{background:var(--bridged)}
.pb .hosted{background:var(--hosted);top:72%;height:28%}
.pb .late{background:var(--late);top:0;height:100%}
.pb .block{background:repeating-linear-gradient(45deg,var(--block) 0 4px,transparent 4px 8px);top:0;
  height:100%}
.pb .now{position:absolute;top:0;bottom:0;width:2px;background:var(--ink)}
.pb .hours{position:relative;height:1.2rem;font-size:.8rem}
.pb .hours span{position:absolute;transform:translateX(-50%);color:var(--dim)}
.pb .legend{display:flex;flex-wrap:wrap;gap:.3rem 1rem;padding:0;list-style:none;font-size:.85rem}
.pb .legend i{display:inline-block;position:static;width:1.6rem;height:.8rem;margin-right:.3rem;
  vertical-align:middle}
.pb summary{cursor:pointer;padding:.3rem 0;font-weight:600}
.pb summary:focus-visible,.pb input:focus-visible{outline:3px solid var(--soon)}
.pb .empty{padding:.5rem 0}
@media (max-width:46rem){.pb{padding:.6rem}
.pb .row,.pb .row.trouble{grid-template-columns:auto 1fr}
.pb .row .when,.pb .row .line{grid-column:1/-1}
.pb .hours{display:none}
}
"""
