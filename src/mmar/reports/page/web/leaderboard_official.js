// The published scoring rule, as mmar/scoring/official.py has it: golden tests hold the two equal.

/** @param {string} text */
function wordsOf(text) {
  // Python's \w: letters, numbers and the underscore, without marks.
  return new Set(text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) || []);
}

/**
 * Whether the published rule calls a prediction right.
 * @param {string} answer the right choice
 * @param {string} prediction
 * @param {string[]} choices
 */
export function officialMatch(answer, prediction, choices) {
  const present = wordsOf(prediction);
  if (!present.size) return false;
  const wanted = wordsOf(answer);
  for (const word of wanted) if (!present.has(word)) return false;
  for (const choice of choices) {
    for (const word of wordsOf(choice)) if (!wanted.has(word) && present.has(word)) return false;
  }
  return true;
}

/**
 * A problem of a dropped file: the key of a phrase and its values.
 */
export class FileProblem extends Error {
  /**
   * @param {string} key
   * @param {Record<string, string | number>} [values]
   */
  constructor(key, values = {}) {
    super(key);
    this.key = key;
    this.values = values;
  }
}

const PREDICTION_KEYS = ['answer_prediction', 'model_prediction', 'model_output', 'prediction'];

/**
 * @typedef {{n: number, right: number, missing: number, choice: number | null}} FileScore
 * @typedef {{ids: string[], choices: string[][], keys: number[]}} Questions
 */

/**
 * Records of a file: JSON lines, or one array.
 * @param {string} text
 * @returns {[number, any][]} line and record
 */
function recordsOf(text) {
  const start = text.trimStart();
  if (start.startsWith('[')) {
    try {
      return JSON.parse(start).map((/** @type {any} */ record, /** @type {number} */ place) => [place + 1, record]);
    } catch {
      throw new FileProblem('bad_json', { line: 1 });
    }
  }
  /** @type {[number, any][]} */
  const records = [];
  for (const [place, line] of text.split(/\r?\n/).entries()) {
    if (!line.trim()) continue;
    try {
      records.push([place + 1, JSON.parse(line)]);
    } catch {
      throw new FileProblem('bad_json', { line: place + 1 });
    }
  }
  return records;
}

/**
 * Score a predictions file, or the items that `mmar score --items` wrote, which have the choice number too.
 * @param {string} text
 * @param {Questions} questions
 * @returns {FileScore}
 */
export function scoreFile(text, questions) {
  const records = recordsOf(text.replace(/^\ufeff/, ''));
  if (!records.length) throw new FileProblem('no_records');
  const places = new Map(questions.ids.map((id, place) => [id, place]));
  const key = PREDICTION_KEYS.find((name) => records.some(([, record]) => record && name in record));
  if (!key) throw new FileProblem('no_field');
  const seen = new Set();
  let right = 0;
  let answered = 0;
  let chosen = 0;
  let scored = 0;
  for (const [line, record] of records) {
    const id = String(record?.id);
    const place = places.get(id);
    if (place === undefined) throw new FileProblem('bad_id', { line, id });
    if (seen.has(id)) throw new FileProblem('twice', { line, id });
    seen.add(id);
    if (typeof record.choice === 'boolean') {
      scored += 1;
      chosen += Number(record.choice);
    }
    const prediction = record[key];
    if (typeof prediction !== 'string') continue;
    answered += 1;
    const choices = questions.choices[place];
    const answer = choices[questions.keys[place]];
    right += Number(answer !== undefined && officialMatch(answer, prediction, choices));
  }
  const n = questions.ids.length;
  return { n, right, missing: n - answered, choice: scored === n ? chosen : null };
}
