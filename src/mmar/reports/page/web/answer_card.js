// What one run answered to an item: verdicts with their reasons, the words that were read, thinking, further answers.

import { counted, el, fixed, letter } from './base.js';
import { core, isOfficiallyRight, isRight, ruleOf } from './data.js';
import { standing } from './marks.js';
import { officialReason, readingReason } from './reasons.js';
import { addPhrases, t } from './words.js';

/** @typedef {import('./data.js').Run} Run */

addPhrases({
  choiceIs: ['choice: {state}', '选项：{state}'],
  officialIs: ['official: {state}', '官方：{state}'],
  readBy: ['Read by {rule}: {why}', '判读规则 {rule}：{why}'],
  officialWhy: ['Official: {why}', '官方：{why}'],
  wordsRead: ['Read by the rule {rule}', '由规则 {rule} 判读'],
  thinking: ['Thinking, {n} characters', '思考，{n} 字符'],
  leftOut: ['… {n} characters left out …', '……省略 {n} 字符……'],
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
  further: [
    'Other orders and repeats ({n}), letters of the published order',
    '其他顺序与重复（{n}），字母按发布顺序',
  ],
  orderAndRepeat: ['order {order}, answer {repeat}', '顺序 {order}，第 {repeat} 次'],
});

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
export function card(run, place, texts) {
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

/** Fold or unfold the thinking of all answers. */
export function toggleThinking() {
  const all = /** @type {NodeListOf<HTMLDetailsElement>} */ (document.querySelectorAll('details.thinking'));
  const open = [...all].some((each) => !each.open);
  for (const each of all) each.open = open;
}
