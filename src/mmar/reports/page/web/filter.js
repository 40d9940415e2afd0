// Which items a view shows: the filters of the address, each with its own check and an error for what it does not know.

import { nearest } from './base.js';
import { state } from './address.js';
import {
  answerTexts,
  core,
  groupOf,
  isDisputed,
  isOfficiallyRight,
  isRight,
  isShared,
  mentions,
  runOf,
  ruleOf,
  shapeOf,
} from './data.js';
import { t } from './words.js';

/** @typedef {import('./data.js').Run} Run */

/** @typedef {(place: number, a: Run, b: Run) => boolean} Check */

/** @type {Record<string, {runs: number, check: Check}>} by name, with the number of runs that it needs */
export const SHOWS = {
  right: { runs: 1, check: (i, a) => isRight(a, i) },
  wrong: { runs: 1, check: (i, a) => a.states[i] === 'c' && !isRight(a, i) },
  unresolved: { runs: 1, check: (i, a) => a.states[i] === 'u' },
  refused: { runs: 1, check: (i, a) => a.states[i] === 'r' },
  failed: { runs: 1, check: (i, a) => a.states[i] === 'f' },
  missing: { runs: 1, check: (i, a) => a.states[i] === 'm' },
  cut: { runs: 1, check: (i, a) => a.cut[i] === '1' },
  unsteady: { runs: 1, check: (i, a) => a.steady[i] === '0' },
  scorers: { runs: 1, check: (i, a) => isOfficiallyRight(a, i) !== isRight(a, i) },
  'official-only': { runs: 1, check: (i, a) => isOfficiallyRight(a, i) && !isRight(a, i) },
  'choice-only': { runs: 1, check: (i, a) => isRight(a, i) && !isOfficiallyRight(a, i) },
  differ: { runs: 2, check: (i, a, b) => isShared(i) && isRight(a, i) !== isRight(b, i) },
  'only-a': { runs: 2, check: (i, a, b) => isShared(i) && isRight(a, i) && !isRight(b, i) },
  'only-b': { runs: 2, check: (i, a, b) => isShared(i) && isRight(b, i) && !isRight(a, i) },
  both: { runs: 2, check: (i, a, b) => isShared(i) && isRight(a, i) && isRight(b, i) },
  neither: { runs: 2, check: (i, a, b) => isShared(i) && !isRight(a, i) && !isRight(b, i) },
  nobody: { runs: 2, check: (i) => !core.runs.some((run) => isRight(run, i)) },
  everybody: { runs: 2, check: (i) => core.runs.every((run) => isRight(run, i)) },
  disputed: { runs: 3, check: (i) => isDisputed(i) },
};

/** @type {Record<string, import('./data.js').Dimension>} */
export const GROUPS = { mod: 'modality', cat: 'category', sub: 'sub', lang: 'language' };

/** Run A of the address, or the first. */
export function runA() {
  return runOf(state().get('a')) ?? core.runs[0];
}

/** Run B of the address, or the first that is not A. */
export function runB() {
  const chosen = runOf(state().get('b'));
  const a = runA();
  return chosen && chosen !== a ? chosen : (core.runs.find((run) => run !== a) ?? a);
}

/** What the address asks for that the page does not have, one sentence each. */
export function problems() {
  const parts = state();
  const sentences = [];
  const unknown = (/** @type {string} */ what, /** @type {string} */ name, /** @type {string[]} */ known) =>
    sentences.push(t('unknown', { what, name: name.slice(0, 80), known: nearest(name, known).join(', ') || '–' }));
  for (const name of ['a', 'b']) {
    const key = parts.get(name);
    if (key && !runOf(key)) {
      unknown(
        t('run'),
        key,
        core.runs.map((run) => `${run.key} (${run.name})`),
      );
    }
  }
  const show = parts.get('show');
  if (show && !SHOWS[show]) unknown(t('filter'), show, Object.keys(SHOWS));
  else if (show && SHOWS[show].runs > core.runs.length) sentences.push(t('fewRuns', { name: show }));
  for (const [name, dimension] of Object.entries(GROUPS)) {
    const value = parts.get(name);
    if (value && !core.items.names[dimension].includes(value)) {
      unknown(t(dimension), value, core.items.names[dimension]);
    }
  }
  for (const [name, known] of /** @type {[string, string[]][]} */ ([
    ['rule', core.runs.flatMap((run) => run.ruleNames)],
    ['shape', core.runs.flatMap((run) => run.shapeNames)],
  ])) {
    const value = parts.get(name);
    if (value && !known.includes(value)) unknown(t(name), value, [...new Set(known)]);
  }
  return sentences;
}

/**
 * The places of the items that the address asks for; none where it asks for what the page does not have.
 * @returns {Promise<number[]>}
 */
export async function filtered() {
  if (problems().length) return [];
  const parts = state();
  const show = SHOWS[parts.get('show') || ''];
  const words = (parts.get('q') || '').trim().toLowerCase();
  const answers = words && parts.get('in') === 'answers' && core.textMode !== 'none' ? await answerTexts() : null;
  const [a, b] = [runA(), runB()];
  const [rule, shape] = [parts.get('rule'), parts.get('shape')];
  const groups = Object.entries(GROUPS)
    .filter(([name]) => parts.get(name))
    .map(([name, dimension]) => ({
      column: core.items[dimension],
      wanted: core.items.names[dimension].indexOf(parts.get(name) || ''),
    }));
  /** @type {number[]} */
  const result = [];
  for (let place = 0; place < core.items.id.length; place++) {
    if (groups.some(({ column, wanted }) => column[place] !== wanted)) continue;
    if (show && !show.check(place, a, b)) continue;
    if (rule && ruleOf(a, place) !== rule) continue;
    if (shape && shapeOf(a, place) !== shape) continue;
    if (words && !mentions(place, words) && !answers?.[place].includes(words)) continue;
    result.push(place);
  }
  return result;
}

/**
 * How many items a run has in a group of states, by two dimensions: what the largest group of them is.
 * @param {Run} run
 * @param {string} states
 */
export function largestGroup(run, states) {
  /** @type {Map<string, {mod: string, cat: string, count: number, n: number}>} */
  const cells = new Map();
  for (let place = 0; place < core.items.id.length; place++) {
    const mod = groupOf('modality', place);
    const cat = groupOf('category', place);
    const cell = cells.get(`${mod}\n${cat}`) ?? { mod, cat, count: 0, n: 0 };
    cells.set(`${mod}\n${cat}`, cell);
    cell.n += 1;
    if (states.includes(run.states[place])) cell.count += 1;
  }
  return [...cells.values()].sort((one, other) => other.count - one.count)[0];
}
