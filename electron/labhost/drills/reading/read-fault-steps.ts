/** The time line of a Drill file: when which fault begins and for how long. */
import type { FaultValues } from '../../../contract/faults.ts'
import { type DocumentReading, type Path, isMapping } from '../../documents/document-reading.ts'
import type { FaultOrderText, FaultStep } from '../drill.ts'
import { FaultError } from '../fault-error.ts'
import { findFault, longestMs, readParameters, shortestMs } from '../read-order.ts'

const startRange = { leastMs: 0, mostMs: 3_600_000, usualMs: 0 } as const
const orderFields = ['inject', 'target', 'both', 'set', 'for']
const mostTimes = 1_000

export function readFaultStep(value: unknown, path: Path, reading: DocumentReading): FaultStep {
  const step = isMapping(value) ? (['serial', 'parallel', 'random'] as const).find(kind => value[kind] !== undefined) : undefined
  switch (step) {
    case 'serial': {
      const given = reading.map(value, path, ['at', 'serial', 'pause'])
      const orders = readOrders(given['serial'], [...path, 'serial'], reading)
      for (const [index, order] of orders.entries()) if (order.durationMs === null && index < orders.length - 1 && kindLasts(order.kind)) reading.problem([...path, 'serial', index], 'needs "for": the next one begins when it ends')
      return { step, atMs: reading.duration(given['at'], [...path, 'at'], startRange), pauseMs: reading.duration(given['pause'], [...path, 'pause'], startRange), orders }
    }
    case 'parallel': {
      const given = reading.map(value, path, ['at', 'parallel'])
      return { step, atMs: reading.duration(given['at'], [...path, 'at'], startRange), orders: readOrders(given['parallel'], [...path, 'parallel'], reading) }
    }
    case 'random': {
      const given = reading.map(reading.map(value, path, ['random'])['random'], [...path, 'random'], ['from', 'to', 'times', 'of'])
      const at = [...path, 'random']
      const fromMs = reading.duration(given['from'], [...at, 'from'], startRange)
      const toMs = reading.duration(given['to'], [...at, 'to'], { ...startRange, leastMs: fromMs, usualMs: fromMs })
      return { step, fromMs, toMs, times: reading.whole(given['times'] ?? 1, [...at, 'times'], 1, mostTimes), orders: readOrders(given['of'], [...at, 'of'], reading) }
    }
    case undefined: {
      const given = reading.map(value, path, ['at', 'times', 'every', ...orderFields])
      const times = reading.whole(given['times'] ?? 1, [...path, 'times'], 1, mostTimes)
      if (times > 1 && given['every'] === undefined) reading.problem(path, 'needs "every": how long from one to the next')
      return {
        step: 'inject', times,
        atMs: reading.duration(given['at'], [...path, 'at'], startRange),
        everyMs: reading.duration(given['every'], [...path, 'every'], startRange),
        order: readOrder(Object.fromEntries(orderFields.filter(field => given[field] !== undefined).map(field => [field, given[field]])), path, reading),
      }
    }
  }
}

function readOrders(value: unknown, path: Path, reading: DocumentReading): FaultOrderText[] {
  const orders = reading.list(value, path).map((entry, index) => readOrder(entry, [...path, index], reading))
  if (orders.length === 0) reading.problem(path, 'names no fault')
  return orders
}

function readOrder(value: unknown, path: Path, reading: DocumentReading): FaultOrderText {
  const given = reading.map(value, path, orderFields)
  const kind = reading.text(given['inject'], [...path, 'inject'])
  const durationMs = given['for'] === undefined ? null : reading.duration(given['for'], [...path, 'for'], { leastMs: shortestMs, mostMs: longestMs })
  return {
    kind,
    target: reading.text(given['target'], [...path, 'target']),
    bothWays: given['both'] === true,
    parameters: kind === '' ? {} : parametersOf(kind, given['set'] ?? {}, durationMs, path, reading),
    durationMs,
  }
}

function parametersOf(kind: string, given: unknown, durationMs: number | null, path: Path, reading: DocumentReading): FaultValues {
  try {
    const fault = findFault(kind)
    if (durationMs !== null && !fault.kind.lasts) reading.problem([...path, 'for'], `${kind} happens once and has no duration`)
    try {
      return readParameters(fault.kind, reading.map(given, [...path, 'set'], fault.kind.parameters.map(({ name }) => name)) as FaultValues)
    } catch (error) {
      reading.problem([...path, 'set'], messageOf(error))
    }
  } catch (error) {
    reading.problem([...path, 'inject'], messageOf(error))
  }
  return {}
}

function kindLasts(kind: string): boolean {
  try {
    return findFault(kind).kind.lasts
  } catch {
    return false // it was complained about already
  }
}

function messageOf(error: unknown): string {
  if (error instanceof FaultError) return error.message
  throw error
}
