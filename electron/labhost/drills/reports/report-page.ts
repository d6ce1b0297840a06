/**
 * The report of a run as one page that needs nothing else: no script, no font, no request. Faults, probes, repairs and events
 * stand on one axis of time; under the picture is everything again as tables, for who does not see it.
 */
import { targetText } from '../../../contract/fault-target-text.ts'
import { axisOf, endOfFault, secondsText, stretches } from '../../../contract/drill-course.ts'
import type { DrillMark, DrillRun } from '../../../contract/drills.ts'

const width = 1_000
const left = 170
const lane = 26
const style = `
:root{color-scheme:light dark;--ok:#1a7f37;--bad:#c62828;--fault:#b26a00;--line:#8884}
body{font:15px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;border-bottom:1px solid var(--line)}
svg{width:100%;height:auto}svg text{font-size:12px;fill:currentColor}.met{color:var(--ok)}.missed{color:var(--bad)}.verdict{font-size:1.4rem}
`

export function reportPage(run: DrillRun): string {
  const verdict = run.verdict ?? 'running'
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${html(run.title.en)}: ${verdict}</title><style>${style}</style></head><body>
<h1>${html(run.title.en)}</h1>
<p class="verdict ${verdict === 'passed' ? 'met' : 'missed'}">${verdict}${run.score === null ? '' : `, ${run.score} of 100`}</p>
${run.problem === null ? '' : `<p>${html(run.problem)}</p>`}
<p>Drill ${html(run.drill)}, run ${html(run.id)}, seed ${run.seed}, repaired by ${run.repair === 'expert' ? 'the steps of the drill' : 'whoever sat before it, or nobody'}. Begun ${html(run.startedAt)}${run.endedAt === null ? '' : `, ended ${html(run.endedAt)}`}.${Object.keys(run.chosen).length === 0 ? '' : ` Chosen: ${Object.entries(run.chosen).map(([name, value]) => `<code>$${html(name)}</code> ${html(value)}`).join(', ')}.`}</p>
<h2>What must hold</h2>
${table(['Probe', 'Rule', 'Weight', 'Met', 'Evidence'], run.checks.map(({ probe, rule, weight, met, evidence }) => [html(probe), html(rule), String(weight), met === null ? 'not known' : `<span class="${met ? 'met' : 'missed'}">${met ? 'yes' : 'no'}</span>`, html(evidence)]))}
<h2>The course of it</h2>
${picture(run)}
<h2>What happened when</h2>
${table(['Time', 'What', ''], run.marks.map(({ atMs, kind, text }) => [secondsText(atMs), kind, html(text)]))}
<h2>What the probes saw</h2>
${table(['Probe', 'From', 'To', 'Held', 'Seen'], Object.entries(run.samples).flatMap(([name, samples]) => stretches(samples).map(({ fromMs, toMs, ok, seen, count }) => [html(name), secondsText(fromMs), secondsText(toMs), ok ? `yes, ${count} times` : `no, ${count} times`, html(seen)])))}
</body></html>
`
}

function picture(run: DrillRun): string {
  const axis = axisOf(run)
  if (axis === null) return '<p>Nothing was seen.</p>'
  const { firstMs: first, lastMs: last } = axis
  const x = (atMs: number) => left + ((atMs - first) / Math.max(1, last - first)) * (width - left - 10)
  const faults = run.injections.map((injection, index) => {
    const end = endOfFault(injection, run, last)
    return `${label(`${injection.kind}`, index)}<rect x="${x(injection.atMs).toFixed(1)}" y="${index * lane + 6}" width="${Math.max(2, x(end) - x(injection.atMs)).toFixed(1)}" height="${lane - 12}" fill="var(--fault)"><title>${html(`${injection.kind} ${targetText(injection.target)}`)}</title></rect>`
  })
  const probes = Object.entries(run.samples).map(([name, samples], index) => {
    const row = faults.length + index
    return `${label(name, row)}${stretches(samples).map(({ fromMs, toMs, ok, seen }) => `<rect x="${x(fromMs).toFixed(1)}" y="${row * lane + 6}" width="${Math.max(2, x(toMs) - x(fromMs)).toFixed(1)}" height="${lane - 12}" fill="var(--${ok ? 'ok' : 'bad'})"><title>${html(seen)}</title></rect>`).join('')}`
  })
  const lanes = ([['act', 'acts'], ['repair', 'repairs'], ['event', 'events']] as const).map(([kind, name], index) => marksLane(run.marks.filter(mark => mark.kind === kind), name, faults.length + probes.length + index, x))
  const height = (faults.length + probes.length + lanes.length) * lane
  const zero = `<line x1="${x(0)}" x2="${x(0)}" y1="0" y2="${height}" stroke="currentColor" stroke-dasharray="3 3"/><text x="${x(0) + 3}" y="${height + 14}">0 s</text><text x="${x(last)}" y="${height + 14}" text-anchor="end">${secondsText(last)}</text>`
  return `<svg viewBox="0 0 ${width} ${height + 20}" role="img" aria-label="Faults, probes, repairs and events over time; the tables below say the same">${[...faults, ...probes, ...lanes, zero].join('')}</svg>`
}

function marksLane(marks: readonly DrillMark[], name: string, row: number, x: (atMs: number) => number): string {
  return `${label(name, row)}${marks.map(({ atMs, text }) => `<circle cx="${x(atMs).toFixed(1)}" cy="${row * lane + lane / 2}" r="4"><title>${html(text)}</title></circle>`).join('')}`
}

function label(text: string, row: number): string {
  return `<text x="0" y="${row * lane + lane / 2 + 4}">${html(text)}</text>`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '<p>None.</p>'
  return `<table><thead><tr>${head.map(cell => `<th scope="col">${cell}</th>`).join('')}</tr></thead><tbody>${rows.map(row => `<tr>${row.map(cell => `<td>${cell}</td>`).join('')}</tr>`).join('')}</tbody></table>`
}

function html(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
