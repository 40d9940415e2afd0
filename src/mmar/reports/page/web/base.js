// Elements, numbers and data blocks: what every page needs.

/** @typedef {string | number | Node | null | undefined | false} Child */

/**
 * Fill an element: properties that begin with "on" are listeners, the others attributes; null and false are left out.
 * Text only ever becomes text nodes, so that no markup in the data is read as markup.
 * @template {Element} T
 * @param {T} node
 * @param {Record<string, any>} properties
 * @param {Child[]} children
 * @returns {T}
 */
function filled(node, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : String(child));
  }
  return node;
}

/**
 * Make an HTML element.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any>} [properties]
 * @param {Child[]} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function el(tag, properties = {}, ...children) {
  return filled(document.createElement(tag), properties, children);
}

/**
 * Make an SVG element.
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any>} [properties]
 * @param {Child[]} children
 * @returns {SVGElementTagNameMap[K]}
 */
export function svg(tag, properties = {}, ...children) {
  return filled(document.createElementNS('http://www.w3.org/2000/svg', tag), properties, children);
}

/**
 * A part of the page that scrolls by itself, by the keyboard too.
 * @param {string} label
 * @param {Child[]} children
 */
export function region(label, ...children) {
  return el('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': label }, ...children);
}

/**
 * The head of a table.
 * @param {string[]} texts
 * @param {(at: number) => boolean} [isNumber] whether a column holds numbers, which stand on the right
 */
export function headRow(texts, isNumber = () => false) {
  const cells = texts.map((text, at) => el('th', { scope: 'col', class: isNumber(at) && 'number' }, text));
  return el('thead', {}, el('tr', {}, ...cells));
}

/** @param {number} place the letter of a choice; none before the first */
export function letter(place) {
  return place < 0 ? '' : String.fromCharCode(65 + place);
}

/**
 * How alike two names are: the share of pairs of neighbouring letters that both have (Dice 1945).
 * @param {string} one
 * @param {string} other
 */
function likeness(one, other) {
  const pairs = (/** @type {string} */ word) =>
    new Set([...word.toLowerCase()].map((_, at, letters) => letters.slice(at, at + 2).join('')));
  const [first, second] = [pairs(one), pairs(other)];
  return (2 * [...first].filter((pair) => second.has(pair)).length) / (first.size + second.size || 1);
}

/**
 * The three known names that are most like another.
 * @param {string} name
 * @param {string[]} known
 */
export function nearest(name, known) {
  return [...known].sort((x, y) => likeness(name, y) - likeness(name, x)).slice(0, 3);
}

/**
 * A number with fixed digits, ties to even as Python prints them, so that a page equals the command line.
 * @param {number} value
 * @param {number} [digits]
 */
export function fixed(value, digits = 1) {
  const exact = Math.abs(value).toFixed(digits + 40);
  const cut = exact.length - 40;
  if (!/^50*$/.test(exact.slice(cut)) || /[13579]\.?$/.test(exact.slice(0, cut))) return value.toFixed(digits);
  const even = digits ? exact.slice(0, cut) : exact.slice(0, cut - 1);
  return value < 0 && Number(even) ? `-${even}` : even;
}

/**
 * @param {number} value
 * @param {number} [digits]
 */
export function signed(value, digits = 1) {
  const text = fixed(value, digits);
  return value > 0 ? `+${text}` : text.replace('-', '−');
}

/** @param {number} value */
export function counted(value) {
  return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/**
 * @param {string} text base64
 * @returns {Uint8Array<ArrayBuffer>}
 */
function fromBase64(text) {
  const native = /** @type {any} */ (Uint8Array).fromBase64; // of browsers since 2025
  if (native) return native.call(Uint8Array, text);
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  // A plain loop: a function called for each of some millions of bytes takes ten times as long.
  for (let at = 0; at < bytes.length; at++) bytes[at] = characters.charCodeAt(at);
  return bytes;
}

/**
 * @param {string} text base64 of gzip
 * @returns {Promise<Uint8Array>}
 */
export async function inflate(text) {
  const stream = new Blob([fromBase64(text)]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/**
 * The bytes of a block of the page; none where the page has no such block.
 * @param {string} id
 */
export async function readBytes(id) {
  const block = document.getElementById(id);
  return block ? inflate(block.textContent || '') : new Uint8Array(0);
}

/**
 * The value of a block of the page; null where the page has no such block.
 * @param {string} id
 * @returns {Promise<any>}
 */
export async function readJson(id) {
  const bytes = await readBytes(id);
  return bytes.length ? JSON.parse(new TextDecoder().decode(bytes)) : null;
}
