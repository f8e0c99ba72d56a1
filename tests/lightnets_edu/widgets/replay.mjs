// Run by replay.py: a module's exported functions against what Python says of the same arguments.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

const module = await import(process.env.MODULE);
const calls = JSON.parse(await readFile(process.env.CALLS, "utf8"));

/** Whole numbers, texts and shapes equal; other numbers to 1e-9 of their size. */
function agree(found, expected, where) {
  if (typeof expected === "number" && typeof found === "number" && !Number.isInteger(expected)) {
    assert.ok(Math.abs(found - expected) <= 1e-9 * Math.max(1, Math.abs(expected)), `${where}: ${found}, not ${expected}`);
  } else if (expected && typeof expected === "object") {
    assert.deepEqual(Object.keys(found ?? {}), Object.keys(expected), where);
    for (const key of Object.keys(expected)) agree(found[key], expected[key], `${where}.${key}`);
  } else {
    assert.deepEqual(found, expected, where);
  }
}

const faults = [];
for (const [number, { name, args, gives }] of calls.entries()) {
  try {
    agree(module[name](...args), gives, name);
  } catch (error) {
    faults.push(`${number} ${name}(${JSON.stringify(args).slice(0, 80)}): ${error.message}`);
  }
}
console.log(JSON.stringify({ passed: calls.length - faults.length, failed: faults.length, first: faults.slice(0, 5) }));
