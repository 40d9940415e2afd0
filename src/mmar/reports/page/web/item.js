// One item: its clip, its question, who chose what, and each run's answer with the words that were read.

import { card } from './answer_card.js';
import { counted, el, letter, nearest } from './base.js';
import { go, link, state } from './address.js';
import { core, groupOf, isDisputed, languageOf, placeOf, soundsOf, textsOf } from './data.js';
import { runA, runB } from './filter.js';
import { listed, move, position, refresh } from './items.js';
import { isBlind } from './marks.js';
import { clipPlayer } from './player.js';
import { addPhrases, t } from './words.js';

/** @typedef {import('./data.js').Run} Run */

addPhrases({
  backToList: ['List', '列表'],
  previous: ['Previous', '上一题'],
  next: ['Next', '下一题'],
  placeIn: ['{k} of {n}', '第 {k} 题，共 {n} 题'],
  outside: ['not in the list of these filters', '不在当前筛选结果中'],
  copyId: ['Copy id', '复制 id'],
  source: ['Source', '来源'],
  key: ['key', '答案'],
  reference: ['Reference answer', '参考答案'],
  withheld: ['The publisher withholds the answer.', '发布者未公开答案。'],
  chose: ['Who chose it', '选择者'],
  disputedKey: ['The key is disputed: {why}', '答案存疑：{why}'],
  disputedRuns: ['Half of the runs or more name one same other choice.', '半数以上运行选择了同一个其他选项。'],
  asked: ['Request as sent', '实际请求'],
  clipHere: ['(the clip stands here)', '（此处为音频）'],
  referenceThinking: ['Reference reasoning', '参考推理'],
  cues: ['What can be heard', '可听线索'],
  rubric: ['Rubric', '评分细则'],
  answers: ['Answers', '回答'],
  allRuns: ['all runs', '全部运行'],
  onlyAB: ['A and B only', '仅 A 与 B'],
});

/** @type {import('./player.js').Player[]} */
let players = [];

/** @type {string} the item whose key was shown in blind mode */
let revealed = '';

/** Stop what is playing, as when the view changes. */
export function silence() {
  for (const player of players) player.stop();
  players = [];
}

/** The first player of the view. */
export function firstPlayer() {
  return players[0];
}

/**
 * The players of an item's clips; without a clip, what is known of its source.
 * @param {number} place
 */
export function soundPlayers(place) {
  silence();
  players = soundsOf(place).map(clipPlayer);
  return players.length
    ? players.map((player) => player.element)
    : [clipPlayer({ file: null, picture: null, seconds: null, peaks: null, problem: '' }).element];
}

/** @param {HTMLElement} main */
export async function drawItem(main) {
  const id = state().get('i') || '';
  const place = placeOf(id);
  await refresh();
  if (place === undefined) {
    const known = nearest(id, core.items.id).join(', ');
    main.append(el('p', { class: 'problem', role: 'alert' }, t('noItem', { name: id.slice(0, 80), known })));
    return;
  }
  const hidden = isBlind() && revealed !== id;
  const texts = await textsOf(place);
  const about = texts?.about ?? {};
  const players = el('div', {}, ...soundPlayers(place));
  const shownRuns = cardRuns();
  main.append(
    placeBar(place, about),
    players,
    el('h2', { class: 'told question', lang: languageOf(place), dir: 'auto' }, core.items.question[place]),
    choiceTable(place, hidden),
    about.answer && !hidden ? el('p', {}, `${t('reference')}: `, el('span', { class: 'told' }, about.answer)) : '',
    hidden
      ? el('p', {}, el('button', { id: 'reveal', onclick: () => show(main, id) }, t('reveal')))
      : dispute(place, about),
    hidden || !core.runs.length
      ? ''
      : el(
          'section',
          {},
          el('div', { class: 'bar' }, el('h2', {}, t('answers')), core.runs.length > 2 && cardsButton()),
          el('div', { class: 'cards' }, ...shownRuns.map((run) => card(run, place, texts))),
        ),
    ...(hidden ? [] : reference(about)),
    ...(hidden ? [] : requests(texts)),
  );
  const time = Number(state().get('t'));
  if (time > 0) firstPlayer()?.seek(time);
}

/**
 * @param {HTMLElement} main
 * @param {string} id
 */
async function show(main, id) {
  revealed = id;
  main.replaceChildren();
  await drawItem(main);
  main.focus();
}

function cardRuns() {
  const { runs } = core;
  const chosen = [runA(), runB()].filter((run, at, both) => run && both.indexOf(run) === at);
  const all = state().get('cards') === 'all' || (state().get('cards') !== 'ab' && runs.length <= 12);
  return all ? [...chosen, ...runs.filter((run) => !chosen.includes(run))] : chosen;
}

function cardsButton() {
  const all = cardRuns().length > 2;
  return el('button', { onclick: () => go({ cards: all ? 'ab' : 'all' }) }, t(all ? 'onlyAB' : 'allRuns'));
}

/**
 * @param {number} place
 * @param {any} about
 */
function placeBar(place, about) {
  const at = position();
  const known = listed[at] === place;
  const groups = ['modality', 'category', 'sub', 'language'].map((name) =>
    groupOf(/** @type {'sub'} */ (name), place),
  );
  const id = core.items.id[place];
  return el(
    'div',
    { class: 'bar place' },
    el('a', { href: link({ v: 'items', t: null }) }, `← ${t('backToList')}`),
    el('button', { onclick: () => move(-1), disabled: !known || at === 0 }, `‹ ${t('previous')}`),
    el('button', { onclick: () => move(1), disabled: !known || at + 1 >= listed.length }, `${t('next')} ›`),
    el(
      'span',
      { role: 'status' },
      known ? t('placeIn', { k: counted(at + 1), n: counted(listed.length) }) : t('outside'),
    ),
    el('span', { class: 'quiet' }, groups.filter(Boolean).join(' · ')),
    el('code', { class: 'mono told' }, id),
    el('button', { class: 'plain small', onclick: () => void navigator.clipboard?.writeText(id) }, t('copyId')),
    ...(about.urls ?? []).map((/** @type {string} */ url) => sourceLink(url, about)),
    !about.urls && about.source && el('small', { class: 'quiet' }, `${t('source')}: ${about.source}`),
  );
}

/**
 * @param {string} url
 * @param {any} about
 */
function sourceLink(url, about) {
  const text = `${t('source')}: ${url}${about.timestamp ? ` (${about.timestamp})` : ''}`;
  if (!/^https?:\/\//i.test(url)) return el('small', {}, text);
  return el('a', { href: url, rel: 'noreferrer noopener', target: '_blank', class: 'small' }, text);
}

/**
 * @param {number} place
 * @param {boolean} hidden
 */
function choiceTable(place, hidden) {
  const key = core.items.key[place];
  const choices = core.items.choices[place];
  const rows = choices.map((choice, at) => {
    const isKey = !hidden && choice === choices[key];
    const chosen = hidden ? [] : core.runs.filter((run) => run.picks[place] === letter(at));
    return el(
      'tr',
      { class: isKey && 'key' },
      el('th', { scope: 'row' }, letter(at)),
      el(
        'td',
        {},
        el('span', { class: 'told', lang: languageOf(place), dir: 'auto' }, choice || '–'),
        isKey && el('span', { class: 'tag is-right key-tag' }, `✓ ${t('key')}`),
      ),
      core.runs.length > 0 &&
        el(
          'td',
          { class: 'who', 'aria-label': t('chose') },
          ...chosen.map((run) =>
            el('span', { class: `tag ${isKey ? 'is-right' : 'is-wrong'}`, title: run.name }, shortName(run)),
          ),
        ),
    );
  });
  return el('table', { class: 'choices' }, el('tbody', {}, ...rows));
}

/** @param {Run} run the whole name where there is room, else its number */
function shortName(run) {
  return core.runs.length > 6 || window.innerWidth < 760 ? String(run.number) : run.name;
}

/**
 * @param {number} place
 * @param {any} about
 */
function dispute(place, about) {
  if (core.items.key[place] < 0 && !about.answer) return el('p', { class: 'quiet' }, t('withheld'));
  if (about.dispute) return el('p', { class: 'tag is-open' }, t('disputedKey', { why: about.dispute }));
  return isDisputed(place) ? el('p', { class: 'tag is-open' }, t('disputedRuns')) : '';
}

/**
 * @param {any} about
 * @returns {Node[]}
 */
function reference(about) {
  const parts = [];
  if (about.thinking) {
    parts.push(
      el('details', {}, el('summary', {}, t('referenceThinking')), el('p', { class: 'told' }, about.thinking)),
    );
  }
  if (about.cue) {
    const cues = about.cue.map((/** @type {string} */ cue) => el('li', { class: 'told' }, cue));
    parts.push(el('details', {}, el('summary', {}, t('cues')), el('ul', {}, ...cues)));
  }
  if (about.rubric) {
    const criteria = about.rubric.map((/** @type {any} */ each) =>
      el('li', { class: 'told' }, el('strong', {}, each.name), `: ${each.scoring_point}`),
    );
    parts.push(el('details', {}, el('summary', {}, t('rubric')), el('ul', {}, ...criteria)));
  }
  return parts;
}

/**
 * @param {any} texts
 * @returns {Node[]}
 */
export function requests(texts) {
  return Object.entries(texts?.prompts ?? {}).map(([label, messages]) =>
    el(
      'details',
      { class: 'request' },
      el('summary', {}, `${t('asked')}: ${label}`),
      ...messages.map((/** @type {[string, string, string]} */ [role, text, clip]) =>
        el(
          'div',
          {},
          el('p', { class: 'quiet small' }, role),
          clip === 'before' && el('p', { class: 'quiet small' }, t('clipHere')),
          el('p', { class: 'told mono' }, text),
          clip === 'after' && el('p', { class: 'quiet small' }, t('clipHere')),
        ),
      ),
    ),
  );
}
