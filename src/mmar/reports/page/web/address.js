// The state of the page as its address: everything after the "#", so that a link gives the same view again.

/** @typedef {Record<string, string | number | null | undefined>} Changes */

export function state() {
  return new URLSearchParams(location.hash.slice(1));
}

/**
 * The address after some changes; null and "" remove a part.
 * @param {Changes} changes
 * @param {boolean} [fresh] whether to begin without the parts of the present address
 */
export function link(changes, fresh = false) {
  const parts = fresh ? new URLSearchParams() : state();
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === undefined || value === '') parts.delete(name);
    else parts.set(name, String(value));
  }
  return `#${parts}`;
}

/**
 * Go to another view; the back button returns.
 * @param {Changes} changes
 * @param {boolean} [fresh]
 */
export function go(changes, fresh = false) {
  location.hash = link(changes, fresh);
}

/**
 * Change the address of this view, as while somebody types: no step for the back button, and nothing is drawn.
 * @param {Changes} changes
 */
export function note(changes) {
  history.replaceState(null, '', link(changes));
}
