// Evaluates recurrence rules with the JavaScript evaluators of requirements/rules, for test_rules_agree.py.
//
// Arguments: the folder that holds node_modules. Reads one rule a line, as JSON: {evaluator, text, anchor, last}, dates
// as YYYY-MM-DD. Writes one line for each: the dates from anchor to last as a list, or {error}.
"use strict";

const { createRequire } = require("node:module");
const { createInterface } = require("node:readline");

const installed = createRequire(`${process.argv[2]}/`);
const compact = (day) => day.replaceAll("-", "");

function readRruleTemporal() {
  const { RRuleTemporal } = installed("rrule-temporal");
  return ({ text, anchor, last }) => {
    const start = `DTSTART:${compact(anchor)}T000000Z`;
    const rule = new RRuleTemporal({ rruleString: `${start}\nRRULE:${text};UNTIL=${compact(last)}T000000Z` });
    return rule.all().map((at) => at.toString().slice(0, 10));
  };
}

function readIcal() {
  const library = installed("ical.js");
  const ICAL = library.default ?? library;
  return ({ text, anchor, last }) => {
    const rule = ICAL.Recur.fromString(`${text};UNTIL=${compact(last)}`);
    const dates = rule.iterator(ICAL.Time.fromDateString(anchor));
    const found = [];
    for (let day = dates.next(); day && day.toString() <= last; day = dates.next()) found.push(day.toString());
    return found;
  };
}

const evaluators = { "rrule-temporal": readRruleTemporal(), "ical.js": readIcal() };

async function main() {
  for await (const line of createInterface({ input: process.stdin })) {
    const rule = JSON.parse(line);
    let answer;
    try {
      answer = evaluators[rule.evaluator](rule);
    } catch (error) {
      answer = { error: String(error).slice(0, 200) };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
}

main();
