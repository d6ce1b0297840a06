/**
 * The Prometheus text format, read as far as charts need it. Pure.
 *
 *   MX1  A family is named by its TYPE line; of a histogram or summary only sum and count are kept, not its buckets.
 *   MX2  At most `mostSeries` series of a family are kept: the first as they stand.
 *   MX3  What is not understood is passed over; a value that is no number too.
 */
import { readMetricLabels } from '../drills/probes/metric-labels.ts'
import type { MetricFamily, MetricSample } from '../../contract/metrics.ts'

const mostSeries = 300
const types = ['counter', 'gauge', 'histogram', 'summary', 'untyped'] as const

export function readMetricText(text: string, wanted: ReadonlySet<string>): { readonly families: readonly MetricFamily[]; readonly samples: readonly MetricSample[] } {
  const families = new Map<string, { name: string; type: MetricFamily['type']; help: string; series: number }>()
  const samples: MetricSample[] = []
  const of = (name: string): { name: string; type: MetricFamily['type']; help: string; series: number } => {
    const family = families.get(name) ?? { name, type: 'untyped', help: '', series: 0 }
    families.set(name, family)
    return family
  }
  for (const line of text.split('\n')) {
    const comment = /^# (HELP|TYPE) (\S+) ?(.*)$/.exec(line)
    if (comment !== null) {
      const family = of(comment[2]!)
      if (comment[1] === 'HELP') family.help = comment[3]!
      else family.type = types.find(type => type === comment[3]) ?? 'untyped'
      continue
    }
    const found = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line)
    if (found === null) continue
    const [, name = '', labels = '', value = ''] = found
    const [family, part] = placeOf(families, name)
    if (part === null) continue // MX1
    const entry = of(family)
    if (part !== 'sum') entry.series += 1
    const number = Number(value)
    if (wanted.has(family) && entry.series <= mostSeries && Number.isFinite(number)) samples.push({ family, part, labels: readMetricLabels(labels), value: number }) // MX2, MX3
  }
  return { families: [...families.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)), samples }
}

function placeOf(families: ReadonlyMap<string, { readonly type: MetricFamily['type'] }>, name: string): readonly [family: string, part: MetricSample['part'] | null] {
  const [, base = '', suffix = ''] = /^(.*)_(bucket|sum|count)$/.exec(name) ?? []
  const type = families.get(base)?.type
  if (type === 'histogram' || type === 'summary') return [base, suffix === 'bucket' ? null : (suffix as 'sum' | 'count')]
  return families.get(name)?.type === 'summary' ? [name, null] : [name, 'value']
}
