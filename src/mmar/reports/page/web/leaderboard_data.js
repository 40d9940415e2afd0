// The leaderboard's data as the page has it; written by mmar/reports/leaderboard.

/**
 * @typedef {{value: number, low: number | null, high: number | null}} Measured
 * @typedef {{score: number, low: number, high: number, alpha: number | null, signature: string}} Rubric
 * @typedef {{
 *   id: string, model: string, protocol: string, date: string, n: number, asked: number, official: Measured,
 *   choice: Measured, unresolved: number, failed: number, groups: Record<string, [number, number]>,
 *   rank: [number, number] | null, reliance: Measured | null, hidden_by: string, order_agreement: number | null,
 *   rubric: Rubric | null, cost: number | null, seconds: number | null, tokens: number | null, signature: string,
 *   report: string
 * }} Run
 * @typedef {{
 *   value: number, printed: string, by: string, name: string, source: string, date: string, reader: string, n: number,
 *   mean: string, edition: string, approximate: boolean, in_spread: boolean, problem: string, note: string
 * }} Published
 * @typedef {{
 *   id: string, name: string, aliases: string[], kind: string, number: number, model_class: string, size: string,
 *   billions: number | null, weights: string, hub_id: string, thinks: boolean, lowest: number | null,
 *   highest: number | null, values: Published[], runs: Run[], mine?: boolean
 * }} System
 * @typedef {{
 *   ids: string[], questions: string[], choices: string[][], keys: number[], modalities: string[],
 *   categories: string[], picks: string[], right: string[], solved: number[], without_audio: number[],
 *   disputed: number[], old_keys: Record<string, string>
 * }} Items
 * @typedef {{
 *   n: number, old: number, new: number, interval: [number, number], chance: number, wrong: number,
 *   chance_of_wrong: number, p_value: number | null, ids: string[]
 * }} OldKeys
 * @typedef {{
 *   date: string, digest: string, systems: number, runs: number, added: string[], removed: string[],
 *   changed: Record<string, [number, number]>
 * }} Change
 * @typedef {{
 *   title: string, benchmark: string, digest: string, n: number, date: string, systems: System[],
 *   runs: [string, string][], items: Items | null, old_keys: OldKeys[], notes: string[], changes: Change[]
 * }} Board
 */

/**
 * The name of a system with its size where another one has the same name.
 * @param {System} system
 * @param {System[]} systems
 */
export function fullName(system, systems) {
  const twins = systems.filter((other) => other.name === system.name);
  return twins.length > 1 && system.size ? `${system.name} (${system.size})` : system.name;
}
