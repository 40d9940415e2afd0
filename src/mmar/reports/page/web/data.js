// The data of a report: items and runs as columns, texts in blocks that are inflated when they are looked at.

import { inflate, readBytes, readJson } from './base.js';

/**
 * @typedef {object} Accuracy
 * @property {number} correct
 * @property {number} accuracy percent
 * @property {[number, number] | null} interval
 * @property {{interval: [number, number], clusters: number}} [clustered]
 *
 * @typedef {object} Group
 * @property {number} n
 * @property {Accuracy} official
 * @property {Accuracy} choice
 * @property {number} chance
 * @property {Group} [asked]
 *
 * @typedef {object} Score what `mmar score --json` prints
 * @property {number} n
 * @property {string} signature
 * @property {{official: Accuracy, choice: Accuracy}} scores
 * @property {number} chance
 * @property {Record<string, number>} states
 * @property {number} letters
 * @property {number} cut_off
 * @property {Record<string, number>} unread
 * @property {Record<string, {low: number, high: number}>} bounds
 * @property {Record<string, Record<string, Group>>} groups
 * @property {string[]} notes
 * @property {Group} [asked]
 * @property {any} [rotations]
 * @property {any} [repeats]
 * @property {any} [sample]
 *
 * @typedef {object} Run
 * @property {string} key
 * @property {string} label letter in the comparison, as the command line prints it
 * @property {number} number place among the runs, from 1; the page numbers them, since letters are choices
 * @property {string} name
 * @property {string} file
 * @property {boolean} isRun
 * @property {string} condition
 * @property {string} protocol
 * @property {number | null} maxTokens
 * @property {boolean} finished
 * @property {Score} score
 * @property {any} speed
 * @property {any[]} rubrics
 * @property {string} states
 * @property {string} picks
 * @property {string} verdicts
 * @property {string} cut
 * @property {string} steady empty where no item was asked more than once
 * @property {string} rules
 * @property {string[]} ruleNames
 * @property {string} shapes
 * @property {string[]} shapeNames
 *
 * @typedef {object} Items
 * @property {Record<string, string[]>} names
 * @property {string[]} id
 * @property {string[]} question
 * @property {string[][]} choices
 * @property {number[]} key
 * @property {number[]} modality
 * @property {number[]} category
 * @property {number[]} sub
 * @property {number[]} language
 * @property {number[][]} clips
 *
 * @typedef {object} Core
 * @property {string} made
 * @property {any} benchmark
 * @property {Items} items
 * @property {{file: string[], picture: string[], seconds: number[], problem: string[]}} clips
 * @property {'copy' | 'link' | 'none'} audio
 * @property {Run[]} runs
 * @property {any[]} reliances
 * @property {string[]} notes
 * @property {{each: number, limit: number, cut: number}} texts
 * @property {'inline' | 'files' | 'none'} textMode
 *
 * @typedef {'modality' | 'category' | 'sub' | 'language'} Dimension
 */

/** @type {Core} */
export let core;

/** @type {Uint8Array} */
let peakBytes;

/** @type {Map<string, number>} */
const places = new Map();

/** @type {string[]} */
let searched = [];

/** @type {any} */
let compared;

const PEAKS = 120;
const OFFICIAL = 1;
const CHOICE = 2;

export async function load() {
  [core, peakBytes] = await Promise.all([readJson('core'), readBytes('peaks')]);
  core.runs.forEach((run, place) => (run.number = place + 1));
  core.items.id.forEach((id, place) => places.set(id, place));
  searched = core.items.id.map((id, place) =>
    [id, core.items.question[place], ...core.items.choices[place]].join('\n').toLowerCase(),
  );
}

export async function comparison() {
  compared ??= await readJson('compare');
  return compared;
}

/** @param {string | null} id */
export function placeOf(id) {
  return id === null ? undefined : places.get(id);
}

/** @param {string | null} key */
export function runOf(key) {
  return core.runs.find((run) => run.key === key);
}

/**
 * @param {Run} run
 * @param {number} place
 */
export function isRight(run, place) {
  return (run.verdicts.charCodeAt(place) & CHOICE) > 0;
}

/**
 * @param {Run} run
 * @param {number} place
 */
export function isOfficiallyRight(run, place) {
  return (run.verdicts.charCodeAt(place) & OFFICIAL) > 0;
}

/** @param {number} place whether every run was asked this item, so that runs can be compared on it */
export function isShared(place) {
  return core.runs.every((run) => run.states[place] !== 'm');
}

/**
 * The rule by which an answer was read.
 * @param {Run} run
 * @param {number} place
 */
export function ruleOf(run, place) {
  return run.ruleNames[run.rules.charCodeAt(place) - 65] ?? '';
}

/**
 * The group of an answer that names no choice.
 * @param {Run} run
 * @param {number} place
 */
export function shapeOf(run, place) {
  return run.shapeNames[run.shapes.charCodeAt(place) - 65] ?? '';
}

/**
 * @param {Dimension} dimension
 * @param {number} place
 */
export function groupOf(dimension, place) {
  return core.items.names[dimension][core.items[dimension][place]] ?? '';
}

/** @param {number} place the item's language as HTML names it */
export function languageOf(place) {
  const code = groupOf('language', place).split('|')[0].trim().toLowerCase();
  return /^[a-z]{2,3}$/.test(code) ? (code === 'kr' ? 'ko' : code) : 'und';
}

/**
 * The clips of an item.
 * @param {number} place
 * @returns {import('./player.js').Sound[]}
 */
export function soundsOf(place) {
  return core.items.clips[place].map((clip) => ({
    file: core.clips.file[clip] || null,
    picture: core.clips.picture[clip] || null,
    seconds: core.clips.seconds[clip],
    peaks: peakBytes.subarray(clip * PEAKS, (clip + 1) * PEAKS),
    problem: core.clips.problem[clip],
  }));
}

/**
 * Whether at least half of three or more runs name one same wrong choice.
 * @param {number} place
 */
export function isDisputed(place) {
  if (core.runs.length < 3) return false;
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const run of core.runs) {
    const pick = run.picks[place];
    if (pick !== '-' && !isRight(run, place)) counts.set(pick, (counts.get(pick) || 0) + 1);
  }
  return Math.max(0, ...counts.values()) * 2 >= core.runs.length;
}

// Blocks of texts: the page holds them, or files beside it, which say what they hold by calling `mmarTexts`.

/** @type {Map<number, Promise<any[]>>} */
const blocks = new Map();
const MOST_BLOCKS = 8;

/** @type {Map<number, (text: string) => void>} */
const awaited = new Map();
Object.assign(window, {
  /** @type {(number: number, text: string) => void} */
  mmarTexts: (number, text) => awaited.get(number)?.(text),
});

/**
 * @param {number} number
 * @returns {Promise<any[]>}
 */
async function readBlock(number) {
  if (core.textMode === 'inline') return withLines(await readJson(`t${number}`));
  const script = document.createElement('script');
  const text = await new Promise((resolve, reject) => {
    awaited.set(number, resolve);
    script.onerror = () => reject(new Error('missing'));
    script.src = `texts/${String(number).padStart(3, '0')}.js`;
    document.head.append(script);
  });
  awaited.delete(number);
  script.remove();
  return JSON.parse(new TextDecoder().decode(await inflate(String(text))));
}

/**
 * @param {number} number
 * @returns {Promise<any[]>}
 */
function textBlock(number) {
  const known = blocks.get(number);
  if (known) return known;
  if (blocks.size >= MOST_BLOCKS) blocks.delete([...blocks.keys()][0]);
  const block = readBlock(number);
  block.catch(() => blocks.delete(number));
  blocks.set(number, block);
  return block;
}

/**
 * What the page knows of an item besides its columns; null where texts were left out or their file is missing.
 * @param {number} place
 * @returns {Promise<any>}
 */
export async function textsOf(place) {
  if (core.textMode === 'none') return null;
  try {
    return (await textBlock(Math.floor(place / core.texts.each)))[place % core.texts.each];
  } catch {
    return null;
  }
}

/** @type {Promise<string[]> | null} */
let sharedLines = null;

/**
 * The records of a block with their texts whole: lines that many texts share stand once in the page.
 * @param {any[]} records
 */
async function withLines(records) {
  sharedLines ??= readJson('lines').then((lines) => lines ?? []);
  const lines = await sharedLines;
  for (const record of records) {
    for (const said of Object.values(record.runs || {})) {
      for (const name of ['answer', 'thinking']) {
        const text = said?.[name];
        if (text?.lines) {
          said[name] = text.lines
            .map((/** @type {any} */ line) => (typeof line === 'number' ? lines[line] : line))
            .join('\n');
        }
      }
    }
  }
  return records;
}

/** @param {string | (string | number)[] | undefined} text */
function plain(text) {
  return Array.isArray(text) ? text.filter((piece) => typeof piece === 'string').join('\n') : text || '';
}

/** @type {Map<number, Promise<string[]>>} */
const searchedBlocks = new Map();

/**
 * What the runs answered to the items of a block, in lower case; read once.
 * @param {number} number
 */
function searchedBlock(number) {
  const known = searchedBlocks.get(number);
  if (known) return known;
  const texts = readBlock(number).then((records) =>
    records.map((record) =>
      Object.values(record.runs || {})
        .map((each) => (each ? `${plain(each.answer)}\n${plain(each.thinking)}` : ''))
        .join('\n')
        .toLowerCase(),
    ),
  );
  texts.catch(() => searchedBlocks.delete(number));
  searchedBlocks.set(number, texts);
  return texts;
}

function blockNumbers() {
  return [...Array(Math.ceil(core.items.id.length / core.texts.each)).keys()];
}

/** Everything that the runs answered, by item, in lower case. */
export async function answerTexts() {
  return (await Promise.all(blockNumbers().map(searchedBlock))).flat();
}

let preparing = false;

/**
 * Read what the runs answered while the page has nothing else to do, block by block, so that the first search in it
 * need not wait. A block that cannot be read is left to the search, which says so.
 */
export async function prepareAnswers() {
  if (preparing || core.textMode === 'none' || !core.runs.length) return;
  preparing = true;
  const idle = window.requestIdleCallback ?? ((/** @type {() => void} */ call) => setTimeout(call, 50));
  for (const number of blockNumbers()) {
    await new Promise((resolve) => idle(() => resolve(null)));
    await searchedBlock(number).catch(() => undefined);
  }
}

/**
 * @param {number} place
 * @param {string} words in lower case
 */
export function mentions(place, words) {
  return searched[place].includes(words);
}
