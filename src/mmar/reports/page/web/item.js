// One item: its clip, its question, who chose what, and each run's answer with the words that were read.

import { counted, el, fixed, letter, nearest } from './base.js';
import { go, link, state } from './address.js';
import {
  core,
  groupOf,
  isDisputed,
  isOfficiallyRight,
  isRight,
  languageOf,
  placeOf,
  ruleOf,
  soundsOf,
  textsOf,
} from './data.js';
import { runA, runB } from './filter.js';
import { listed, move, position, refresh } from './items.js';
import { isBlind, standing } from './marks.js';
import { clipPlayer } from './player.js';
import { officialReason, readingReason } from './reasons.js';
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
  choiceIs: ['choice: {state}', '选项：{state}'],
  officialIs: ['official: {state}', '官方：{state}'],
  readBy: ['Read by {rule}: {why}', '判读规则 {rule}：{why}'],
  officialWhy: ['Official: {why}', '官方：{why}'],
  wordsRead: ['Read by the rule {rule}', '由规则 {rule} 判读'],
  thinking: ['Thinking, {n} characters', '思考，{n} 字符'],
  leftOut: ['… {n} characters left out …', '……省略 {n} 字符……'],
  noAnswer: ['No answer came.', '没有回答。'],
  notAsked: ['This item was not asked.', '未提问此题。'],
  emptyAnswer: ['(empty answer)', '（空回答）'],
  noTexts: ['The texts of the answers are not part of this page.', '本页不含回答文本。'],
  record: ['Record', '记录'],
  finish: ['finish reason', '结束原因'],
  seconds: ['seconds', '秒'],
  tokens: ['tokens in, out', '输入、输出 token'],
  caption: ['caption', '描述文本'],
  cutOff: ['cut off at the token limit', '因 token 上限被截断'],
  judged: ['Judged by {judge}: {score}', '{judge} 评分：{score}'],
  notPassed: ['not judged, since the answer is wrong', '答案错误，未评'],
  asked: ['Request as sent', '实际请求'],
  clipHere: ['(the clip stands here)', '（此处为音频）'],
  referenceThinking: ['Reference reasoning', '参考推理'],
  cues: ['What can be heard', '可听线索'],
  rubric: ['Rubric', '评分细则'],
  answers: ['Answers', '回答'],
  allRuns: ['all runs', '全部运行'],
  further: [
    'Other orders and repeats ({n}), letters of the published order',
    '其他顺序与重复（{n}），字母按发布顺序',
  ],
  orderAndRepeat: ['order {order}, answer {repeat}', '顺序 {order}，第 {repeat} 次'],
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
 * A text with the words that were read marked, and a note where characters were left out.
 * @param {string | (string | number)[]} text
 * @param {number[] | undefined} words piece, start, end
 * @param {string} title
 */
function toldText(text, words, title) {
  const pieces = Array.isArray(text) ? text : [text];
  const [marked, start, end] = words ?? [-1, 0, 0];
  return el(
    'p',
    { class: 'told', dir: 'auto' },
    ...pieces.flatMap((piece, at) => {
      if (typeof piece === 'number') return [el('span', { class: 'left-out' }, t('leftOut', { n: counted(piece) }))];
      if (at !== marked) return [piece];
      const read = el('mark', { title }, piece.slice(start, end));
      return [piece.slice(0, start), read, piece.slice(end)];
    }),
  );
}

/**
 * @param {Run} run
 * @param {number} place
 * @param {any} texts
 */
function card(run, place, texts) {
  const { word, mark, look } = standing(run, place);
  const answered = run.states[place] === 'c' ? `${t(word)} (${mark})` : t(word);
  const official = isOfficiallyRight(run, place);
  const rule = ruleOf(run, place);
  const said = texts?.runs?.[run.key];
  const body = el('div', {});
  if (said) body.append(...answerParts(said, rule, place));
  else if (run.states[place] === 'm') body.append(el('p', { class: 'quiet' }, t('notAsked')));
  else body.append(el('p', { class: 'quiet' }, t('noTexts')));
  return el(
    'article',
    { class: 'card', 'data-run': run.key },
    el('h3', {}, el('span', { class: 'quiet' }, run.number, ' '), el('span', { class: 'told' }, run.name)),
    el('span', { class: `tag ${look}`, 'data-verdict': 'choice' }, t('choiceIs', { state: answered })),
    el(
      'span',
      { class: `tag ${official ? 'is-right' : 'is-wrong'}`, 'data-verdict': 'official' },
      t('officialIs', { state: t(official ? 'right' : 'wrong') }),
    ),
    official !== isRight(run, place) && el('span', { class: 'tag is-open' }, '≠'),
    run.cut[place] === '1' && el('span', { class: 'tag is-open' }, t('cutOff')),
    body,
  );
}

/**
 * The answers to the same question in other orders of its choices, or asked again.
 * @param {[number, number, string, string | (string | number)[]][]} answers rotation, repeat, letter, text
 * @param {number} place
 */
function further(answers, place) {
  const key = letter(core.items.key[place]);
  const rows = answers.map(([rotation, repeat, named, text]) =>
    el(
      'div',
      {},
      el('span', { class: `tag ${named === key ? 'is-right' : /[?!]/.test(named) ? 'is-open' : 'is-wrong'}` }, named),
      el('small', { class: 'quiet' }, ` ${t('orderAndRepeat', { order: rotation + 1, repeat: repeat + 1 })}`),
      toldText(text, undefined, ''),
    ),
  );
  const letters = answers.map(([, , named]) => named).join(' ');
  return el(
    'details',
    { class: 'further' },
    el('summary', {}, `${t('further', { n: answers.length })}: ${letters}`),
    ...rows,
  );
}

/**
 * @param {any} said
 * @param {string} rule
 * @param {number} place
 * @returns {Node[]}
 */
function answerParts(said, rule, place) {
  const parts = [
    el('p', { class: 'reason small quiet' }, t('readBy', { rule, why: readingReason(rule, said) })),
    el('p', { class: 'reason small quiet' }, t('officialWhy', { why: officialReason(said) })),
  ];
  if (said.failure) parts.push(el('p', { class: 'told problem' }, said.failure));
  else if (said.answer) parts.push(toldText(said.answer, said.words, t('wordsRead', { rule })));
  else parts.push(el('p', { class: 'quiet' }, t('emptyAnswer')));
  /** @type {Node[]} */
  const folded = [];
  if (said.thinking) {
    const summary = t('thinking', { n: counted(said.thinkingLength) });
    folded.push(
      el('details', { class: 'thinking' }, el('summary', {}, summary), toldText(said.thinking, undefined, '')),
    );
  }
  if (said.again) folded.push(further(said.again, place));
  folded.push(...(said.rubric ?? []).map(votes));
  const facts = [
    ['finish', said.finish],
    ['seconds', said.seconds === undefined ? undefined : fixed(said.seconds, 2)],
    ['tokens', said.tokens && said.tokens.map((/** @type {any} */ count) => count ?? '–').join(', ')],
  ].filter(([, value]) => value !== undefined && value !== null);
  if (facts.length || said.caption) {
    const list = facts.map(([name, value]) => el('li', {}, `${t(String(name))}: ${value}`));
    if (said.caption) list.push(el('li', {}, `${t('caption')}: `, toldText(said.caption, undefined, '')));
    folded.push(el('details', {}, el('summary', {}, t('record')), el('ul', { class: 'small' }, ...list)));
  }
  return [...parts, ...folded];
}

/** @param {any} judged */
function votes(judged) {
  if (!judged.passes) return el('p', { class: 'small quiet' }, `${judged.judge}: ${t('notPassed')}`);
  const score = judged.score === null ? '–' : fixed(judged.score, 2);
  const rows = judged.criteria.map((/** @type {any} */ each) =>
    el(
      'tr',
      {},
      el('th', { scope: 'row', class: 'told' }, each.name),
      el('td', { class: 'nowrap' }, each.scores.join(' ')),
      el('td', { class: 'told small' }, each.reason),
    ),
  );
  return el(
    'details',
    { class: 'votes' },
    el('summary', {}, t('judged', { judge: judged.judge, score })),
    el('table', {}, el('tbody', {}, ...rows)),
  );
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

/** Fold or unfold the thinking of all answers. */
export function toggleThinking() {
  const all = /** @type {NodeListOf<HTMLDetailsElement>} */ (document.querySelectorAll('details.thinking'));
  const open = [...all].some((each) => !each.open);
  for (const each of all) each.open = open;
}
