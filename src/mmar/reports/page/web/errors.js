// Error analysis: one wrong answer after another, labelled by a person, and the distribution of the labels.

import { counted, el, readJson } from './base.js';
import { go, link, note, state } from './address.js';
import { addPhrases, language, speak, t } from './words.js';
import { analysisView } from './errors_analysis.js';
import { clipPlayer } from './player.js';
import { readingReason } from './reasons.js';

addPhrases({
  label: ['Label', '标注'],
  analysis: ['Analysis', '分析'],
  places: ['Places', '页面'],
  other_language: ['中文', 'English'],
  who: ['Your name', '你的名字'],
  who_first: ['Enter your name first; labels are kept by name.', '请先填写名字；标注按名字保存。'],
  progress: ['{done} of {all} labelled', '已标注 {done} / {all}'],
  place: ['{at} of {all}', '第 {at} / {all} 个'],
  before: ['Previous', '上一个'],
  next: ['Next', '下一个'],
  next_open: ['Next without label', '下一个未标注'],
  perception: ['perception', '感知'],
  reasoning: ['reasoning', '推理'],
  knowledge: ['knowledge', '知识'],
  instruction: ['instruction following', '遵循指令'],
  other: ['other', '其他'],
  perception_long: ['the sound was heard wrongly, or not at all', '听错或没有听到'],
  reasoning_long: ['heard rightly, concluded wrongly', '听对了但推断错误'],
  knowledge_long: ['a fact from outside the clip was missing or wrong', '缺少或弄错音频之外的知识'],
  instruction_long: ['the question or the form of the answer was not followed', '没有遵循问题或回答格式'],
  other_long: ['anything else, such as a key that is wrong', '其他，例如答案本身有误'],
  kind_question: ['Why is the answer wrong? First kind that explains it.', '为什么错？选择最先能解释的一种。'],
  note: ['Note (optional)', '备注（可选）'],
  answer: ['Answer of the model', '模型的回答'],
  read_as: ['read as: {text}', '读取为：{text}'],
  read_none: ['names no choice', '没有指明选项'],
  thinking: ['Reasoning of the model ({n} characters)', '模型的推理（{n} 字符）'],
  reference: ['Reference reasoning and cues', '参考推理与线索'],
  key: ['key', '答案'],
  source: ['Source', '来源'],
  saved: ['Saved: {kind}', '已保存：{kind}'],
  not_saved: ['Not saved: {problem}', '未保存：{problem}'],
  none: ['There is no wrong answer to label.', '没有需要标注的错误回答。'],
  keys: ['Keys: 1 to 5 label, j and k move, space plays', '按键：1–5 标注，j、k 移动，空格播放'],
});

/**
 * @typedef {{
 *   id: string, question: string, choices: string[], key: number, named: number, state: string, rule: string,
 *   quote: string, why: string, answer: string, thinking: string, reference: string, cues: string[],
 *   modality: string, category: string, url: string
 * }} WrongAnswer
 */

/**
 * @typedef {object} ErrorsData
 * @property {string} title
 * @property {WrongAnswer[]} items
 * @property {Record<string, string>} kinds
 * @property {string} labeller
 * @property {string} token
 * @property {string} signature
 */

/** @type {ErrorsData} */
let core;
/** @type {Record<string, {kind: string, note: string}>} */
let labels = {};
let labeller = '';
let message = '';
/** @type {import('./player.js').Player | null} */
let player = null;
let drawn = -1;

/**
 * @param {string} path
 * @param {RequestInit} [options]
 */
function ask(path, options = {}) {
  return fetch(path, { ...options, headers: { 'X-Token': core.token } });
}

async function loadLabels() {
  labels = labeller ? await (await ask(`labels?labeller=${encodeURIComponent(labeller)}`)).json() : {};
}

function place() {
  const wanted = state().get('i');
  const found = core.items.findIndex((item) => item.id === wanted);
  return Math.max(0, found);
}

/** @param {number} at */
function openItem(at) {
  const bounded = Math.max(0, Math.min(core.items.length - 1, at));
  message = '';
  go({ v: null, i: core.items[bounded].id });
}

/** @param {string} kind */
async function save(kind) {
  const item = core.items[place()];
  if (!labeller) {
    message = t('who_first');
    draw('who');
    return;
  }
  const text = /** @type {HTMLTextAreaElement | null} */ (document.getElementById('note'))?.value || '';
  const body = JSON.stringify({ item: item.id, labeller, kind, note: text });
  try {
    const reply = await ask('label', { method: 'POST', body });
    const said = await reply.json();
    if (!reply.ok) throw new Error(said.error);
    labels[item.id] = { kind, note: text };
    message = t('saved', { kind: t(kind) });
  } catch (problem) {
    message = t('not_saved', { problem: String(problem instanceof Error ? problem.message : problem) });
  }
  draw(`kind-${kind}`);
}

/** @param {string} [focus] */
async function draw(focus) {
  speak(state().get('lang'));
  const view = state().get('v') === 'analysis' ? 'analysis' : 'label';
  const found = view === 'analysis' ? await (await ask('analysis')).json() : null;
  const kept = focus || (document.activeElement instanceof HTMLElement ? document.activeElement.id : '');
  for (const part of document.querySelectorAll('header.top, main')) part.remove();
  document.body.append(
    header(view),
    el('main', { id: 'main', tabindex: -1 }, found ? analysisView(found) : labelView()),
  );
  document.getElementById(kept)?.focus();
  document.documentElement.dataset.ready = view;
}

/** @param {string} view */
function header(view) {
  const done = core.items.filter((item) => item.id in labels).length;
  return el(
    'header',
    { class: 'top' },
    el('h1', {}, core.title),
    el(
      'nav',
      { 'aria-label': t('places') },
      el('a', { href: link({ v: null }), id: 'to-label', 'aria-current': view === 'label' && 'page' }, t('label')),
      el(
        'a',
        { href: link({ v: 'analysis' }), id: 'to-analysis', 'aria-current': view === 'analysis' && 'page' },
        t('analysis'),
      ),
    ),
    el('progress', { max: core.items.length || 1, value: done }),
    el('span', { class: 'quiet', role: 'status', id: 'done' }, t('progress', { done, all: core.items.length })),
    el(
      'div',
      { class: 'tools' },
      el(
        'label',
        {},
        t('who'),
        ' ',
        el('input', {
          id: 'who',
          value: labeller,
          maxlength: 80,
          onchange: async (/** @type {Event} */ event) => {
            labeller = /** @type {HTMLInputElement} */ (event.target).value.trim();
            message = '';
            await loadLabels();
            draw();
          },
        }),
      ),
      el(
        'button',
        {
          id: 'language',
          onclick: () => {
            note({ lang: language() === 'en' ? 'zh' : 'en' });
            draw('language');
          },
        },
        t('other_language'),
      ),
    ),
  );
}

function labelView() {
  if (!core.items.length) return el('p', {}, t('none'));
  const at = place();
  const item = core.items[at];
  const own = labels[item.id];
  return el(
    'div',
    {},
    el(
      'div',
      { class: 'bar' },
      el('button', { id: 'before', onclick: () => openItem(at - 1), disabled: at === 0 }, t('before')),
      el('span', {}, t('place', { at: at + 1, all: core.items.length })),
      el(
        'button',
        { id: 'next', onclick: () => openItem(at + 1), disabled: at === core.items.length - 1 },
        t('next'),
      ),
      el('button', { id: 'open', onclick: nextOpen }, t('next_open')),
      el('span', { class: 'quiet' }, `${item.modality} · ${item.category} · ${item.id}`),
    ),
    playerOf(at),
    el('h2', { class: 'told' }, item.question),
    el(
      'div',
      { class: 'answer-columns' },
      el('div', {}, choicesOf(item), answerOf(item)),
      el(
        'div',
        {},
        el('p', {}, t('kind_question')),
        el(
          'div',
          { class: 'kinds', role: 'group', 'aria-label': t('kind_question') },
          ...Object.keys(core.kinds).map((kind, index) =>
            el(
              'button',
              { id: `kind-${kind}`, 'aria-pressed': String(own?.kind === kind), onclick: () => save(kind) },
              `${index + 1} ${t(kind)} `,
              el('small', { class: 'quiet' }, t(`${kind}_long`)),
            ),
          ),
        ),
        el('label', {}, t('note'), el('textarea', { id: 'note', rows: 2, maxlength: 2000 }, own?.note || '')),
        el('p', { role: 'status', id: 'message' }, message),
        el('p', { class: 'quiet small' }, t('keys')),
      ),
    ),
  );
}

/** @param {WrongAnswer} item */
function choicesOf(item) {
  return el(
    'table',
    { class: 'choices' },
    el(
      'tbody',
      {},
      ...item.choices.map((choice, at) =>
        el(
          'tr',
          { class: at === item.key ? 'key' : at === item.named ? 'picked' : null },
          el('td', {}, String.fromCharCode(65 + at)),
          el('td', { class: 'told' }, choice),
          el('td', {}, at === item.key ? `✓ ${t('key')}` : at === item.named ? '✗' : ''),
        ),
      ),
    ),
  );
}

/** @param {WrongAnswer} item */
function answerOf(item) {
  const read = item.named < 0 ? t('read_none') : t('read_as', { text: item.choices[item.named] });
  return el(
    'div',
    { class: 'card' },
    el('h3', {}, t('answer')),
    el('p', { class: 'told', id: 'answer' }, item.answer),
    el('p', { class: 'quiet small' }, `${read} (${readingReason(item.rule, item)})`),
    item.thinking
      ? el(
          'details',
          {},
          el('summary', {}, t('thinking', { n: counted(item.thinking.length) })),
          el('p', { class: 'told' }, item.thinking),
        )
      : null,
    item.reference || item.cues.length
      ? el(
          'details',
          {},
          el('summary', {}, t('reference')),
          el('p', { class: 'told' }, item.reference),
          el('ul', {}, ...item.cues.map((cue) => el('li', { class: 'told' }, cue))),
        )
      : null,
    item.url ? el('p', { class: 'small' }, `${t('source')}: `, el('span', { class: 'told' }, item.url)) : null,
  );
}

/**
 * The player of an item, kept while only its labels change.
 * @param {number} at
 */
function playerOf(at) {
  if (!player || drawn !== at) {
    player?.stop();
    const token = encodeURIComponent(core.token);
    const holder = el('div', { class: 'player-holder' });
    const file = `clip/${at}?token=${token}`;
    const made = clipPlayer({
      file,
      picture: `picture/${at}?token=${token}`,
      seconds: null,
      peaks: null,
      problem: '',
    });
    holder.append(made.element);
    player = { ...made, element: holder };
    drawn = at;
    ask(`peaks/${at}`).then(async (reply) => {
      if (drawn !== at) return;
      made.stop();
      const peaks = reply.ok ? new Uint8Array(await reply.arrayBuffer()) : null;
      const sound = peaks
        ? { file, picture: `picture/${at}?token=${token}`, seconds: null, peaks, problem: '' }
        : { file: null, picture: null, seconds: null, peaks: null, problem: (await reply.json()).error };
      const whole = clipPlayer(sound);
      holder.replaceChildren(whole.element);
      player = { ...whole, element: holder };
    });
  }
  return player.element;
}

function nextOpen() {
  const at = place();
  const order = [...core.items.keys()].map((step) => (at + 1 + step) % core.items.length);
  const found = order.find((index) => !(core.items[index].id in labels));
  if (found !== undefined) openItem(found);
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  const target = event.target;
  if (event.ctrlKey || event.altKey || event.metaKey || state().get('v') === 'analysis' || !core.items.length) return;
  if (target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement) return;
  const kind = Object.keys(core.kinds)[Number(event.key) - 1];
  if (kind) save(kind);
  else if (event.key === 'j') openItem(place() + 1);
  else if (event.key === 'k') openItem(place() - 1);
  else if (event.key === ' ' && !(target instanceof HTMLButtonElement)) {
    event.preventDefault();
    player?.toggle();
  }
}

async function start() {
  core = await readJson('core');
  labeller = core.labeller;
  await loadLabels();
  addEventListener('hashchange', () => draw());
  addEventListener('keydown', onKey);
  await draw();
}

start();
