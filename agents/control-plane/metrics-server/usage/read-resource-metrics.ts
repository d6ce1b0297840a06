/**
 * Reads a kubelet's /metrics/resource: what its node and each container have used so far. Pure.
 *
 *   RM1  A point without both cpu and memory is no point.
 *   RM2  Lines of other series, comments and what cannot be read are passed over: a newer kubelet says more.
 *   RM3  A point's time is the one the line carries, else that of the scrape.
 */
export interface UsagePoint {
  readonly cpuSeconds: number
  readonly memoryBytes: number
  readonly atMs: number
  /** When the container started; 0 if unknown. */
  readonly startedAtMs: number
}

export interface ResourceSample {
  readonly node: UsagePoint | undefined
  /** By "namespace/name", then by container. */
  readonly pods: ReadonlyMap<string, ReadonlyMap<string, UsagePoint>>
}

type Draft = { -readonly [K in keyof UsagePoint]?: UsagePoint[K] }

const line = /^(\w+)(?:\{(.*)\})?\s+(\S+)(?:\s+(\d+))?\s*$/
const label = /(\w+)="((?:[^"\\]|\\.)*)"/g

export function readResourceMetrics(text: string, scrapedAtMs: number): ResourceSample {
  const node: Draft = {}
  const pods = new Map<string, Map<string, Draft>>()
  for (const each of text.split('\n')) {
    const match = line.exec(each)
    if (match === null) continue // RM2
    const [, series, labelText = '', valueText, time] = match
    const value = Number(valueText)
    if (!Number.isFinite(value)) continue
    const atMs = time === undefined ? scrapedAtMs : Number(time) // RM3
    if (series!.startsWith('node_')) note(node, series!.slice('node_'.length), value, atMs)
    else if (series!.startsWith('container_')) {
      const { namespace, pod, container } = labelsOf(labelText)
      if (namespace === undefined || pod === undefined || container === undefined) continue
      note(draftAt(pods, `${namespace}/${pod}`, container), series!.slice('container_'.length), value, atMs)
    }
  }
  return { node: whole(node), pods: new Map([...pods].map(([name, containers]) => [name, wholes(containers)])) }
}

function note(draft: Draft, what: string, value: number, atMs: number): void {
  if (what === 'cpu_usage_seconds_total') Object.assign(draft, { cpuSeconds: value, atMs })
  else if (what === 'memory_working_set_bytes') draft.memoryBytes = value
  else if (what === 'start_time_seconds') draft.startedAtMs = value * 1_000
}

function draftAt(pods: Map<string, Map<string, Draft>>, pod: string, container: string): Draft {
  const containers = pods.get(pod) ?? new Map<string, Draft>()
  pods.set(pod, containers)
  const draft = containers.get(container) ?? {}
  containers.set(container, draft)
  return draft
}

function whole({ cpuSeconds, memoryBytes, atMs, startedAtMs = 0 }: Draft): UsagePoint | undefined {
  return cpuSeconds === undefined || memoryBytes === undefined || atMs === undefined ? undefined : { cpuSeconds, memoryBytes, atMs, startedAtMs } // RM1
}

function wholes(containers: ReadonlyMap<string, Draft>): Map<string, UsagePoint> {
  return new Map([...containers].flatMap(([name, draft]) => {
    const point = whole(draft)
    return point === undefined ? [] : [[name, point] as const]
  }))
}

function labelsOf(text: string): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries([...text.matchAll(label)].map(([, name, value]) => [name!, value!.replaceAll(/\\(.)/g, (_, letter: string) => (letter === 'n' ? '\n' : letter))]))
}
