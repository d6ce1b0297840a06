/** One look of a probe at the lab. Whatever goes wrong is what was seen; a look never throws. */
import { errorText } from '../../../../agents/base/log.ts'
import type { Probe } from '../drill.ts'
import type { DrillWorld } from '../running/drill-world.ts'
import { type Seen, judge, shortText } from './expectation.ts'
import { readFieldPath, valuesAt } from './field-path.ts'
import type { MetricHistory } from './metric-history.ts'
import { readMetricQuery } from './metric-query.ts'

export interface LookContext {
  readonly world: DrillWorld
  /** Of the component that a metric probe asks. */
  readonly history: MetricHistory
  readonly nowMs: number
  readonly signal: AbortSignal
}

/** The probe's names have been put in. */
export async function takeLook(probe: Probe, context: LookContext): Promise<Seen> {
  try {
    return await look(probe, context)
  } catch (error) {
    return { ok: false, seen: context.signal.aborted ? `no answer for ${probe.timeoutMs} ms` : shortText(errorText(error)) }
  }
}

async function look({ look, expect, timeoutMs }: Probe, { world, history, nowMs, signal }: LookContext): Promise<Seen> {
  switch (look.kind) {
    case 'http': {
      const from = look.from ?? world.nodes.find(({ provider }) => provider !== 'simulated')?.name
      if (from === undefined) return { ok: false, seen: 'the lab has no node with a machine to ask from' }
      const { status, body } = await world.http({ from, namespace: look.namespace, service: look.service, port: look.port, path: look.path }, signal)
      if (!isAboutStatus(expect)) return judge([body], expect)
      return { ...judge([status], expect), seen: `HTTP ${status}` }
    }
    case 'object':
      return judge(valuesAt(await world.api.get(look.get, signal), readFieldPath(look.field)!), expect)
    case 'metric': {
      history.add(nowMs, await world.metrics(look.component, signal))
      const members = history.ask(readMetricQuery(look.query))
      if (members.length > 1 && !('count' in expect)) return { ok: false, seen: `${members.length} series; gather them with sum, max, min or avg` }
      return judge(members.map(({ value }) => value), expect)
    }
    case 'command':
      return judge([await world.run(look.node, look.argv, timeoutMs)], expect)
  }
}

/** Of an answer, numbers are about its status and all else about its body. */
function isAboutStatus(expect: Probe['expect']): boolean {
  return 'atLeast' in expect || 'atMost' in expect || ('is' in expect && typeof expect.is === 'number')
}
