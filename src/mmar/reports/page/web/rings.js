// A benchmark as two rings: modalities, and categories with their sub-categories. A part plays its items.

import { counted, el, fixed, letter, svg } from './base.js';
import { go, link, state } from './address.js';
import { core, groupOf, languageOf } from './data.js';
import { filtered } from './filter.js';
import { firstPlayer, silence, soundPlayers } from './item.js';
import { isBlind, itemsLink, itemsText, kept } from './marks.js';
import { addPhrases, t } from './words.js';

addPhrases({
  modalities: ['Modalities', '模态'],
  categories: ['Categories and sub-categories', '层级与子类'],
  ringHint: ['Press a part to hear its items.', '点击任一部分，收听其中的题目。'],
  listening: ['Listening', '收听'],
  listenTo: ['{name}: {k} of {n}', '{name}：第 {k} 题，共 {n} 题'],
  openList: ['Open the list', '打开列表'],
  openItem: ['Open the item', '打开题目'],
  share: ['{name}: {n} items, {percent} %', '{name}：{n} 题，{percent} %'],
  clear: ['All items', '全部题目'],
});

const COLOURS = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#f0e442', '#999999'];

/**
 * @typedef {object} Part
 * @property {string} name
 * @property {number} n
 * @property {string} colour
 * @property {number} opacity
 * @property {import('./address.js').Changes} filters
 */

/**
 * How many items each group has, in the published order.
 * @param {import('./data.js').Dimension} dimension
 * @param {(place: number) => boolean} [within]
 */
function countsOf(dimension, within = () => true) {
  const counts = core.items.names[dimension].map((name) => ({ name, n: 0 }));
  core.items[dimension].forEach((at, place) => {
    if (at >= 0 && within(place)) counts[at].n += 1;
  });
  return counts.filter(({ n }) => n);
}

/**
 * A part of a ring as a path; a whole ring is two halves.
 * @param {number} from turns
 * @param {number} to turns
 * @param {number} inner
 * @param {number} outer
 * @returns {string}
 */
function arc(from, to, inner, outer) {
  if (to - from > 0.999) return `${arc(0, 0.5, inner, outer)} ${arc(0.5, 0.9985, inner, outer)}`;
  const point = (/** @type {number} */ turn, /** @type {number} */ radius) =>
    `${(radius * Math.sin(2 * Math.PI * turn)).toFixed(3)} ${(-radius * Math.cos(2 * Math.PI * turn)).toFixed(3)}`;
  const large = to - from > 0.5 ? 1 : 0;
  return (
    `M ${point(from, outer)} A ${outer} ${outer} 0 ${large} 1 ${point(to, outer)} ` +
    `L ${point(to, inner)} A ${inner} ${inner} 0 ${large} 0 ${point(from, inner)} Z`
  );
}

/**
 * @param {Part[]} parts
 * @param {number} total
 * @param {number} inner
 * @param {number} outer
 */
function ring(parts, total, inner, outer) {
  let turn = 0;
  return parts.map((part) => {
    const from = turn;
    turn += part.n / total;
    const percent = fixed((100 * part.n) / total);
    const label = t('share', { name: part.name, n: counted(part.n), percent });
    return svg(
      'a',
      { href: partLink(part.filters), class: isChosen(part.filters) ? 'part chosen' : 'part', 'aria-label': label },
      svg('title', {}, label),
      svg('path', { d: arc(from, turn, inner, outer), fill: part.colour, 'fill-opacity': part.opacity }),
    );
  });
}

const NONE = { mod: null, cat: null, sub: null, i: null, play: null };

/** @param {import('./address.js').Changes} filters */
function partLink(filters) {
  return link({ v: 'overview', ...NONE, ...filters, play: 1, ...kept() }, true);
}

/** @param {import('./address.js').Changes} filters */
function isChosen(filters) {
  const parts = state();
  return ['mod', 'cat', 'sub'].every((name) => (parts.get(name) ?? undefined) === (filters[name] ?? undefined));
}

/** @param {HTMLElement} main */
export async function drawBrowser(main) {
  const n = core.items.id.length;
  const modalities = countsOf('modality').map(({ name, n: count }, at) => ({
    name,
    n: count,
    colour: COLOURS[at % COLOURS.length],
    opacity: 1,
    filters: { mod: name },
  }));
  /** @type {Part[]} */
  const inner = [];
  /** @type {Part[]} */
  const outer = [];
  countsOf('category').forEach(({ name, n: count }, at) => {
    const colour = COLOURS[at % COLOURS.length];
    inner.push({ name, n: count, colour, opacity: 1, filters: { cat: name } });
    const subs = countsOf('sub', (place) => groupOf('category', place) === name);
    subs.forEach((sub, rank) => {
      const filters = { cat: name, sub: sub.name };
      outer.push({ name: sub.name, n: sub.n, colour, opacity: rank % 2 ? 0.45 : 0.7, filters });
    });
    const rest = count - subs.reduce((sum, sub) => sum + sub.n, 0);
    if (rest) outer.push({ name: '–', n: rest, colour, opacity: 0.15, filters: { cat: name } });
  });
  const legend = inner.flatMap((part) => [
    part,
    ...outer.filter((sub) => sub.filters.sub && sub.filters.cat === part.name),
  ]);
  main.append(
    el('p', { class: 'quiet' }, t('ringHint')),
    el(
      'div',
      { class: 'rings' },
      figure(t('modalities'), [ring(modalities, n, 55, 98)], modalities),
      figure(t('categories'), [ring(inner, n, 30, 68), ring(outer, n, 70, 98)], legend),
      el('section', { id: 'listening', class: 'card' }),
    ),
  );
  await listen();
}

/**
 * @param {string} title
 * @param {SVGElement[][]} rings
 * @param {Part[]} legend
 */
function figure(title, rings, legend) {
  const n = core.items.id.length;
  const drawing = svg(
    'svg',
    { viewBox: '-100 -100 200 200', role: 'group', 'aria-label': title, class: 'ring' },
    ...rings.flat(),
    svg('text', { 'text-anchor': 'middle', y: 0, class: 'total' }, counted(n)),
    svg('text', { 'text-anchor': 'middle', y: 11, class: 'unit' }, t('items')),
  );
  const rows = legend.map((part) => {
    const swatch = el('span', { class: 'swatch' });
    swatch.style.background = part.colour;
    swatch.style.opacity = String(part.opacity);
    const filters = part.filters;
    return el(
      'li',
      { class: filters.sub ? 'below' : '' },
      swatch,
      el('a', { href: partLink(filters), 'aria-current': isChosen(filters) && 'true' }, part.name),
      ' ',
      el('span', { class: 'quiet' }, counted(part.n)),
    );
  });
  return el('section', {}, el('h2', {}, title), drawing, el('ul', { class: 'legend' }, ...rows));
}

/** Show and play the items of the chosen part, one after the other. */
async function listen() {
  const panel = document.getElementById('listening');
  if (!panel) return;
  const places = await filtered();
  const parts = state();
  const name = parts.get('sub') || parts.get('cat') || parts.get('mod') || t('all');
  let at = Math.max(
    0,
    places.findIndex((place) => core.items.id[place] === parts.get('i')),
  );
  const draw = (/** @type {boolean} */ play) => {
    silence();
    const place = places[at];
    const id = core.items.id[place];
    const filters = { mod: parts.get('mod'), cat: parts.get('cat'), sub: parts.get('sub') };
    const step = (/** @type {number} */ by) => () => {
      at = (at + by + places.length) % places.length;
      history.replaceState(null, '', link({ i: core.items.id[places[at]], play: null }));
      draw(true);
    };
    panel.replaceChildren(
      el('h2', {}, t('listening')),
      el('p', { role: 'status' }, t('listenTo', { name, k: counted(at + 1), n: counted(places.length) })),
      ...soundPlayers(place),
      el('p', { class: 'told question', lang: languageOf(place), dir: 'auto' }, core.items.question[place]),
      el(
        'ol',
        { class: 'told letters' },
        ...core.items.choices[place].map((choice, which) => {
          const isKey = !isBlind() && which === core.items.key[place];
          return el('li', { class: isKey && 'key' }, `${letter(which)}  ${choice}${isKey ? '  ✓' : ''}`);
        }),
      ),
      el(
        'p',
        { class: 'bar' },
        el('button', { onclick: step(-1) }, '‹'),
        el('button', { onclick: step(1) }, '›'),
        itemsLink(`${t('openList')} (${itemsText(places.length)})`, filters, { 'data-count': places.length }),
        el('a', { href: link({ v: 'item', i: id, ...filters, ...kept() }, true) }, t('openItem')),
        (filters.mod || filters.cat) && el('button', { class: 'plain', onclick: () => go(NONE) }, t('clear')),
      ),
    );
    if (play) firstPlayer()?.toggle();
  };
  if (places.length) draw(parts.get('play') === '1');
  else panel.replaceChildren(el('p', {}, t('noneFound')));
}
