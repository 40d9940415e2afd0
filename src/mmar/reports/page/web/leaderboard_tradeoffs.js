// Accuracy against size, cost, time, reliance, order agreement or rubric score: one scatter with two selects.

import { el, fixed, headRow, region, svg } from './base.js';
import { link, note, state } from './address.js';
import { t } from './words.js';
import { fullName } from './leaderboard_data.js';

/** @typedef {import('./leaderboard_data.js').System} System */

/** @type {Record<string, {digits: number, log: boolean, value: (system: System) => number | null}>} */
const MEASURES = {
  params: { digits: 1, log: true, value: (system) => system.billions },
  reliance: { digits: 1, log: false, value: (system) => system.runs[0]?.reliance?.value ?? null },
  order_percent: { digits: 1, log: false, value: (system) => system.runs[0]?.order_agreement ?? null },
  rubric_score: { digits: 1, log: false, value: (system) => system.runs[0]?.rubric?.score ?? null },
  cost_run: { digits: 2, log: true, value: (system) => system.runs[0]?.cost ?? null },
  seconds_item: { digits: 2, log: true, value: (system) => system.runs[0]?.seconds ?? null },
  tokens: { digits: 0, log: true, value: (system) => system.runs[0]?.tokens ?? null },
  number: { digits: 1, log: false, value: (system) => system.number },
  choice_percent: { digits: 1, log: false, value: (system) => system.runs[0]?.choice.value ?? null },
};

const CHART_WIDTH = 760;
const CHART_HEIGHT = 420;
const EDGE = { left: 48, right: 24, top: 12, bottom: 44 };

/**
 * @param {System[]} systems
 * @param {(focus?: string) => void} redraw
 */
export function tradeoffsView(systems, redraw) {
  const address = state();
  // Size, or what is known instead of runs of systems without a published size.
  const known = Object.keys(MEASURES).find((name) => systems.some((system) => MEASURES[name].value(system) !== null));
  const across = named(address.get('x'), known ?? 'params');
  const up = named(address.get('y'), 'number');
  /** @type {{system: System, x: number, y: number}[]} */
  const points = [];
  for (const system of systems) {
    const x = MEASURES[across].value(system);
    const y = MEASURES[up].value(system);
    if (x !== null && y !== null && (!MEASURES[across].log || x > 0) && (!MEASURES[up].log || y > 0)) {
      points.push({ system, x, y });
    }
  }
  return el(
    'div',
    {},
    el('div', { class: 'bar' }, chooser('x', across, redraw), chooser('y', up, redraw)),
    el('p', { class: 'quiet small' }, t('filled')),
    points.length
      ? region(`${t(up)}, ${t(across)}`, scatter(points, systems, across, up))
      : el('p', { role: 'status' }, t('no_points')),
    points.length
      ? el(
          'details',
          {},
          el('summary', {}, t('as_table')),
          el(
            'table',
            { class: 'narrow' },
            headRow(['system', across, up].map((name) => t(name))),
            el(
              'tbody',
              {},
              ...points.map(({ system, x, y }) =>
                el(
                  'tr',
                  {},
                  el('td', {}, el('a', { href: link({ v: null, s: system.id }) }, fullName(system, systems))),
                  el('td', { class: 'number' }, fixed(x, MEASURES[across].digits)),
                  el('td', { class: 'number' }, fixed(y, MEASURES[up].digits)),
                ),
              ),
            ),
          ),
        )
      : null,
  );
}

/**
 * @param {string | null} wanted
 * @param {string} otherwise
 */
function named(wanted, otherwise) {
  return wanted && wanted in MEASURES ? wanted : otherwise;
}

/**
 * @param {'x' | 'y'} name
 * @param {string} chosen
 * @param {(focus?: string) => void} redraw
 */
function chooser(name, chosen, redraw) {
  return el(
    'label',
    { class: 'inline' },
    t(name === 'x' ? 'across' : 'up'),
    ' ',
    el(
      'select',
      {
        id: name,
        onchange: (/** @type {Event} */ event) => {
          note({ [name]: /** @type {HTMLSelectElement} */ (event.target).value });
          redraw(name);
        },
      },
      ...Object.keys(MEASURES).map((key) => el('option', { value: key, selected: key === chosen }, t(key))),
    ),
  );
}

/**
 * @param {{system: System, x: number, y: number}[]} points
 * @param {System[]} systems
 * @param {string} across
 * @param {string} up
 */
function scatter(points, systems, across, up) {
  const x = scale(
    points.map((point) => point.x),
    MEASURES[across].log,
    EDGE.left,
    CHART_WIDTH - EDGE.right,
  );
  const y = scale(
    points.map((point) => point.y),
    MEASURES[up].log,
    CHART_HEIGHT - EDGE.bottom,
    EDGE.top,
  );
  /** @type {{left: number, right: number, y: number}[]} */
  const placed = points.map((point) => {
    const left = x.at(point.x);
    return { left: left - 5, right: left + 5, y: y.at(point.y) };
  });
  const order = [...points].sort((one, two) => two.system.runs.length - one.system.runs.length || two.y - one.y);
  return svg(
    'svg',
    {
      width: CHART_WIDTH,
      height: CHART_HEIGHT,
      viewBox: `0 0 ${CHART_WIDTH} ${CHART_HEIGHT}`,
      role: 'img',
      'aria-label': `${t(up)}, ${t(across)}`,
    },
    ...x.ticks.flatMap((tick) => [
      svg('line', { x1: x.at(tick), x2: x.at(tick), y1: EDGE.top, y2: CHART_HEIGHT - EDGE.bottom, class: 'grid' }),
      svg('text', { x: x.at(tick), y: CHART_HEIGHT - EDGE.bottom + 16, class: 'bar-text quiet' }, String(tick)),
    ]),
    ...y.ticks.flatMap((tick) => [
      svg('line', { x1: EDGE.left, x2: CHART_WIDTH - EDGE.right, y1: y.at(tick), y2: y.at(tick), class: 'grid' }),
      svg('text', { x: EDGE.left - 6, y: y.at(tick) + 4, class: 'axis-text quiet' }, String(tick)),
    ]),
    svg('text', { x: (EDGE.left + CHART_WIDTH - EDGE.right) / 2, y: CHART_HEIGHT - 6, class: 'bar-text' }, t(across)),
    svg(
      'text',
      { x: 12, y: CHART_HEIGHT / 2, class: 'bar-text', transform: `rotate(-90 12 ${CHART_HEIGHT / 2})` },
      t(up),
    ),
    ...order.map(({ system, x: valueX, y: valueY }) => {
      const left = x.at(valueX);
      const top = y.at(valueY);
      const name = fullName(system, systems);
      const right = left + 8 + name.length * 6.2;
      const free =
        right < CHART_WIDTH &&
        !placed.some((other) => left + 6 < other.right && other.left < right && Math.abs(other.y - top) < 13);
      if (free) placed.push({ left: left + 6, right, y: top });
      const run = system.runs[0];
      return svg(
        'g',
        {},
        run && up === 'number' && run.official.low !== null && run.official.high !== null
          ? svg('line', {
              x1: left,
              x2: left,
              y1: y.at(run.official.low),
              y2: y.at(run.official.high),
              class: 'interval',
            })
          : null,
        svg(
          'circle',
          { cx: left, cy: top, r: 4.5, class: system.runs.length ? 'run' : 'value by-authors' },
          svg(
            'title',
            {},
            `${name}: ${fixed(valueX, MEASURES[across].digits)}, ${fixed(valueY, MEASURES[up].digits)}`,
          ),
        ),
        free ? svg('text', { x: left + 8, y: top + 4, class: 'point-text' }, name) : null,
      );
    }),
  );
}

/**
 * @param {number[]} values
 * @param {boolean} log
 * @param {number} from
 * @param {number} to
 */
function scale(values, log, from, to) {
  const low = Math.min(...values);
  const high = Math.max(...values);
  if (log) {
    const first = Math.log10(low) - 0.1;
    const last = Math.log10(high) + 0.1;
    const ticks = [];
    for (let power = Math.floor(first); power <= last; power++) {
      for (const digit of [1, 2, 5]) {
        const tick = Number((digit * 10 ** power).toPrecision(2));
        if (Math.log10(tick) >= first && Math.log10(tick) <= last) ticks.push(tick);
      }
    }
    return {
      ticks,
      at: (/** @type {number} */ value) => from + ((Math.log10(value) - first) / (last - first)) * (to - from),
    };
  }
  const step = high - low > 40 ? 20 : high - low > 12 ? 10 : high - low > 4 ? 2 : 1;
  const first = Math.floor(low / step) * step - (low % step ? 0 : step / 2);
  const last = Math.ceil(high / step) * step + (high % step ? 0 : step / 2);
  const ticks = [];
  for (let tick = Math.ceil(first / step) * step; tick <= last; tick += step) ticks.push(tick);
  return { ticks, at: (/** @type {number} */ value) => from + ((value - first) / (last - first)) * (to - from) };
}
