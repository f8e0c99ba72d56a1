// Run by test_channel_shuffle_replay.py: the front end's formulas against what Python measured on real modules.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

const { permutation, reached } = await import(process.env.MODULE);
const cases = JSON.parse(await readFile(process.env.FIXTURE, "utf8"));

for (const { c, g, order, first, second, from, reach } of cases) {
  test(`C = ${c}, g = ${g}, ${order}`, () => {
    if (order in { paper: 1, inverse: 1 }) assert.deepEqual(permutation(c, g, order), from);
    assert.deepEqual(from.map((_, output) => reached({ from, first, second }, output)), reach);
  });
}
