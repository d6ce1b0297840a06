/** The comparison of two labs as plain lines: first what is missing on one side, then what differs. */
import type { LabComparison } from '../contract/lab-comparison.ts'

const shownMetrics = 20

export function comparisonText({ objects, same, events, metrics, leftOut }: LabComparison, here: string, there: string): string {
  const value = (of: unknown): string => (of === undefined ? '-' : typeof of === 'string' ? of : JSON.stringify(of))
  const objectLines = objects.flatMap(({ state, kind, namespace, name, changes }) => {
    const object = `${kind} ${namespace === null ? '' : `${namespace}/`}${name}`
    return state === 'differs' ? [`  ${object}`, ...changes.map(({ path, from, to }) => `    ${path}: ${value(from)} -> ${value(to)}`)] : [`  ${object}: only in ${state === 'only-here' ? here : there}`]
  })
  const eventLines = events.map(({ about, reason, message, countHere, countThere }) => `  ${about}: ${reason} ${countHere} / ${countThere} times: ${message}`)
  const metricLines = metrics.slice(0, shownMetrics).map(one => `  ${one.component} ${one.family}: ${one.here ?? '-'} / ${one.there ?? '-'}`)
  const out = (count: number): string => (count === 0 ? '' : `, ${count} more`)
  return [
    `Objects: ${objects.length} differ${out(leftOut.objects)}, ${same} are the same`, ...objectLines,
    `Events that happened more often in one of them: ${events.length}${out(leftOut.events)}`, ...eventLines,
    `Metrics that differ (${here} / ${there}): ${metrics.length}${out(leftOut.metrics)}`, ...metricLines,
  ].join('\n')
}
