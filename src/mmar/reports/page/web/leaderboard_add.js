// "Add my run": a file is scored in the page, and its row is shown until the page is closed.

import { counted, el, fixed } from './base.js';
import { t } from './words.js';
import { FileProblem, scoreFile } from './leaderboard_official.js';

/** @typedef {import('./leaderboard_data.js').Board} Board */
/** @typedef {import('./leaderboard_data.js').System} System */
/** @typedef {import('./leaderboard_official.js').FileScore} FileScore */

/** @typedef {{name: string, score: FileScore} | {name: string, problem: FileProblem}} Added */

/**
 * The row of a scored file.
 * @param {Board} board
 * @param {string} name
 * @param {FileScore} score
 * @returns {System}
 */
export function rowOfFile(board, name, score) {
  return {
    id: `file:${name}`,
    name,
    aliases: [],
    kind: 'others',
    number: (100 * score.right) / score.n,
    model_class: '',
    size: '',
    billions: null,
    weights: '',
    hub_id: '',
    thinks: false,
    lowest: null,
    highest: null,
    values: [],
    runs: [],
    mine: true,
  };
}

/**
 * @param {Board} board
 * @param {Added | null} added
 * @param {(added: Added | null) => void} change
 */
export function adder(board, added, change) {
  const items = board.items;
  if (!items)
    return el('section', { class: 'card' }, el('h3', {}, t('add')), el('p', { class: 'quiet' }, t('drop_none')));
  /** @param {File} file */
  const take = async (file) => {
    const text = await file.text();
    try {
      change({ name: file.name, score: scoreFile(text, items) });
    } catch (problem) {
      if (!(problem instanceof FileProblem)) throw problem;
      change({ name: file.name, problem });
    }
  };
  const input = el('input', {
    type: 'file',
    id: 'file',
    accept: '.jsonl,.json',
    onchange: (/** @type {Event} */ event) => {
      const files = /** @type {HTMLInputElement} */ (event.target).files;
      if (files && files[0]) take(files[0]);
    },
  });
  return el(
    'details',
    {
      class: 'card drop',
      open: added !== null || matchMedia('(min-width: 1000px)').matches,
      ondragover: (/** @type {DragEvent} */ event) => event.preventDefault(),
      ondrop: (/** @type {DragEvent} */ event) => {
        event.preventDefault();
        const file = event.dataTransfer?.files[0];
        if (file) take(file);
      },
    },
    el('summary', {}, t('add')),
    el('label', {}, t('drop'), input),
    el('p', { class: 'quiet small' }, t('drop_note')),
    el('div', { role: 'status', id: 'added' }, added ? resultOf(board, added, change) : null),
  );
}

/**
 * @param {Board} board
 * @param {Added} added
 * @param {(added: Added | null) => void} change
 */
function resultOf(board, added, change) {
  if ('problem' in added) {
    return el('p', { class: 'problem' }, `${added.name}: ${t(added.problem.key, added.problem.values)}`);
  }
  const { name, score } = added;
  const values = {
    name,
    value: fixed((100 * score.right) / score.n),
    right: counted(score.right),
    n: counted(score.n),
  };
  const entry = JSON.stringify({
    benchmark: board.benchmark,
    digest: board.digest,
    file: name,
    n: score.n,
    official: { correct: score.right, accuracy: (100 * score.right) / score.n },
    ...(score.choice === null ? {} : { choice: { correct: score.choice, accuracy: (100 * score.choice) / score.n } }),
  });
  const status = el('span', { class: 'quiet small' });
  return el(
    'div',
    {},
    el('p', {}, t('scored', values)),
    score.missing ? el('p', { class: 'small' }, t('scored_missing', { k: counted(score.missing) })) : null,
    score.choice === null
      ? el('p', { class: 'quiet small' }, t('choice_hint'))
      : el('p', {}, t('choice_known', { value: fixed((100 * score.choice) / score.n) })),
    el('textarea', { readonly: true, rows: 3, 'aria-label': t('copy'), id: 'entry' }, entry),
    el(
      'button',
      {
        onclick: () => {
          const area = /** @type {HTMLTextAreaElement} */ (document.getElementById('entry'));
          area.select();
          document.execCommand('copy');
          status.textContent = t('copied');
        },
      },
      t('copy'),
    ),
    ' ',
    el('button', { onclick: () => change(null) }, t('remove')),
    ' ',
    status,
  );
}
